"""The likelihood of few measurements, and the way from a proposal to its posterior."""

import numpy as np
import pytest
from scipy.stats import norm

from analog_sbi.errors import MeasurementError
from analog_sbi.likelihood import smooth, tempering

NOISE = np.array([0.1, 0.3])


def line(position, generator):
    """Observations (N, 2) that are linear in two of three parameters."""
    mean = position @ np.array([[1.0, 0.5], [0.0, 2.0], [0.0, 0.0]])
    return mean + NOISE * generator.standard_normal(mean.shape)


@pytest.fixture(scope="module")
def fitted():
    generator = np.random.default_rng(0)
    position = generator.random((500, 3))
    return smooth.fit(position, line(position, generator))


def test_mean_and_spread_are_those_that_measured(fitted):
    generator = np.random.default_rng(1)
    position = generator.random((2000, 3))
    mean, scale = smooth.moments(fitted, position)
    standardized = (line(position, generator) - mean) / scale
    np.testing.assert_allclose(standardized.std(axis=0), 1, atol=0.08)
    np.testing.assert_allclose(scale.mean(axis=0), NOISE, rtol=0.1)
    assert (fitted.explained > 0.75).all()


def test_few_measurements_tell_a_mean_that_is_rough_along_one_parameter():
    generator = np.random.default_rng(9)

    def mean(position):
        return np.sin(8 * position[:, :1]) + position[:, 1:2] * position[:, 2:3]

    position, new = generator.random((150, 4)), generator.random((2000, 4))
    found = smooth.fit(position, mean(position) + 0.1 * generator.standard_normal((150, 1)))
    error = smooth.moments(found, new)[0] - mean(new)
    assert (error**2).mean() < 0.3 * 0.1**2


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [20, 500])
def test_measurements_without_noise_are_no_trouble(count):
    position = np.random.default_rng(10).random((count, 3))
    x = position @ np.array([[1.0, 0.5], [0.0, 2.0], [0.0, 0.0]])
    found = smooth.fit(position, x)
    np.testing.assert_allclose(smooth.moments(found, position)[0], x, atol=1e-4)


def test_simulated_observations_have_the_density_of_the_likelihood(fitted):
    generator = np.random.default_rng(2)
    position = np.full((4000, 3), 0.4)
    simulated = smooth.simulate(fitted, position, generator)
    found = fitted.log_likelihood(position, simulated).mean()
    _, scale = smooth.moments(fitted, position[:1])
    correlation = fitted.correlation[0, 1]
    entropy = np.log(scale).sum() + 0.5 * np.log(1 - correlation**2) + np.log(2 * np.pi) + 1
    assert found == pytest.approx(-entropy, abs=0.08)


def test_a_plain_likelihood_is_the_same(fitted):
    again = smooth.smooth_of(fitted.plain())
    position = np.random.default_rng(3).random((7, 3))
    x = np.array([0.5, 1.0])
    np.testing.assert_array_equal(
        again.log_likelihood(position, x), fitted.log_likelihood(position, x)
    )


def test_noise_that_no_parameter_explains_is_told():
    generator = np.random.default_rng(4)
    found = smooth.fit(generator.random((300, 2)), generator.standard_normal((300, 1)))
    assert found.explained[0] < 0.1
    assert found.kurtosis[0] < 1


@pytest.mark.parametrize(("kind", "least", "most"), [("along", 1.3, 2.2), ("any way", 0.9, 1.15)])
def test_errors_along_the_mean_are_weighed_as_they_tell_of_parameters(kind, least, most):
    """Errors that look uncorrelated, but always lie along the tangent of the mean, or do not."""
    generator = np.random.default_rng(8)
    position = generator.random((1000, 1))
    error = 0.1 * generator.standard_normal((1000, 2))
    if kind == "along":
        error[:, 1] = error[:, 0] * np.sign(position[:, 0] - 0.5)
    mean = np.hstack([position, 2 * (position - 0.5) ** 2])
    _, scale = smooth.moments(smooth.fit(position, mean + error), position)
    assert least < (scale**2).mean() / 0.1**2 < most


@pytest.mark.parametrize("count", [5, 100])
def test_too_few_measurements_and_constant_features_are_refused(count):
    position = np.random.default_rng(5).random((count, 2))
    with pytest.raises(MeasurementError, match="at least 20 measurements of features that vary"):
        smooth.fit(position, np.zeros((count, 1)))


@pytest.mark.parametrize("width", [0.05, 0.3])
def test_particles_reach_a_target_that_the_proposal_is_beside(width):
    """A normal density in the middle of the square, from the even one over all of it."""
    generator = np.random.default_rng(6)

    def log_target(position):
        return (norm.logpdf(position, 0.5, 0.02) + np.log(3)).sum(axis=-1)

    def log_proposal(position):
        inside = (np.abs(position - 0.5 - 0.1) < width / 2).all(axis=-1)
        return np.where(inside, np.log(0.8 / width**2 + 0.2), np.log(0.2))

    start = generator.random((2, 600, 2))
    start[:, 120:] = 0.6 + width * (start[:, 120:] - 0.5)
    found = tempering.temper(start, log_proposal, log_target, generator)
    np.testing.assert_allclose(found.position.mean(axis=1), 0.5, atol=0.005)
    np.testing.assert_allclose(found.position.std(axis=1), 0.02, rtol=0.15)
    np.testing.assert_allclose(found.log_evidence, 2 * np.log(3), atol=0.4)
    assert (found.effective < 0.3).all()


@pytest.mark.parametrize(("last", "least", "most"), [(0, 1.2, 1.6), (50, 0.9, 1.1)])
def test_moves_at_the_end_make_particles_independent(last, least, most):
    """Means of 200 particles scatter over posteriors as those of as many independent samples."""
    generator = np.random.default_rng(6)

    def log_target(position):
        return norm.logpdf(position, 0.5, 0.02).sum(axis=-1)

    def log_proposal(position):
        return np.zeros(position.shape[:2])

    start = generator.random((100, 200, 5))
    found = tempering.temper(start, log_proposal, log_target, generator, last=last)
    scatter = found.position.mean(axis=1).std(axis=0) / (0.02 / np.sqrt(200))
    assert least < scatter.mean() < most


def test_exact_samples_need_no_step_and_stay_exact():
    generator = np.random.default_rng(7)

    def even(position):
        return np.zeros(position.shape[:2])

    found = tempering.temper(generator.random((3, 500, 2)), even, even, generator)
    np.testing.assert_allclose(found.effective, 1)
    np.testing.assert_allclose(found.log_evidence, 0, atol=1e-12)
    np.testing.assert_allclose(found.position.mean(axis=1), 0.5, atol=0.08)
    np.testing.assert_allclose(found.position.std(axis=1), np.sqrt(1 / 12), rtol=0.1)
