"""Reference posteriors of repeated measurements, where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from analog_sbi.errors import MeasurementError
from analog_sbi.likelihood.particles import Effort, Start, errors, sample
from analog_sbi.likelihood.synthetic import log_densities
from analog_sbi.prior import Box
from analog_sbi.space import Space

SPACE = Space(("a", "b"), ("1", "1"), np.array([-10.0, -10.0]), np.array([10.0, 10.0]))
EFFORT = Effort(repeats=40, moves=2, last=10, blur=1e-3)


def wide(mean, sd):
    """A start at normal samples, which may be beside what is searched."""
    law = multivariate_normal(mean, np.diag(np.square(sd)))
    samples = law.rvs(4000, random_state=9)
    inside = samples[(np.abs(samples) < 10).all(axis=1)][:600]
    return Start(inside.reshape(2, 300, 2), law.logpdf)


def linear(generator):
    """Two features with noise of 1 and 2, the second the sum of both parameters."""

    def measure(theta):
        mean = np.stack([theta[:, 0], theta.sum(axis=1)], axis=1)
        return mean + generator.standard_normal(mean.shape) * [1.0, 2.0]

    return measure


def stepping(generator):
    """A count that jumps where the first parameter does, and the second with noise."""

    def measure(theta):
        noise = generator.standard_normal(len(theta))
        return np.stack([np.floor(theta[:, 0]), theta[:, 1] + noise], axis=1)

    return measure


@pytest.fixture(scope="module")
def found():
    measure = linear(np.random.default_rng(1))
    x = np.array([2.0, 1.0])
    return measure, sample(
        measure, Box(SPACE), x, wide([0.0, 1.0], [2.0, 3.0]), EFFORT, np.random.default_rng(2)
    )


def test_a_linear_model_has_its_exact_posterior(found):
    _, drawn = found
    assert drawn.samples.shape == (2, 300, 2)
    mean, sd = np.array([2.0, -1.0]), np.array([1.0, np.sqrt(5.0)])
    for samples in drawn.samples:
        np.testing.assert_allclose(samples.mean(axis=0), mean, atol=4 * sd.max() / np.sqrt(100))
        np.testing.assert_allclose(samples.std(axis=0), sd, rtol=0.2)
        assert np.corrcoef(samples.T)[0, 1] == pytest.approx(-1 / np.sqrt(5), abs=0.2)


def test_a_start_beside_the_posterior_is_corrected():
    """An approximation that is too narrow and beside the truth does not show in the answer."""
    start = wide([0.0, 0.0], [0.5, 0.5])
    measure = linear(np.random.default_rng(10))
    x = np.array([2.0, 1.0])
    drawn = sample(measure, Box(SPACE), x, start, EFFORT, np.random.default_rng(11))
    samples = drawn.samples.reshape(-1, 2)
    np.testing.assert_allclose(samples.mean(axis=0), [2.0, -1.0], atol=0.5)
    np.testing.assert_allclose(samples.std(axis=0), [1.0, np.sqrt(5.0)], rtol=0.25)


def test_the_evidence_is_that_of_the_observation_over_the_prior(found):
    _, drawn = found
    # the posterior lies well inside the bounds: density of features over an area of 20 by 20,
    # in units of their spread over the prior
    expected = -np.log(400.0) + np.log(drawn.spread).sum()
    np.testing.assert_allclose(drawn.drawing.log_evidence, expected, atol=0.5)


def test_a_step_is_kept():
    """Where a smooth likelihood would blur it: the count is that of the target at all samples."""
    generator = np.random.default_rng(3)
    x = np.array([4.0, 0.0])
    start = wide([6.0, 0.0], [2.0, 2.0])
    drawn = sample(stepping(generator), Box(SPACE), x, start, EFFORT, np.random.default_rng(4))
    a, b = drawn.samples.reshape(-1, 2).T
    assert a.min() >= 4.0
    assert a.max() <= 5.0
    assert a.mean() == pytest.approx(4.5, abs=0.1)  # flat within the step
    assert a.std() == pytest.approx(1 / np.sqrt(12), abs=0.05)
    assert b.std() == pytest.approx(1.0, abs=0.2)


def test_its_error_is_told(found):
    measure, drawn = found
    told = {
        part.quantity: part.value
        for part in errors(drawn, measure, EFFORT, 20, 100, np.random.default_rng(5))
    }
    assert told["emulations"] == drawn.measurements > 600 * (40 * 10 + 1)
    assert 0.4 < told["c2st_runs"] < 0.6
    assert told["log_evidence_range"] < 0.7
    assert told["distinct_share"] > 0.9
    assert told["blur_share"] < 0.05
    assert told["skewness"] < 0.2
    assert told["kurtosis"] < 0.5


def test_runs_that_differ_are_seen(found):
    measure, drawn = found
    drawn.samples[1, :, 0] += 3
    told = {
        part.quantity: part.value
        for part in errors(drawn, measure, EFFORT, 20, 100, np.random.default_rng(5))
    }
    drawn.samples[1, :, 0] -= 3
    assert told["c2st_runs"] > 0.8


def test_a_feature_that_never_varies_is_refused():
    def measure(theta):
        return np.stack([theta[:, 0], np.zeros(len(theta))], axis=1)

    with pytest.raises(MeasurementError, match=r"expected features that vary .* deviation of 0"):
        sample(
            measure, Box(SPACE), np.zeros(2), wide([0, 0], [1, 1]), EFFORT, np.random.default_rng(0)
        )


def test_synthetic_densities_are_normal_ones_of_the_moments():
    generator = np.random.default_rng(6)
    repeats, x = generator.standard_normal((3, 50, 2)), np.array([0.3, -0.2])
    exact = log_densities(repeats, x, np.zeros(2))
    known = [multivariate_normal(part.mean(axis=0), np.cov(part.T)).logpdf(x) for part in repeats]
    np.testing.assert_allclose(exact, known)
    repeats[1] = 0.0  # always the same: the density is that of the blur
    blurred = log_densities(repeats, x, np.array([0.5, 0.5]))
    assert blurred[1] == pytest.approx(norm(0, 0.5).logpdf(x).sum())


@pytest.mark.parametrize(("missing", "finite"), [(46, True), (47, False)])
def test_too_few_repeats_without_a_missing_feature_have_no_density(missing, finite):
    repeats = np.random.default_rng(7).standard_normal((1, 50, 2))
    repeats[0, :missing, 1] = np.nan
    found = log_densities(repeats, np.zeros(2), np.zeros(2))
    assert np.isfinite(found).item() is finite


def test_runs_that_came_to_one_place_each_are_told_apart(found):
    measure, drawn = found
    collapsed = replace(drawn, samples=np.tile([[[1.0, 2.0]], [[1.0, 3.0]]], (1, 50, 1)))
    told = {
        part.quantity: part.value
        for part in errors(collapsed, measure, EFFORT, 10, 20, np.random.default_rng(5))
    }
    assert told["c2st_runs"] > 0.95
    assert told["distinct_share"] == 0.02
