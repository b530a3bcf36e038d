"""Likelihoods that flows learn, of noise that is not normal and of numbers that are whole."""

import logging

import numpy as np
import pytest
import torch
from scipy.stats import norm

from analog_sbi.dataset import Dataset
from analog_sbi.errors import MeasurementError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.likelihood import neural
from analog_sbi.posterior import from_plain
from analog_sbi.posterior.base import PosteriorFormatError
from analog_sbi.remedies.neural import repair
from tests.toys import untrained

NOISE, APART, HIGH = 5.0, 30.0, 100.0
TARGET = torch.tensor([50.0])
FLOW = EstimatorSettings(transforms=2, hidden=10, permutations="reverse")


def measured(generator, count=1500):
    """A parameter that is measured with noise, and with an error of +- ``APART`` / 2."""
    theta = HIGH * generator.random((count, 1))
    side = generator.choice([-0.5, 0.5], size=theta.shape)
    return Dataset(theta, theta + APART * side + NOISE * generator.standard_normal(theta.shape))


def networks(seeds=2):
    return untrained([(60.0,)] * seeds, FLOW, features=1, high=HIGH).given(TARGET)


@pytest.fixture(scope="module")
def repaired():
    generator = np.random.default_rng(1)
    return repair(networks(), [measured(generator), measured(generator, 1400)], 3, 100_000)


def test_both_sides_of_the_target_are_found(repaired):
    theta, _ = repaired.sample(2000, [5, 6], 100_000)
    for own in theta[..., 0].numpy():
        upper = own > 50
        assert 0.35 < upper.mean() < 0.65
        for side, place in ((upper, 65), (~upper, 35)):
            assert own[side].mean() == pytest.approx(place, abs=2)
            assert own[side].std() == pytest.approx(NOISE, rel=0.3)


def test_the_density_is_that_of_the_exact_posterior(repaired):
    theta = torch.linspace(20, 80, 31)[None, :, None].expand(2, -1, -1)
    places = 50 - theta.numpy()[..., 0]
    exact = 0.5 * (norm.pdf(places, APART / 2, NOISE) + norm.pdf(places, -APART / 2, NOISE))
    np.testing.assert_allclose(repaired.log_prob_at(theta).exp(), exact, atol=0.012)


def test_measurements_of_other_numbers_are_trained_on_together(repaired):
    generator = np.random.default_rng(7)
    x = generator.standard_normal((2, 60, 2))
    place = generator.random((2, 60, 1))
    together = neural.fit([place[0], place[1, :50]], [x[0], x[1, :50]], [1, 2], [0, 1])
    (alone,) = neural.fit([place[1, :50]], [x[1, :50]], [2], [1])
    found, expected = (one.log_likelihood(place[1], x[1]) for one in (together[1], alone))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_levels_are_uniform_of_what_it_learned_and_of_nothing_else(repaired):
    likelihood = repaired.likelihoods[0]
    fresh = measured(np.random.default_rng(8), 1000)
    position, shifted = fresh.theta / HIGH, fresh.x + NOISE
    assert neural.mistrust(likelihood, position, fresh.x, 1) > 0.01
    assert neural.mistrust(likelihood, position, shifted, 1) < 1e-4


@pytest.mark.parametrize(("shift", "warned"), [(0.0, False), (2 * NOISE, True)])
def test_a_likelihood_that_another_seed_contradicts_is_warned_of(shift, warned, caplog):
    generator = np.random.default_rng(9)
    one, other = measured(generator, 500), measured(generator, 500)
    with caplog.at_level(logging.WARNING):
        repair(networks(), [one, Dataset(other.theta, other.x + shift)], 3, 100_000)
    assert ("is not that of the measurements of seed" in caplog.text) == warned


def test_whole_numbers_are_spread_over_the_steps_between_them():
    generator = np.random.default_rng(10)
    position = generator.random((1500, 1))
    x = np.column_stack([generator.poisson(1 + 4 * position[:, 0]), position[:, 0]])
    x = np.column_stack([x, 0.1 * x[:, 0] + 1e-16 * generator.random(3 * 500)])  # rounded
    spread = neural._spread(x.astype(float), generator)
    np.testing.assert_array_equal(np.round(10 * spread[:, 2]), x[:, 0])
    assert 0.02 < (spread[:, 2] - x[:, 2]).std() < 0.04  # even over 0.1: 0.029
    np.testing.assert_array_equal(np.round(spread[:, 0]), x[:, 0])
    np.testing.assert_array_equal(spread[:, 1], x[:, 1])
    (found,) = neural.fit([position], [x[:, :1].astype(float)], [1], [0])
    at = np.full((8, 1), 0.5)  # where a mean of 3 is expected
    probability = np.exp(found.log_likelihood(at, np.arange(8.0)[:, None]))
    exact = [0.0498, 0.1494, 0.2240, 0.2240, 0.1680, 0.1008, 0.0504, 0.0216]
    np.testing.assert_allclose(probability, exact, atol=0.05)


@pytest.mark.parametrize(("count", "varies"), [(19, True), (100, False)])
def test_few_measurements_and_constant_features_are_refused(count, varies):
    generator = np.random.default_rng(11)
    x = generator.standard_normal((count, 2)) * [1, varies]
    with pytest.raises(MeasurementError, match="at least 20 measurements of features that vary"):
        neural.fit([generator.random((count, 1))], [x], [1], [0])


def test_a_file_whose_likelihood_lacks_a_part_is_refused(repaired):
    content = repaired.plain()
    estimator = content["likelihoods"][0]["estimator"].pop("hidden")
    with pytest.raises(PosteriorFormatError, match=r"likelihoods.estimator.hidden: expected a"):
        from_plain(content)
    content["likelihoods"][0]["estimator"]["hidden"] = estimator
    content["likelihoods"][1].pop("state")
    with pytest.raises(PosteriorFormatError, match=r"likelihoods.state: expected a value"):
        from_plain(content)
