"""What every family of flows promises, whatever it is built of."""

import io

import numpy as np
import pytest
import torch

from analog_sbi import estimators
from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import family, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import seed_state
from tests.estimating import simulated, state_of

FAMILIES = estimators.names()
SIZES = [(1, 1), (2, 4), (7, 3)]  # parameters, features
every_family = pytest.mark.parametrize("name", FAMILIES)
every_size = pytest.mark.parametrize(("parameters", "features"), SIZES)


def points(seeds, parameters, features, items=6, atoms=3):
    """Positions in the base and observations."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(seeds, items, atoms, parameters, generator=generator)
    return noise, 100 * torch.rand(seeds, items, features, generator=generator)


def base_positions(network, theta, x):
    """Positions (B, D) in the base of parameters, by one network of sbi's."""
    if hasattr(network.net, "_transform"):  # sbi's own method leaves out the standardization of x
        return network.net._transform(theta, network.net._embedding_net(x))[0]
    return network.inverse_transform(theta, x)


def trained(name, data, seeds):
    return training.train_round(
        [data],
        None,
        estimator=EstimatorSettings(2, 6, family=name),
        settings=TrainingSettings(max_num_epochs=3),
        seeds=seeds,
        numbers=range(len(seeds)),
    )


@every_family
@every_size
def test_densities_are_those_of_sbis_networks(name, parameters, features):
    settings, of = EstimatorSettings(2, 6, family=name), family(name)
    state = state_of(settings, 3, parameters, features)
    shapes = {key: tuple(tensor.shape[1:]) for key, tensor in state.items()}
    assert of.shapes(settings, parameters, features) == shapes
    flow = of.flow(settings, state)
    noise, x = points(3, parameters, features)
    theta = flow.inverse(noise, x)
    density = flow.log_prob(theta, x)
    assert theta.shape == noise.shape
    assert density.shape == noise.shape[:3]
    before = torch.get_rng_state()
    for seed in range(3):
        network = of.network(settings, seed_state(state, seed))
        expected = network.log_prob(theta[seed].movedim(1, 0), x[seed])
        torch.testing.assert_close(density[seed].mT, expected, rtol=1e-5, atol=1e-4)
    assert torch.equal(before, torch.get_rng_state())


@every_family
@every_size
def test_inverse_undoes_the_flow(name, parameters, features):
    settings, of = EstimatorSettings(3, 6, family=name), family(name)
    state = state_of(settings, 2, parameters, features)
    noise, x = points(2, parameters, features)
    theta = of.flow(settings, state).inverse(noise, x)
    for seed in range(2):
        network = of.network(settings, seed_state(state, seed))
        for atom in range(noise.shape[2]):
            back = base_positions(network, theta[seed, :, atom], x[seed])
            torch.testing.assert_close(back, noise[seed, :, atom], rtol=1e-3, atol=1e-3)


@every_family
def test_no_mass_is_lost(name):
    """Densities integrate to one over all parameters."""
    settings = EstimatorSettings(2, 6, family=name)
    state = state_of(settings, 2, 2, 2)
    step = torch.arange(-3000.0, 4000.0, 10.0)
    grid = torch.cartesian_prod(step, step)[None, None].expand(2, 1, -1, 2)
    with torch.no_grad():
        density = family(name).flow(settings, state).log_prob(grid, torch.full((2, 1, 2), 50.0))
    mass = density.exp().sum(dim=(1, 2)) * 100.0
    torch.testing.assert_close(mass, torch.ones(2), rtol=0.01, atol=0.0)


@every_family
def test_saved_networks_have_equal_densities(name):
    settings, of = EstimatorSettings(2, 6, family=name), family(name)
    state = trained(name, simulated(np.random.default_rng(0), 2, 60), [3, 4]).state
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    again = torch.load(file, weights_only=True)
    noise, x = points(2, 3, 2)
    theta = 1022 * torch.sigmoid(noise)
    flow, restored = of.flow(settings, state), of.flow(settings, again)
    assert list(again) == list(state)
    assert torch.equal(flow.log_prob(theta, x), restored.log_prob(theta, x))
    assert torch.equal(flow.inverse(noise, x), restored.inverse(noise, x))


