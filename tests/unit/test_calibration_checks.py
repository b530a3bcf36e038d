"""Diagnostics of calibration on a problem whose posterior is known, and amortized sampling."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from analog_sbi.checks.calibration import Draws, diagnose, half_width, local_test, share_below
from analog_sbi.inference import ensemble
from analog_sbi.inference.amortized import amortize
from analog_sbi.inference.estimator import EstimatorSettings, build_network, stack
from analog_sbi.inference.posterior import Posterior, Problem, as_sbi, given, log_prob, sample

NOISE = 0.5
LEVELS = np.linspace(0.05, 0.95, 19)
TESTS, SAMPLES = 300, 200


@dataclass(frozen=True)
class Normal:
    """Posterior of theta ~ N(0, 1) given x = theta + noise, too narrow or wide by ``factor``."""

    factor: float = 1.0
    shift: float = 0.0

    def sample_batched(self, sample_shape, x, **_):
        generator = torch.Generator().manual_seed(7)
        noise = torch.randn(SAMPLES, *x.shape, generator=generator)
        return self.mean(x) + self.sd * noise

    def log_prob(self, theta, x):
        return torch.distributions.Normal(self.mean(x), self.sd).log_prob(theta).sum(dim=-1)

    def mean(self, x):
        return x / (1 + NOISE**2) + self.shift

    @property
    def sd(self):
        return self.factor * (NOISE**2 / (1 + NOISE**2)) ** 0.5


@pytest.fixture(scope="module")
def fresh():
    generator = torch.Generator().manual_seed(1)
    theta = torch.randn(TESTS, 2, generator=generator)
    x = theta + NOISE * torch.randn(TESTS, 2, generator=generator)
    return Draws(theta, x, ("a", "b"))


def test_an_exact_posterior_passes(fresh):
    curves, numbers = diagnose(Normal(), fresh, LEVELS, seed=3)
    width = half_width(TESTS)
    for method, parameter in (("coverage", ""), ("sbc", "a"), ("sbc", "b")):
        rows = curves[(curves["method"] == method) & (curves["parameter"] == parameter)]
        np.testing.assert_allclose(rows["value"], rows["level"], atol=width)
    assert numbers["lowest"] > -width
    assert numbers["sbc_p"] > 0.05
    assert abs(numbers["tarp_area"]) < 0.05


def test_over_and_under_confidence_are_told_apart(fresh):
    _, narrow = diagnose(Normal(factor=0.5), fresh, LEVELS, seed=3)
    _, wide = diagnose(Normal(factor=2.0), fresh, LEVELS, seed=3)
    assert narrow["lowest"] < -2 * half_width(TESTS)
    assert narrow["area"] < -0.1
    assert narrow["tarp_area"] < -0.02
    assert wide["lowest"] > 0
    assert wide["area"] > 0.1
    assert wide["tarp_area"] > 0.02
    assert max(narrow["sbc_p"], wide["sbc_p"]) < 1e-3


def test_a_shift_is_seen_in_the_ranks(fresh):
    _, numbers = diagnose(Normal(shift=0.4), fresh, LEVELS, seed=3)
    assert numbers["sbc_p"] < 1e-6


@pytest.mark.parametrize(("posterior", "passes"), [(Normal(), True), (Normal(shift=1.0), False)])
def test_the_local_test_tells_a_wrong_posterior(fresh, posterior, passes):
    x = fresh.x[0]
    samples = posterior.sample_batched((), x[None])[:, 0]
    p = local_test(posterior, fresh, samples, x, trials=20, seed=1)
    assert (p > 0.05) == passes


def test_the_band_holds_a_calibrated_curve_in_95_of_100_cases():
    generator = np.random.default_rng(0)
    draws = generator.random((2000, 50))
    width = half_width(50)
    inside = [kstest(row, "uniform").statistic < width for row in draws]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)
    np.testing.assert_array_equal(
        share_below(np.array([0.1, 0.5]), np.array([0.1, 0.5, 0.6])), [0, 0.5, 1]
    )


@pytest.fixture(scope="module")
def networks():
    """Untrained networks of three seeds, of which some mass leaks."""
    torch.manual_seed(0)
    settings = EstimatorSettings(transforms=2, hidden=5)
    theta, x = 2 * torch.rand(50, 2) - 1, torch.randn(50, 3)
    built = [build_network(settings, theta, x) for _ in range(3)]
    low, high = torch.full((2,), -1.0), torch.full((2,), 1.0)
    problem = Problem(settings, low, high, ("a", "b"), "first", ("f",) * 3, x[0], (0, 1, 2))
    return Posterior(problem, 0, stack(built), ({},) * 3), x


def test_a_single_network_given_many_observations_is_that_given_each(networks):
    posterior, x = networks
    alone = ensemble.networks(ensemble.of(posterior, 1), 1)
    many = amortize(alone, x[:4], 4000, seed=5, max_draws=100_000)
    assert many.samples.shape == (4000, 4, 2)
    for number in range(4):
        drawn, rate = sample(given(alone, x[number]), 4000, [9], 100_000)
        for column in range(2):
            assert kstest(many.samples[:, number, column], drawn[0, :, column]).pvalue > 1e-3
        density = many.log_prob(drawn[0, :5], x[number])
        expected = log_prob(given(alone, x[number]), drawn[0, :5])[0] - rate.log()
        torch.testing.assert_close(density, expected, atol=0.1, rtol=0)
    outside = many.log_prob(torch.tensor([[2.0, 0.0]]), x[0])
    assert outside.item() == -torch.inf


def test_a_mixture_is_that_of_the_ensemble(networks):
    posterior, x = networks
    mixture = ensemble.of(posterior, 3)
    many = amortize(ensemble.networks(mixture, 0), x[:2], 6000, seed=5, max_draws=100_000)
    expected = ensemble.sample(ensemble.given(mixture, x[1]), 6000, [3], 100_000)[0]
    for column in range(2):
        assert kstest(many.samples[:, 1, column], expected[:, column]).pvalue > 1e-3
    theta = expected[:5]
    density = ensemble.log_prob(ensemble.given(mixture, x[1]), theta)[0]
    torch.testing.assert_close(many.log_prob(theta, x[1]), density, atol=0.1, rtol=0)


def test_sbi_agrees_on_the_density(networks):
    posterior, x = networks
    theirs = as_sbi(posterior, 0).set_default_x(x[0])
    alone = ensemble.networks(ensemble.of(posterior, 1), 0)
    ours = amortize(alone, x[:1], 10_000, seed=1, max_draws=100_000)
    theta = ours.samples[:5, 0]
    expected = theirs.log_prob(theta, norm_posterior=True)
    torch.testing.assert_close(ours.log_prob(theta, x[0]), expected, atol=0.1, rtol=0)
