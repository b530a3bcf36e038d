"""Samples and densities given many observations at once, against the posterior of each alone."""

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from analog_sbi.inference.amortized import log_prob_each, sample_each
from analog_sbi.inference.estimator import EstimatorSettings, build_network, stack
from analog_sbi.inference.posterior import (
    LeakageError,
    Posterior,
    Problem,
    acceptance_rate,
    given,
    log_prob,
    sample,
)

X = torch.tensor([[20.0, 60.0], [50.0, 50.0], [90.0, 10.0]])


@pytest.fixture
def posterior() -> Posterior:
    """Networks of two seeds, their weights enlarged so that observations matter."""
    networks = []
    for seed in range(2):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            data = 1022 * torch.rand(100, 2), 100 * torch.rand(100, 2)
            network = build_network(EstimatorSettings(3, 10, permutations="reverse"), *data)
        for name, weight in network.named_parameters():
            if "context_layer" in name or "final_layer" in name:
                weight.data *= 3
        networks.append(network)
    problem = Problem(
        estimator=EstimatorSettings(3, 10, permutations="reverse"),
        low=torch.zeros(2),
        high=torch.full((2,), 1022.0),
        parameters=("a", "b"),
        observable="first",
        features=("h_00", "h_10"),
        target=X[1],
        seeds=(0, 1),
    )
    return Posterior(problem, 0, stack(networks), ({}, {}))


def test_samples_are_those_given_each_observation_alone(posterior):
    drawn, rate = sample_each(posterior, X, 2000, [1, 2], 10**6)
    assert drawn.shape == (2, 3, 2000, 2)
    assert ((drawn >= 0) & (drawn <= 1022)).all()
    for number, x in enumerate(X):
        alone, rate_alone = sample(given(posterior, x), 2000, [3, 4], 10**6)
        torch.testing.assert_close(rate[:, number], rate_alone, atol=0.05, rtol=0)
        for seed in range(2):
            for column in range(2):
                pair = drawn[seed, number, :, column], alone[seed, :, column]
                assert ks_2samp(*pair).pvalue > 1e-3
    assert ks_2samp(drawn[0, 0, :, 0], drawn[0, 2, :, 0]).pvalue < 1e-6


def test_samples_of_a_seed_do_not_depend_on_the_others(posterior):
    state = {name: tensor[1:] for name, tensor in posterior.state.items()}
    problem = Problem(**{**vars(posterior.problem), "seeds": (1,)})
    alone = sample_each(Posterior(problem, 0, state, ({},)), X, 100, [2], 10**6)[0]
    assert torch.equal(alone[0], sample_each(posterior, X, 100, [1, 2], 10**6)[0][1])


def test_densities_are_those_given_each_observation_alone(posterior):
    theta = 1200 * torch.rand(2, 3, 40, 2) - 50
    found = log_prob_each(posterior, theta, X)
    for number, x in enumerate(X):
        for seed in range(2):
            alone = log_prob(given(posterior, x), theta[seed, number])[seed]
            torch.testing.assert_close(found[seed, number], alone, rtol=1e-5, atol=1e-4)
    assert torch.isinf(found).any()


def test_sampling_is_bounded_and_names_seed_and_observation(posterior):
    bounds = {"low": torch.full((2,), 1e6), "high": torch.full((2,), 1e6 + 1)}
    far = Posterior(Problem(**{**vars(posterior.problem), **bounds}), 0, posterior.state, ({}, {}))
    with pytest.raises(LeakageError, match=r"seed 0, observation 0: expected 10 .* 5000 draws"):
        sample_each(far, X, 10, [1, 2], 5000)


def test_acceptance_normalizes_the_density_within_the_bounds(posterior):
    rate = acceptance_rate(posterior, 20_000, [5, 6])
    unit = (torch.arange(300) + 0.5) / 300 * 1022
    theta = torch.cartesian_prod(unit, unit)
    mass = log_prob(posterior, theta).double().exp().sum(dim=1) * (1022 / 300) ** 2
    np.testing.assert_allclose(mass / rate, 1, atol=0.02)
    assert (rate < 0.99).all()
