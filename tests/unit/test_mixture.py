"""Mixtures of the networks of several seeds, against their definition and against sbi's."""

import pytest
import torch
from scipy.stats import ks_2samp

from analog_sbi import posterior
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior import EnsembleError, LeakageError, Mixture, ensembles
from analog_sbi.posterior.mixture import log_mass
from tests.toys import untrained

HIGH = 100.0


def of_places(places):
    return untrained(places, EstimatorSettings(transforms=1, hidden=5), high=HIGH)


# The second one leaks most of its mass at the lower left corner.
PLACES = [(30.0, 70.0), (0.0, 0.0), (75.0, 20.0), (50.0, 50.0), (20.0, 20.0)]


@pytest.fixture(scope="module")
def five():
    return of_places(PLACES)


def test_members_are_consecutive_seeds_and_a_remainder_is_left_out(five):
    assert ensembles(five, 2).members == ((0, 1), (2, 3))
    assert ensembles(five, 5).members == ((0, 1, 2, 3, 4),)
    assert ensembles(five, 2).of(1).seeds == (2, 3)
    with pytest.raises(EnsembleError, match=r"at least 6 seeds.*found 5"):
        ensembles(five, 6)


def test_an_ensemble_of_one_is_its_member(five):
    theta = 100 * torch.rand(50, 2, generator=torch.Generator().manual_seed(1))
    mixture = ensembles(five, 1)
    expected = posterior.log_prob(five, theta) - log_mass(five)[:, None]
    torch.testing.assert_close(posterior.log_prob(mixture, theta), expected)


def test_densities_integrate_to_one_and_vanish_outside(five):
    mixture = ensembles(five, 2)
    position = (torch.arange(200) + 0.5) / 200 * HIGH
    plane = torch.cartesian_prod(position, position)
    mass = posterior.log_prob(mixture, plane).exp().sum(dim=1) * (HIGH / 200) ** 2
    torch.testing.assert_close(mass, torch.ones(2), rtol=0.02, atol=0)
    assert torch.isneginf(posterior.log_prob(mixture, torch.tensor([[50.0, -1.0]]))).all()


def test_every_member_counts_alike_however_much_it_leaks(five):
    mixture = ensembles(five, 2)
    theta = posterior.sample(mixture, 4000, [1, 2], 10**6)[0]
    assert theta.shape == (2, 4000, 2)
    assert posterior.within(five.problem.space, theta).all()
    near_corner = (theta[0].amax(dim=1) < 30).double().mean()
    assert abs(float(near_corner) - 0.5) < 0.03
    right = (theta[1, :, 0] > 62).double().mean()
    assert abs(float(right) - 0.5) < 0.05
    # The order says nothing of the member: halves are alike.
    assert ks_2samp(theta[0, :2000, 0], theta[0, 2000:, 0]).pvalue > 0.01


def test_samples_repeat_and_do_not_depend_on_the_other_ensembles(five):
    mixture = ensembles(five, 2)
    theta = posterior.sample(mixture, 100, [1, 2], 10**6)[0]
    assert torch.equal(theta, posterior.sample(mixture, 100, [1, 2], 10**6)[0])
    second = Mixture(five, mixture.members[1:])
    assert torch.equal(theta[1:], posterior.sample(second, 100, [2], 10**6)[0])
    assert not torch.equal(theta, posterior.sample(mixture, 100, [3, 4], 10**6)[0])


def test_densities_at_own_samples_are_those_on_a_common_grid(five):
    mixture = ensembles(five, 2)
    theta = posterior.sample(mixture, 20, [1, 2], 10**6)[0]
    own = posterior.log_prob_at(mixture, theta)
    for index in range(2):
        torch.testing.assert_close(own[index], posterior.log_prob(mixture, theta[index])[index])


def test_it_is_the_ensemble_of_sbi(five):
    mixture = ensembles(five, 5)
    theirs = mixture.as_sbi(0)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        drawn = theirs.sample((4000,), show_progress_bars=False)
        density = theirs.log_prob(drawn[:500])
    ours = posterior.log_prob(mixture, drawn[:500])[0]
    # both estimate the members' leakage from 10 000 draws
    torch.testing.assert_close(ours, density, rtol=0, atol=0.08)
    theta = posterior.sample(mixture, 4000, [5], 10**6)[0][0]
    for column in range(2):
        assert ks_2samp(theta[:, column], drawn[:, column]).pvalue > 0.01


def test_another_target_is_given_to_every_member(five):
    target = torch.tensor([3.0, -2.0, 1.0])
    asked = posterior.given(ensembles(five, 2), target)
    torch.testing.assert_close(asked.target, target)
    assert asked.members == ((0, 1), (2, 3))


def test_a_member_outside_the_bounds_is_named():
    lost = of_places([(30.0, 70.0), (-500.0, -500.0)])
    mixture = ensembles(lost, 2)
    with pytest.raises(LeakageError, match="seed 1: expected some of 10000 draws"):
        posterior.log_prob(mixture, torch.zeros(1, 2))
    with pytest.raises(LeakageError, match=r"seed 1: .*within 2000 draws, found 0"):
        posterior.sample(mixture, 100, [0], 2000)[0]
