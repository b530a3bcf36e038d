"""What every remedy gives: a posterior like any other, of one seed or of each."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from analog_sbi import posterior
from analog_sbi.artifacts import Maker
from analog_sbi.dataset import Dataset
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.remedies.answering import members
from analog_sbi.remedies.facts import REMEDIES
from analog_sbi.remedies.repairing import repair
from tests.toys import as_measured, restricted, untrained

PLACES = [(55.0, 45.0), (52.0, 48.0), (50.0, 50.0)]
TARGET = torch.tensor([50.0, 50.0])
NOISE, DRAWS = 6.0, 100_000
FLOW = EstimatorSettings(transforms=2, hidden=10, permutations="reverse")
MAKER = Maker("repair_posterior", "0", "0")


@pytest.fixture(scope="module", params=list(REMEDIES))
def remedy(request):
    return request.param


@pytest.fixture(scope="module", params=["box", "restricted"])
def networks(request):
    found = untrained(PLACES, FLOW, features=2).given(TARGET)
    if request.param == "restricted":
        found = replace(found, problem=restricted(as_measured))
    for facts in found.history:
        facts.update(blind=False, best_validation_loss=1.0)
    return found


@pytest.fixture(scope="module")
def repaired(remedy, networks):
    generator = np.random.default_rng(1)
    prior = networks.problem.prior
    theta = prior.draw(400 * len(PLACES), generator).reshape(len(PLACES), 400, 2)
    x = theta + NOISE * generator.standard_normal(theta.shape)
    data = [Dataset(*pair) for pair in zip(theta, x, strict=True)]
    return repair(remedy, networks, data, 3, DRAWS)


def numbers(repaired):
    return [100 + number for number in repaired.seeds]


def test_seeds_are_those_of_the_networks_or_one(remedy, networks, repaired):
    assert repaired.seeds == ((0,) if REMEDIES[remedy].pools else networks.seeds)
    assert len(repaired.history) == len(repaired.seeds)
    assert repaired.problem is networks.problem
    assert repaired.round == 0


def test_samples_lie_within_the_bounds_and_have_densities(repaired):
    theta, acceptance = posterior.sample(repaired, 300, numbers(repaired), DRAWS)
    assert theta.shape == (len(repaired.seeds), 300, 2)
    assert ((acceptance > 0) & (acceptance <= 1)).all()
    prior = repaired.problem.prior
    assert prior.contains(theta.double().numpy().reshape(-1, 2)).all()
    assert repaired.log_prob_at(theta).isfinite().all()
    outside = torch.full((len(repaired.seeds), 1, 2), 101.0)
    assert (repaired.log_prob_at(outside) == -torch.inf).all()


def test_equal_numbers_give_equal_samples_and_others_others(repaired):
    one, again, other = (
        posterior.sample(repaired, 50, [n + shift for n in numbers(repaired)], DRAWS)[0]
        for shift in (0, 0, 50)
    )
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert not torch.equal(one, other)
    assert not any(torch.equal(*pair) for pair in pairwise(one))


def test_its_file_gives_the_same_posterior(repaired, tmp_path):
    posterior.write(repaired, tmp_path / "repaired.pt", MAKER)
    read = posterior.read(tmp_path / "repaired.pt")
    assert type(read) is type(repaired)
    assert read.history == repaired.history
    theta = torch.full((len(repaired.seeds), 4, 2), 51.0)
    torch.testing.assert_close(read.log_prob_at(theta), repaired.log_prob_at(theta), rtol=0, atol=0)
    samples = [part.sample(20, numbers(repaired), DRAWS)[0] for part in (read, repaired)]
    torch.testing.assert_close(*samples, rtol=0, atol=0)


def test_it_answers_other_observations(remedy, repaired):
    x = torch.tensor([[50.0, 50.0], [45.0, 52.0]])
    found = members(repaired, x, 3, 60, 4, DRAWS)
    seeds = {("seed", number) for number in repaired.seeds}
    assert set(found) == seeds | {("ensemble", 0)}
    for answers in found.values():
        assert answers.samples.shape == (60, 2, 2)
        theta = answers.samples.double().numpy().reshape(-1, 2)
        assert repaired.problem.prior.contains(theta).all()
        assert answers.log_prob(answers.samples[:, 1], x[1]).isfinite().all()
    assert torch.equal(repaired.given(x[1]).target, x[1])
