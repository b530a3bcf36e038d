"""Networks and mixtures asked about many observations at once, against one at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from analog_sbi import posterior
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior import LeakageError, ensembles
from analog_sbi.posterior.answers import ask, members, mix
from analog_sbi.prior import Box
from analog_sbi.space import Space
from tests.toys import untrained

COUNT = 400
DRAWS = 100_000


@pytest.fixture(scope="module")
def three():
    """Untrained networks around different places whose weights for the observation are large."""
    estimator = EstimatorSettings(transforms=3, hidden=8, permutations="reverse")
    places = [(30.0, 70.0), (5.0, 10.0), (75.0, 20.0)]
    return untrained(places, estimator, spread=10.0, seeds=(4, 5, 6), seen=4.0)


@pytest.fixture(scope="module")
def x():
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(1))


def test_samples_and_mass_are_those_given_each_observation(three, x):
    found = ask(three, x, COUNT, [1, 2, 3], DRAWS)
    means = torch.stack([answers.samples.mean(dim=1) for answers in found])
    assert (means[:, 0] - means[:, 1]).abs().max() > 2  # so that mixed up rows would show
    for row in range(len(x)):
        given = posterior.given(three, x[row])
        expected, _ = posterior.sample(given, COUNT, [7, 8, 9], DRAWS)
        mass = given.acceptance(5000, [7, 8, 9])
        for network, answers in enumerate(found):
            assert answers.samples.shape == (COUNT, len(x), 2)
            assert posterior.within(three.problem.space, answers.samples).all()
            assert float(answers.log_mass[0, row].exp()) == pytest.approx(
                float(mass[network]), abs=0.09
            )
            for parameter in range(2):
                ours = answers.samples[:, row, parameter]
                assert ks_2samp(ours, expected[network, :, parameter]).pvalue > 1e-3


def test_a_network_does_not_depend_on_the_others(three, x):
    every = ask(three, x, 50, [1, 2, 3], DRAWS)
    alone = three.select([1])
    assert torch.equal(ask(alone, x, 50, [2], DRAWS)[0].samples, every[1].samples)


def test_densities_are_those_of_the_normalized_mixture(three, x):
    ensemble = ensembles(three, 3)
    mixture = mix(ask(three, x, 4000, [1, 2, 3], DRAWS), ensemble, 0, 5)
    theta = 100 * torch.rand(50, 2, generator=torch.Generator().manual_seed(2))
    theta[0, 0] = -1.0
    for row in range(len(x)):
        expected = posterior.log_prob(posterior.given(ensemble, x[row]), theta)[0]
        found = mixture.log_prob(theta, x[row])
        assert torch.isneginf(found[0])
        torch.testing.assert_close(found, expected, atol=0.1, rtol=0)


def test_a_mixture_takes_its_samples_from_all_members(three, x):
    answers = ask(three, x, COUNT, [1, 2, 3], DRAWS)
    mixture = mix(answers, ensembles(three, 3), 0, 5)
    origin = torch.stack([(mixture.samples == a.samples).all(dim=2) for a in answers])
    assert torch.equal(origin.sum(dim=0), torch.ones(COUNT, len(x), dtype=torch.long))
    share = origin.float().mean(dim=(1, 2))
    torch.testing.assert_close(share, torch.full((3,), 1 / 3), atol=0.04, rtol=0)


def test_members_are_named_by_kind_and_number(three, x):
    found = members(three, x, 2, 20, 11, DRAWS)
    assert list(found) == [("seed", 4), ("seed", 5), ("seed", 6), ("ensemble", 0)]
    assert found["ensemble", 0].posterior.seeds == (4, 5)
    again = members(three, x, 2, 20, 11, DRAWS)
    assert all(torch.equal(found[key].samples, again[key].samples) for key in found)


def test_only_what_was_asked_is_answered(three, x):
    answers = ask(three, x, 20, [1, 2, 3], DRAWS)[0]
    assert torch.equal(answers.sample_batched(torch.Size((20,)), x), answers.samples)
    with pytest.raises(ValueError, match="that were asked"):
        answers.sample_batched(torch.Size((19,)), x)
    with pytest.raises(ValueError, match="that were asked"):
        answers.sample_batched(torch.Size((20,)), x.flip(0))
    with pytest.raises(ValueError, match="that were asked"):
        answers.log_prob(torch.zeros(1, 2), x[0] + 1)


def test_a_posterior_outside_the_bounds_is_named(three, x):
    away = Space(("p0", "p1"), ("code",) * 2, np.full(2, 900.0), np.full(2, 901.0))
    far = replace(three, problem=replace(three.problem, prior=Box(away)))
    with pytest.raises(LeakageError, match=r"seed 4, observation \d: .* 20 .* within 3000 draws"):
        ask(far, x, 20, [1, 2, 3], 3000)