@every_family
def test_seeds_are_reproducible_and_independent(name):
    data = simulated(np.random.default_rng(0), 3, 60)
    one, two = trained(name, data, [3, 4, 5]), trained(name, data, [3, 4, 5])
    assert one.history == two.history
    assert all(torch.equal(one.state[key], two.state[key]) for key in one.state)
    alone = trained(name, RoundData(data.theta[[1]], data.x[[1]]), [4])
    for key, tensor in alone.state.items():
        torch.testing.assert_close(tensor[0], one.state[key][1], rtol=1e-3, atol=1e-5)
    other = trained(name, data, [3, 6, 5])
    changed = [
        any(not torch.equal(other.state[key][seed], one.state[key][seed]) for key in one.state)
        for seed in range(3)
    ]
    assert changed == [False, True, False]


@every_family
def test_selected_seeds_keep_their_densities_and_weights_become_the_state_again(name):
    settings, of = EstimatorSettings(2, 6, family=name), family(name)
    state = state_of(settings, 4)
    flow = of.flow(settings, state)
    noise, x = points(4, 3, 2)
    theta = flow.inverse(noise, x)
    chosen = torch.tensor([3, 1])
    found = flow.select(chosen).log_prob(theta[chosen], x[chosen])
    torch.testing.assert_close(found, flow.log_prob(theta, x)[chosen])
    again = flow.trained(state, flow.weights)
    assert list(again) == list(state)
    assert all(torch.equal(again[key], state[key]) for key in state)
    changed = flow.trained(state, flow.weights + 1)
    assert torch.equal(of.flow(settings, changed).weights, flow.weights + 1)
    assert of.flow(settings, state).weights.shape == (4, flow.weights.shape[1])


@every_family
@pytest.mark.parametrize("parameters", [2, 7])
def test_networks_that_see_are_not_called_blind(name, parameters):
    of = family(name)
    settings = of.never_blind(EstimatorSettings(3, 6, family=name), parameters)
    state = state_of(settings, 4, parameters, 3)
    assert of.blind(settings, state).tolist() == [False] * 4


@every_family
def test_networks_that_see_nothing_are_called_blind(name):
    """One network cannot tell the observations of a parameter apart, the others can."""
    of = family(name)
    if name == "maf":  # answers by its permutations, and one transform is always blind
        settings = EstimatorSettings(1, 6, family=name)
        state, expected = state_of(settings, 2), [True, True]
    else:
        settings = EstimatorSettings(2, 6, family=name)
        state = state_of(settings, 2)
        for key, tensor in state.items():
            if key.endswith(".weight"):
                tensor[0] = 0.0
        expected = [True, False]
    assert of.blind(settings, state).tolist() == expected


def test_sizes_that_are_always_blind_are_refused_where_no_network_may_be():
    for name in ("maf", "nsf"):
        settings = EstimatorSettings(1, 6, family=name)
        assert family(name).blind(settings, state_of(settings, 3)).all()
        with pytest.raises(ConfigurationError, match="transforms: expected at least 2"):
            family(name).never_blind(settings, 3)
        assert family(name).never_blind(settings, 1).transforms == 1
        assert not family(name).blind(settings, state_of(settings, 3, parameters=1)).any()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"family": "mfa"}, "family: expected one of maf, nsf, .*, found 'mfa'"),
        ({"permutations": "reversed"}, "permutations: expected random or reverse"),
        ({"hidden": 0}, "hidden: expected at least 1, found 0"),
        ({"bins": 8}, "bins: expected none for maf, found 8"),
        ({"family": "nsf", "bins": 0}, "bins: expected at least 1, found 0"),
        ({"family": "nsf", "permutations": "reverse"}, "permutations: expected none for nsf"),
    ],
)
def test_settings_that_no_network_has_are_named(changed, message):
    with pytest.raises(ConfigurationError, match=message):
        EstimatorSettings(**{"transforms": 2, "hidden": 10, **changed})
