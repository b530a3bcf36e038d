"""Networks that are wrong, repaired by the measurements of a linear model with normal noise."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from analog_sbi.dataset import Dataset
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior import from_plain
from analog_sbi.posterior.answers import ask
from analog_sbi.posterior.base import PosteriorFormatError
from analog_sbi.remedies.reweighted import LEAST_MASS
from analog_sbi.remedies.smooth import repair
from tests.toys import as_measured, restricted, untrained

FLOW = EstimatorSettings(transforms=2, hidden=10, permutations="reverse")
NOISE, HIGH = 6.0, 100.0
TARGET = torch.tensor([60.0, 40.0])


def measured(generator, seeds, count=1500):
    """Parameters drawn from the whole prior, measured."""
    return with_noise(HIGH * generator.random((seeds, count, 2)), generator)


def with_noise(theta, generator):
    """Two parameters of each seed that are measured as they are, with noise."""
    x = theta + NOISE * generator.standard_normal(theta.shape)
    return [Dataset(*pair) for pair in zip(theta, x, strict=True)]


def posterior_of(places, **settings):
    networks = untrained(places, FLOW, features=2, high=HIGH, **settings).given(TARGET)
    return repair(networks, measured(np.random.default_rng(1), len(places)), 3, 1000)


@pytest.fixture(scope="module")
def right():
    """Of networks that are beside the truth, too narrow, and outside the prior."""
    return posterior_of([(55.0, 45.0), (30.0, 70.0), (130.0, 40.0)])


def test_samples_are_those_of_the_exact_posterior(right):
    theta, acceptance = right.sample(1000, [1, 2, 3], 100_000)
    np.testing.assert_allclose(theta.mean(dim=1), TARGET.expand(3, 2), atol=1.2)
    np.testing.assert_allclose(theta.std(dim=1), NOISE, rtol=0.15)
    assert (acceptance == 1).all()


def test_the_density_is_normalized_and_that_of_the_samples(right):
    grid = torch.cartesian_prod(*[torch.linspace(0.25, HIGH - 0.25, 200)] * 2)
    density = right.log_prob_at(grid.expand(3, *grid.shape)).exp()
    np.testing.assert_allclose(density.sum(dim=1) * 0.5**2, 1, atol=0.35)
    outside = torch.tensor([[[-1.0, 50.0]]]).expand(3, 1, 2)
    assert (right.log_prob_at(outside) == -torch.inf).all()


def test_it_says_how_much_the_networks_were_worth(right):
    effective = [facts["effective"] for facts in right.history]
    assert effective[0] > 3 * effective[1]
    evidence = [facts["log_evidence"] for facts in right.history]
    np.testing.assert_allclose(evidence, -2 * np.log(HIGH), atol=0.4)


def test_a_file_whose_likelihood_lacks_a_part_is_refused(right):
    content = right.plain()
    content["likelihoods"][1].pop("powers")
    with pytest.raises(PosteriorFormatError, match=r"likelihoods.powers: expected a value"):
        from_plain(content)


def test_a_file_that_lacks_a_likelihood_is_refused(right):
    content = right.plain() | {"likelihoods": right.plain()["likelihoods"][:2]}
    with pytest.raises(PosteriorFormatError, match="likelihoods: expected 3 seeds, found 2"):
        from_plain(content)


def test_answers_to_many_observations_are_calibrated(right):
    """Levels of the truth among the samples are even, of a network that is far from it too."""
    own = right.select([1])
    (tests,) = measured(np.random.default_rng(2), 1, 200)
    theta, x = (torch.tensor(part, dtype=torch.float32) for part in (tests.theta, tests.x))
    (found,) = own.answers(x, 100, [3], 100_000)
    ranks = (found.samples < theta).float().mean(dim=0)
    for level in (0.1, 0.5, 0.9):
        np.testing.assert_allclose((ranks <= level).float().mean(dim=0), level, atol=0.09)
    density = found.log_prob(theta[:1], x[0])
    exact = own.given(x[0]).log_prob_at(theta[None, :1])[0]
    torch.testing.assert_close(density, exact, rtol=0, atol=0.4)
    both = right.select([1, 1]).mix([found, found], 4)
    assert both.samples.shape == (100, 200, 2)
    torch.testing.assert_close(both.log_prob(theta[:1], x[0]), density)


@pytest.fixture(scope="module")
def at_the_edge():
    """Of a prior restricted to the upper half of the first parameter, given what lies at its edge.

    One network is beside the truth, the other far below the region.
    """
    networks = untrained([(52.0, 45.0), (5.0, 40.0)], FLOW, features=2, high=HIGH)
    networks = replace(networks, problem=restricted(as_measured)).given(torch.tensor([50.0, 40.0]))
    generator = np.random.default_rng(1)
    theta = networks.problem.prior.draw(2 * 1500, generator).reshape(2, 1500, 2)
    return repair(networks, with_noise(theta, generator), 3, 1000)


def test_a_restricted_prior_cuts_the_exact_posterior_at_its_edge(at_the_edge):
    prior, generator = at_the_edge.problem.prior, np.random.default_rng(3)
    wide = np.array([50.0, 40.0]) + NOISE * generator.standard_normal((20_000, 2))
    exact = wide[prior.contains(wide)]
    theta, acceptance = at_the_edge.sample(2000, [1, 2], 100_000)
    assert (acceptance == 1).all()
    for own in theta.numpy():
        assert prior.contains(own).all()
        np.testing.assert_allclose(own.mean(axis=0), exact.mean(axis=0), atol=0.8)
        np.testing.assert_allclose(own.std(axis=0), exact.std(axis=0), rtol=0.1)
    evidence = [facts["log_evidence"] for facts in at_the_edge.history]
    share = np.log(len(exact) / len(wide) / prior.share)
    np.testing.assert_allclose(evidence, share - 2 * np.log(HIGH), atol=0.25)


def test_the_density_within_a_region_is_normalized(at_the_edge):
    grid = torch.cartesian_prod(*[torch.linspace(0.25, HIGH - 0.25, 200)] * 2)
    density = at_the_edge.log_prob_at(grid.expand(2, *grid.shape)).exp()
    np.testing.assert_allclose(density.sum(dim=1) * 0.5**2, 1, atol=0.25)
    outside = ~at_the_edge.problem.prior.contains(grid.double().numpy())
    assert (density[:, torch.from_numpy(outside)] == 0).all()


def test_evidence_within_a_region_is_that_of_networks_of_use_and_of_no_use(at_the_edge):
    networks = untrained([(34.4, 45.0)], FLOW, features=2, high=HIGH)
    networks = replace(networks, problem=restricted(as_measured)).given(TARGET)
    x = torch.tensor([[70.0, 30.0], [80.0, 60.0], [65.0, 85.0]])
    own = replace(at_the_edge.select([0]), base=networks)
    (of_network,) = ask(networks, x, 1000, [1], 1_000_000)
    assert sorted((of_network.log_mass[0].exp() > LEAST_MASS).tolist()) == [False, False, True]
    (found,) = own.answers(x, 1000, [1], 1_000_000)
    inside = NOISE * np.random.default_rng(4).standard_normal((3, 5000, 2)) + x.numpy()[:, None]
    prior = own.problem.prior
    share = np.array([prior.contains(part).mean() for part in inside]) / prior.share
    np.testing.assert_allclose(found.log_evidence[0], np.log(share / HIGH**2), atol=0.3)


@pytest.mark.parametrize(("shape", "warned"), [("rough", True), ("smooth", False)])
def test_a_likelihood_that_is_not_smooth_is_warned_of(shape, warned, caplog):
    generator = np.random.default_rng(5)
    (data,) = measured(generator, 1)
    if shape == "rough":
        data = Dataset(data.theta, generator.standard_cauchy(data.theta.shape))
    networks = untrained([(55.0, 45.0)], FLOW, features=2, high=HIGH).given(TARGET)
    with caplog.at_level(logging.WARNING):
        repair(networks, [data], 3, 1000)
    assert ("do not repair with it" in caplog.text) == warned
