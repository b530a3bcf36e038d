"""Weighted ensembles of networks of which some are of no use, with normal noise."""

import logging

import numpy as np
import pytest
import torch
from scipy.stats import norm

from analog_sbi.dataset import Dataset
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior import from_plain, within
from analog_sbi.posterior.base import PosteriorFormatError
from analog_sbi.remedies.answering import members
from analog_sbi.remedies.pooled import NoMemberError, repair, stacking_weights
from tests.toys import untrained

FLOW = EstimatorSettings(transforms=2, hidden=10, permutations="reverse")
PLACES = [(50.0, 50.0), (52.0, 48.0), (20.0, 80.0), (160.0, 50.0)]


def networks(places=PLACES, blind=()):
    found = untrained(places, FLOW, features=2, seen=0.0)
    for number, facts in enumerate(found.history):
        facts.update(blind=number in blind, epochs=5, best_validation_loss=1.0, excluded=2)
    return found


def measured(count):
    """Parameters that are where the first networks think that all are, of several seeds."""
    generator = np.random.default_rng(1)
    theta = 51 + 11 * generator.standard_normal((count, 300, 2))
    return [Dataset(part, np.zeros((300, 2))) for part in theta]


@pytest.fixture(scope="module")
def three():
    return repair(networks(), measured(4), 3, 1000)


def test_networks_count_by_the_measurements_of_others(three):
    """The fourth leaks and is out; the third is beside the truth and counts nearly nothing."""
    assert three.base.seeds == (0, 1, 2)
    assert float(three.weights.sum()) == pytest.approx(1)
    assert three.weights[2] < 0.02
    assert (three.weights[:2] > 0.1).all()
    assert list(three.history[0]["left_out"]) == ["3"]
    theta, acceptance = three.sample(2000, [3], 100_000)
    assert theta.shape == (1, 2000, 2)
    assert acceptance == 1
    np.testing.assert_allclose(theta.mean(dim=1)[0], (52.5, 51.0), atol=2.5)


@pytest.mark.parametrize("blind", [(0,), ()])
def test_a_blind_network_is_left_out(blind, caplog):
    with caplog.at_level(logging.WARNING):
        found = repair(networks(PLACES[:2], blind), measured(2), 3, 1000)
    assert ("seed 0 is blind" in caplog.text) == bool(blind)
    assert len(found.weights) == 2 - len(blind)


def test_nothing_left_is_refused():
    with pytest.raises(NoMemberError, match="found all 2 blind or failed"):
        repair(networks(PLACES[:2], (0, 1)), measured(2), 3, 1000)


def test_stacking_finds_the_shares_of_a_mixture_and_no_credit_for_own_measurements():
    generator = np.random.default_rng(2)
    from_first = generator.random(6000) < 0.7
    value = np.where(from_first, 0.0, 4.0) + generator.standard_normal(6000)
    density = np.stack([norm.logpdf(value), norm.logpdf(value, 4), norm.logpdf(value, 40)])
    owner = np.arange(6000) % 3
    density[owner, np.arange(6000)] = 100.0  # each knows by heart what it was trained on
    weights = stacking_weights(density, owner)
    np.testing.assert_allclose(weights[:2] / weights[:2].sum(), (0.7, 0.3), atol=0.1)
    assert weights[2] < 0.01


def test_the_density_is_normalized_and_that_of_the_answers(three):
    grid = torch.cartesian_prod(*[torch.linspace(0.25, 99.75, 200)] * 2)
    density = three.log_prob_at(grid[None])[0]
    assert float(density.exp().sum()) * 0.5**2 == pytest.approx(1, abs=0.02)
    assert three.log_prob_at(torch.tensor([[[-1.0, 50.0]]])) == -torch.inf
    found = members(three, three.target.expand(2, 2), 5, 500, 4, 100_000)
    assert set(found) == {("seed", 0), ("ensemble", 0)}
    answers = found["seed", 0]
    assert within(three.problem.space, answers.samples).all()
    near = density > density.max() - 5
    torch.testing.assert_close(
        answers.log_prob(grid, three.target)[near], density[near], rtol=0, atol=0.1
    )


def test_a_file_that_lacks_a_weight_is_refused(three):
    with pytest.raises(PosteriorFormatError, match="weights: expected 3 networks, found 2"):
        from_plain(three.plain() | {"weights": three.weights[:2]})


def test_sbi_knows_the_same_mixture(three):
    theta = torch.tensor([[51.0, 49.0], [45.0, 55.0]])
    theirs = three.as_sbi(0).log_prob(theta)
    torch.testing.assert_close(theirs, three.log_prob_at(theta[None])[0], rtol=0, atol=0.05)
