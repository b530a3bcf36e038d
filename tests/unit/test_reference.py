"""Reference posteriors of problems whose posterior is known, and that their errors are seen."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import gamma, multivariate_normal, norm, truncnorm

from analog_sbi.dataset import Dataset
from analog_sbi.errors import ConfigurationError, ProblemError
from analog_sbi.likelihood import (
    coverage,
    error,
    gaussian,
    likelihood,
    plane,
    region,
    sampling,
    synthetic,
    walkers,
)
from analog_sbi.likelihood.estimate import Settings, estimate
from analog_sbi.likelihood.gaussian import Degrees
from analog_sbi.space import Space

DEGREES = Degrees(mean=2, scale=1, coupling=1)
EFFORT = walkers.Effort(walkers=64, burn_in=200, steps=300)
SETTINGS = Settings(DEGREES, cells=2)


def box(low, high):
    names = tuple("abcdefg"[: len(low)])
    return Space(names, ("code",) * len(low), low, high)


class Linear:
    """x = A theta + b + noise with correlated components; the posterior is normal."""

    def __init__(self, dimensions: int):
        generator = np.random.default_rng(5)
        self.region = box(np.full(dimensions, -100.0), np.full(dimensions, 300.0))
        self.slope = generator.standard_normal((3, dimensions)) / 20 + np.eye(3, dimensions) / 10
        self.offset = np.array([1.0, -2.0, 3.0])
        self.covariance = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.5, -1.0, 5.0]])
        self.x = self.offset + self.slope @ np.full(dimensions, 90.0)

    def emulate(self, count: int, seed: int = 0) -> Dataset:
        generator = np.random.default_rng(seed)
        theta = self.region.draw(count, generator)
        noise = generator.multivariate_normal(np.zeros(3), self.covariance, count)
        return Dataset(theta, theta @ self.slope.T + self.offset + noise)

    def estimate(self, count: int, seed: int = 0):
        return estimate(self.emulate(count, seed), self.region, SETTINGS)

    @property
    def posterior(self):
        precision = np.linalg.inv(self.covariance)
        covariance = np.linalg.inv(self.slope.T @ precision @ self.slope)
        mean = covariance @ self.slope.T @ precision @ (self.x - self.offset)
        return multivariate_normal(mean, covariance)


@pytest.fixture(scope="module")
def flat():
    return Linear(2)


@pytest.fixture(scope="module")
def estimated(flat):
    return flat.estimate(200_000)


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr(plane, "CELLS", 120)


def test_the_posterior_of_a_linear_problem_is_the_exact_one(flat, estimated):
    sampler = plane.sampler(estimated)
    exact = flat.posterior.pdf(sampler.located.theta)
    assert plane.total_variation(sampler.masses(flat.x), exact / exact.sum()) < 0.02
    samples, told = sampler.sample(flat.x, 20_000, np.random.default_rng(1))
    sd = np.sqrt(np.diag(flat.posterior.cov))
    assert samples.mean(axis=0) == pytest.approx(flat.posterior.mean, abs=0.03 * sd.max())
    assert np.cov(samples.T) == pytest.approx(flat.posterior.cov, rel=0.06)
    assert told["effective_cells"] > 1000


def test_the_density_is_normalized_and_nothing_outside_the_region(flat, estimated):
    theta = np.array([flat.posterior.mean, [500.0, 0.0]])
    found = plane.log_density(estimated, flat.x, theta)
    assert found[0] == pytest.approx(flat.posterior.logpdf(theta[0]), abs=0.03)
    assert found[1] == -np.inf


def test_chains_sample_the_exact_posterior():
    cube = Linear(3)
    samples, told = walkers.Sampler(cube.estimate(100_000), EFFORT).sample(
        cube.x, 10_000, np.random.default_rng(2)
    )
    sd = np.sqrt(np.diag(cube.posterior.cov))
    assert np.abs((samples.mean(axis=0) - cube.posterior.mean) / sd).max() < 0.1
    assert samples.std(axis=0) == pytest.approx(sd, rel=0.06)
    assert np.corrcoef(samples.T) == pytest.approx(cube.posterior.cov / np.outer(sd, sd), abs=0.05)
    assert told["r_hat"] < 1.02
    assert told["effective_samples"] > 500


def test_chains_move_in_a_corner_of_the_region(monkeypatch):
    cube, sd = box(np.zeros(7), np.ones(7)), 0.05
    x = np.array([-0.2, 1.2, -0.2, 1.2, -0.2, 1.2, -0.2])  # beyond the faces that meet there
    monkeypatch.setattr(
        walkers, "log_likelihood", lambda _, theta, x: norm.logpdf(x, theta, sd).sum(axis=1)
    )
    sampler = walkers.Sampler(SimpleNamespace(region=cube), EFFORT)
    samples, told = sampler.sample(x, 10_000, np.random.default_rng(8))
    exact = truncnorm((cube.low - x) / sd, (cube.high - x) / sd, loc=x, scale=sd)
    assert np.abs((samples.mean(axis=0) - exact.mean()) / exact.std()).max() < 0.15
    assert samples.std(axis=0) == pytest.approx(exact.std(), rel=0.1)
    assert told["r_hat"] < 1.02


def test_chains_do_not_repeat_kept_samples():
    sampler = walkers.Sampler(Linear(3).estimate(1000), walkers.Effort(16, 0, 10))
    with pytest.raises(ConfigurationError, match="at most 320 samples, found a request for 321"):
        sampler.sample(np.zeros(3), 321, np.random.default_rng(0))


def test_equal_generators_give_equal_chains():
    cube = Linear(3)
    sampler = walkers.Sampler(cube.estimate(1000), walkers.Effort(16, 50, 50))
    one, other = (sampler.sample(cube.x, 50, np.random.default_rng(4))[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_scale_and_coupling_follow_the_parameters():
    generator = np.random.default_rng(3)
    line = box(np.zeros(1), np.ones(1))
    theta = line.draw(100_000, generator)
    scale = np.exp(0.5 + theta[:, 0])
    first = scale * generator.standard_normal(len(theta))
    second = theta[:, 0] * first + 0.5 * generator.standard_normal(len(theta))
    x = np.column_stack([theta[:, 0] ** 2 + first, second])
    at = gaussian.moments(gaussian.fit(theta, x, line, DEGREES), np.array([[0.2], [0.9]]))
    assert at.scale[:, 0] == pytest.approx(np.exp([0.7, 1.4]), rel=0.02)
    assert at.scale[:, 1] == pytest.approx(0.5, rel=0.02)
    assert at.coupling[:, 1, 0] == pytest.approx([0.2, 0.9], abs=0.02)
    assert at.mean[:, 0] == pytest.approx([0.04, 0.81], abs=0.05)
    noise = generator.standard_normal((2, 2))
    assert gaussian.standardize(at, gaussian.simulate(at, noise)) == pytest.approx(noise)


def test_a_skewed_observable_gets_its_own_shape():
    generator = np.random.default_rng(6)
    square = box(np.zeros(2), np.full(2, 10.0))
    theta = square.draw(300_000, generator)
    noise = gamma(6.0)
    x = theta[:, [0]] + noise.rvs((len(theta), 1), random_state=generator)
    found = likelihood.fit(theta, x, square, DEGREES, cells=4)
    points = np.full((30, 2), 5.0)
    points[:, 0] = np.linspace(0.5, 9.5, 30)
    exact = noise.logpdf(12.0 - points[:, 0])
    estimated = likelihood.log_likelihood(found, points, np.array([12.0]))
    assert np.abs(estimated - exact).max() < 0.1
    at = gaussian.moments(found.gaussian, points)
    normal = gaussian.log_density(at, gaussian.standardize(at, np.array([12.0])))
    assert np.abs(normal - exact).max() > 0.25


def test_missing_emulations_are_left_out(flat):
    used = flat.emulate(5000)
    damaged = used.x.copy()
    damaged[::10, 1] = np.nan
    kept = np.arange(5000) % 10 > 0
    one = estimate(Dataset(used.theta, damaged), flat.region, SETTINGS)
    other = estimate(Dataset(used.theta[kept], used.x[kept]), flat.region, SETTINGS)
    np.testing.assert_array_equal(one.gaussian.mean, other.gaussian.mean)
    assert error.budget(Dataset(used.theta, damaged)).value == 4500


def test_too_few_emulations_are_refused(flat):
    with pytest.raises(ConfigurationError, match="6 coefficients need more measurements, found 5"):
        flat.estimate(5)


def test_doubling_tells_too_little_effort(flat, estimated, coarse):
    told = {}
    for count in (1000, 100_000):
        used = flat.emulate(count, seed=7)
        parts = error.halves(used, flat.region, SETTINGS)
        whole = estimate(used, flat.region, SETTINGS)
        rows = error.doubling(whole, parts, flat.x, EFFORT, 1000, np.random.default_rng(0))
        told[count] = {row.quantity: row.value for row in rows}
    assert told[1000]["tv_halves"] > 3 * told[100_000]["tv_halves"]
    assert told[1000]["mean_halves"] > 0.1
    assert told[100_000]["tv_halves"] < 0.03
    assert 0.45 < told[100_000]["c2st_halves"] < 0.55


def narrowed(known, factor):
    """The likelihood with standard deviations wrong by a factor."""
    log_variance = known.gaussian.log_variance.copy()
    log_variance[0] += 2 * np.log(factor)
    return replace(known, gaussian=replace(known.gaussian, log_variance=log_variance))


@pytest.mark.parametrize(("factor", "holds"), [(1.0, True), (0.5, False), (2.0, False)])
def test_coverage_fails_for_a_wrong_likelihood(flat, estimated, coarse, factor, holds):
    held = flat.emulate(100, seed=8)
    rows = error.covered(
        narrowed(estimated, factor), ["a", "b"], held, EFFORT, np.random.default_rng(0)
    )
    found = {row.quantity: row.value for row in rows}
    assert found["sbc_draws"] == 100
    assert (found["sbc_density"] > 0.01) == holds
    if holds:
        assert min(found["sbc_a"], found["sbc_b"]) > 0.01


def test_coverage_sees_a_shifted_mean(flat, estimated, coarse):
    held = flat.emulate(100, seed=9)
    shifted = Dataset(held.theta + np.array([25.0, 0.0]), held.x)
    ranks = coverage.ranks(
        sampling.sampler(estimated, EFFORT),
        estimated,
        shifted.theta,
        shifted.x,
        np.random.default_rng(0),
    )
    assert coverage.uniformity(ranks)[0] < 1e-3


def test_synthetic_likelihoods_agree_with_the_right_one_only(flat, estimated):
    generator = np.random.default_rng(10)
    theta = flat.posterior.rvs(100, random_state=generator)
    repeats = theta @ flat.slope.T + flat.offset
    repeats = repeats[:, None] + generator.multivariate_normal(
        np.zeros(3), flat.covariance, (100, 300)
    )
    right = synthetic.agreement(estimated.gaussian, theta, repeats, flat.x, generator)
    assert right.share == pytest.approx(right.share_by_chance, abs=0.05)
    assert right.deviation < 1.5 * right.deviation_by_chance
    wrong = narrowed(estimated, 0.6).gaussian
    found = synthetic.agreement(wrong, theta, repeats, flat.x, generator)
    assert found.share < found.share_by_chance - 0.1
    assert found.deviation > 2 * found.deviation_by_chance


def test_rejection_tells_a_wrong_posterior(flat):
    used = flat.emulate(1_000_000, seed=11)
    exact = flat.posterior.rvs(1000, random_state=1)
    repeats = np.random.default_rng(0).multivariate_normal(flat.x, flat.covariance, (5, 100))
    found = [
        {row.quantity: row.value for row in error.rejection(used, samples, repeats, flat.x, 1000)}
        for samples in (exact, exact + 0.8 * exact.std(axis=0))
    ]
    assert found[0]["c2st_rejection"] < 0.54
    assert found[1]["c2st_rejection"] > 0.6
    assert 0.5 < found[0]["rejection_radius"] < 0.8


def test_the_region_holds_the_samples_and_cutting_it_is_seen():
    prior = box(np.zeros(2), np.full(2, 10.0))
    samples = np.random.default_rng(0).uniform([0, 4], [10, 6], (1000, 2))
    found = region.around(samples, prior, 0.05)
    assert found.low[0] == 0
    assert found.high[0] == 10
    assert found.low[1] == pytest.approx(3.9, abs=0.02)
    assert found.contains(samples).all()
    assert region.edge_share(samples, found, prior, 0.02) == 0.0
    for low, high in ((4.0, 10.0), (0.0, 6.0)):
        narrow = box(np.array([0.0, low]), np.array([10.0, high]))
        assert region.edge_share(samples, narrow, prior, 0.02) == pytest.approx(0.06, abs=0.02)


def test_ensembles_that_disagree_are_seen():
    walk = np.random.default_rng(0).standard_normal((2, 100, 16, 2))
    assert walkers.r_hat(walk).max() < 1.01
    walk[1, :, :, 1] += 2.0
    apart = walkers.r_hat(walk)
    assert apart[0] < 1.01
    assert apart[1] > 1.2


def test_rejection_compares_as_many_of_both(flat, monkeypatch):
    used = flat.emulate(1000, seed=11)
    used.x[:700, 0] = np.nan
    exact = flat.posterior.rvs(400, random_state=1)
    repeats = np.random.default_rng(0).multivariate_normal(flat.x, flat.covariance, (5, 100))
    sizes = []
    monkeypatch.setattr(error, "_c2st", lambda one, other: sizes.append((len(one), len(other))))
    for samples in (exact, exact[:50]):
        error.rejection(used, samples, repeats, flat.x, 2000)
    assert sizes == [(300, 300), (50, 50)]


def test_a_plane_has_two_parameters():
    with pytest.raises(ProblemError, match="two parameters, found a, b, c"):
        plane.sampler(Linear(3).estimate(1000))
