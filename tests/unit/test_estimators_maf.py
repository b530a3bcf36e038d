"""The fast path of sbi's maf against stock networks."""

import pytest
import torch

from analog_sbi.estimators.families.maf import FAMILY
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.stacked import StackedFlow, permutations
from analog_sbi.estimators.state import seed_state
from tests.estimating import state_of

SIZES = [(2, 4, 5, 10), (2, 1, 1, 10), (7, 16, 3, 20), (3, 2, 2, 8)]


def networks(settings, state):
    return [
        FAMILY.network(settings, seed_state(state, i)) for i in range(len(state[next(iter(state))]))
    ]


@pytest.mark.parametrize(("count", "features", "transforms", "hidden"), SIZES)
def test_stacked_densities_are_those_of_stock_networks(count, features, transforms, hidden):
    settings = EstimatorSettings(transforms, hidden)
    state = state_of(settings, 3, count, features)
    theta, x = 1022 * torch.rand(50, count), 100 * torch.rand(50, features)
    expected = [n.log_prob(theta[None], x)[0] for n in networks(settings, state)]
    expected = torch.stack(expected).detach()

    def stacked(state):
        flow = FAMILY.flow(settings, state)
        batch = theta.expand(3, 50, count)[:, :, None]
        return flow.log_prob(batch, x.expand(3, 50, features))[:, :, 0]

    torch.testing.assert_close(stacked(state), expected, rtol=1e-5, atol=1e-4)
    rolled = {name: tensor.roll(1, 0) for name, tensor in state.items()}
    assert (stacked(rolled) - expected).abs().max() > 0.05


@pytest.mark.parametrize(
    ("transforms", "hidden", "expected"),
    [(5, 10, 1720), (1, 40, 3764), (1, 50, 5704), (2, 30, 4448), (3, 20, 3252)],
)
def test_parameter_counts_of_the_paper(transforms, hidden, expected):
    settings = EstimatorSettings(transforms, hidden)
    assert FAMILY.flow(settings, state_of(settings, 1, 2, 4)).weights.shape == (1, expected)


@pytest.mark.parametrize(
    ("count", "transforms"), [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (7, 2)]
)
def test_blindness_agrees_with_gradients(count, transforms):
    settings = EstimatorSettings(transforms, 20)
    state = state_of(settings, 12, count, 3)
    expected = FAMILY.blind(settings, state)
    for index, network in enumerate(networks(settings, state)):
        context = torch.rand(1, 3, requires_grad=True)
        theta = torch.rand(1, count)
        z, _ = network.net._transform(theta, context)
        sees = [
            torch.autograd.grad(z[0, i], context, retain_graph=True)[0].abs().sum() > 0
            for i in range(count)
        ]
        assert bool(expected[index]) == (not all(sees))
    if transforms == 1 or count == 1:
        assert (expected == (count > 1)).all()


@pytest.mark.parametrize("transforms", [2, 3, 5])
def test_reversed_permutations_are_never_blind(transforms):
    settings = FAMILY.never_blind(EstimatorSettings(transforms, 10), 2)
    state = state_of(settings, 5, 2, 4)
    assert not FAMILY.blind(settings, state).any()
    assert (permutations(state) == torch.tensor([1, 0])).all()
    assert FAMILY.history(settings, state)[3] == {"permutations": [[1, 0]] * transforms}


def test_weights_become_the_state_again():
    settings = EstimatorSettings(3, 8)
    state = state_of(settings, 4)
    flow = StackedFlow(state)
    again = flow.trained(state, flow.weights)
    assert list(again) == list(state)
    assert all(torch.equal(again[name], state[name]) for name in state)
    changed = flow.trained(state, flow.weights + 1)
    assert torch.equal(StackedFlow(changed).weights, flow.weights + 1), (
        "trained weights are read back in the same order"
    )


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_shapes_are_those_of_sbi(blocks):
    settings = EstimatorSettings(2, 8, blocks=blocks)
    state = FAMILY.build(settings, torch.rand(50, 3), torch.rand(50, 2))
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert FAMILY.shapes(settings, 3, 2) == found
