"""Training that cannot go on says so; the stacked flow gives back what it was given."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analog_sbi.errors import ConfigurationError
from analog_sbi.inference import training
from analog_sbi.inference.estimator import (
    EstimatorSettings,
    build_network,
    stack,
    state_shapes,
)
from analog_sbi.inference.posterior import (
    Posterior,
    PosteriorFormatError,
    Problem,
    from_plain,
    to_plain,
)
from analog_sbi.inference.rounds import RoundData, TrainingSettings
from analog_sbi.inference.stacked import StackedFlow

PROBLEM = Problem(
    estimator=EstimatorSettings(2, 8),
    low=torch.zeros(3),
    high=torch.full((3,), 1022.0),
    parameters=("a", "b", "c"),
    observable="first",
    features=("h_00", "h_10"),
    target=torch.tensor([1.0, 2.0]),
    seeds=(4, 7),
)


def simulations(size, seeds=2):
    generator = np.random.default_rng(0)
    theta = 1022 * generator.random((seeds, size, 3))
    x = theta[..., :2] / 100 + generator.standard_normal((seeds, size, 2))
    return RoundData(theta.astype(np.float32), x.astype(np.float32))


def networks(settings, count=2):
    found = []
    for seed in range(count):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            found.append(build_network(settings, torch.rand(50, 3), torch.rand(50, 2)))
    return found


def test_weights_become_the_state_again():
    state = stack(networks(EstimatorSettings(3, 8), 4))
    flow = StackedFlow(state)
    again = flow.trained(state, flow.weights)
    assert list(again) == list(state)
    assert all(torch.equal(again[name], state[name]) for name in state)
    changed = flow.trained(state, flow.weights + 1)
    assert torch.equal(StackedFlow(changed).weights, flow.weights + 1), (
        "trained weights are read back in the same order"
    )


def test_selected_seeds_keep_their_densities():
    flow = StackedFlow(stack(networks(EstimatorSettings(3, 8), 4)))
    theta, x = torch.rand(4, 10, 2, 3), torch.rand(4, 10, 2)
    chosen = torch.tensor([3, 1])
    found = flow.select(chosen).log_prob(theta[chosen], x[chosen])
    torch.testing.assert_close(found, flow.log_prob(theta, x)[chosen])


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_state_shapes_are_those_of_sbi(blocks):
    settings = EstimatorSettings(2, 8, blocks=blocks)
    (network,) = networks(settings, 1)
    found = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert state_shapes(settings, 3, 2) == found


def test_negligible_atoms_leave_loss_and_gradient_as_they_are():
    state = stack(networks(EstimatorSettings(2, 8)))
    flow = StackedFlow(state)
    # densities that differ by hundreds between atoms
    theta, x = 10 * torch.randn(2, 20, 3), torch.rand(2, 20, 2)
    weights = flow.weights.clone().requires_grad_(True)

    def generators():
        return [torch.Generator().manual_seed(seed) for seed in range(2)]

    loss = training._AtomicLoss(5)(flow, weights, theta, x, generators())
    others = training.draw_atoms(20, 4, generators())
    index = torch.cat([torch.arange(20).expand(2, 20)[..., None], others], dim=2)
    atoms = torch.stack([theta[seed][index[seed]] for seed in range(2)])
    density = flow.log_prob(atoms, x, weights)
    assert (density.amax(dim=2) - density.amin(dim=2)).max() > 200
    expected = torch.logsumexp(density, dim=2) - density[:, :, 0]
    torch.testing.assert_close(loss, expected)
    gradients = [
        torch.autograd.grad(value.sum(), weights, retain_graph=True)[0]
        for value in (loss, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-5 * float(gradients[1].abs().max()))


def test_a_loss_that_is_not_finite_is_named():
    data = simulations(60)
    data.theta[1, :] = 3e38
    with pytest.raises(training.TrainingError, match=r"seed 7, epoch 1: expected finite losses"):
        training.train_round(
            [data], None, problem=PROBLEM, settings=TrainingSettings(), seeds=[0, 1]
        )


@pytest.mark.parametrize(("size", "rounds"), [(1, 1), (5, 2)])
def test_too_few_simulations_are_named(size, rounds):
    start = Posterior(PROBLEM, 0, stack(networks(PROBLEM.estimator)), ({}, {}))
    with pytest.raises(training.TrainingError, match=r"expected at least \d of \d+ simulations"):
        training.train_round(
            [simulations(size)] + [simulations(1)] * (rounds - 1),
            start if rounds > 1 else None,
            problem=PROBLEM,
            settings=TrainingSettings(),
            seeds=[0, 1],
        )


def test_settings_that_no_network_has_are_named():
    with pytest.raises(ConfigurationError, match="permutations: expected random or reverse"):
        EstimatorSettings(2, 10, permutations="reversed")
    with pytest.raises(ConfigurationError, match="hidden: expected at least 1, found 0"):
        EstimatorSettings(2, 0)


def test_plain_data_that_does_not_fit_is_named():
    state = stack(networks(PROBLEM.estimator))
    plain = to_plain(Posterior(PROBLEM, 0, state, ({}, {})))
    assert from_plain(plain).problem.seeds == (4, 7)
    wrong = {
        "estimator.width: expected no such key": {"estimator": plain["estimator"] | {"width": 3}},
        "prior.low: expected a value": {"prior": {"high": PROBLEM.high}},
        r"target: expected shape \(2,\), found \(3,\)": {"target": torch.zeros(3)},
        r"history: expected 2 seeds, found 1": {"history": [{}]},
        r"state.*weight: expected shape \(2, 9, 3\), found \(2, 8, 3\)": {
            "estimator": plain["estimator"] | {"hidden": 9}
        },
        r"state.*_permutation: expected a value, found none": {
            "state": {name: t for name, t in state.items() if not name.endswith("_permutation")}
        },
    }
    for message, part in wrong.items():
        with pytest.raises(PosteriorFormatError, match=message):
            from_plain(plain | part)


def test_seeds_without_missing_values_train_as_if_there_were_none():
    data = simulations(80, seeds=3)
    gaps = data.x.copy()
    gaps[1, 5] = np.nan
    problem = replace(PROBLEM, seeds=(0, 1, 2))
    arguments = {
        "problem": problem,
        "settings": TrainingSettings(max_num_epochs=5),
        "seeds": [1, 2, 3],
    }
    whole = training.train_round([data], None, **arguments)
    found = training.train_round([RoundData(data.theta, gaps)], None, **arguments)
    assert [h["excluded"] for h in found.history] == [0, 1, 0]
    for index in (0, 2):
        np.testing.assert_allclose(
            found.history[index]["validation"], whole.history[index]["validation"], rtol=1e-4
        )
