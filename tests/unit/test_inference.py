"""Training of all seeds together against stock sbi; sampling, densities, plain data."""

import io
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from analog_sbi.errors import MeasurementError
from analog_sbi.inference import stock, training
from analog_sbi.inference.estimator import (
    EstimatorSettings,
    blind,
    build_network,
    parameter_count,
    permutations,
    restore_network,
    seed_state,
    stack,
)
from analog_sbi.inference.posterior import (
    LeakageError,
    Posterior,
    PosteriorFormatError,
    Problem,
    as_sbi,
    from_plain,
    given,
    log_prob,
    sample,
    to_plain,
)
from analog_sbi.inference.rounds import RoundData, TrainingSettings
from analog_sbi.inference.stacked import StackedFlow


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def observe(theta, features, generator):
    """A smooth, noisy toy: observations (..., F) of parameters in 0..1022."""
    count = theta.shape[-1]
    mixing = np.linspace(0.2, 1.0, count * features).reshape(count, features)
    signal = 100 * np.tanh(theta / 1022 @ mixing) + 50 * theta[..., :1] / 1022
    noise = 1.5 * generator.standard_normal(signal.shape)
    return (signal + noise).astype(np.float32)


def problem(count, features, estimator, seeds):
    generator = np.random.default_rng(0)
    target = observe(np.full((1, count), 511.0), features, generator)[0]
    return Problem(
        estimator=estimator,
        low=torch.zeros(count),
        high=torch.full((count,), 1022.0),
        parameters=tuple(f"p{i}" for i in range(count)),
        observable="first",
        features=tuple(f"h_{i}0" for i in range(features)),
        target=torch.as_tensor(target),
        seeds=tuple(range(seeds)),
    )


def prior_round(generator, seeds, size, count, features):
    theta = (1022 * generator.random((seeds, size, count))).astype(np.float32)
    return RoundData(theta, observe(theta, features, generator))


def networks(count, features, settings, number):
    """Stock networks with different weights."""
    found = []
    for seed in range(number):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            data = 1022 * torch.rand(100, count), 100 * torch.rand(100, features)
            found.append(build_network(settings, *data))
    return found


SIZES = [(2, 4, 5, 10), (2, 1, 1, 10), (7, 16, 3, 20), (3, 2, 2, 8)]


@pytest.mark.parametrize(("count", "features", "transforms", "hidden"), SIZES)
def test_stacked_densities_are_those_of_stock_networks(count, features, transforms, hidden):
    stock_networks = networks(count, features, EstimatorSettings(transforms, hidden), 3)
    theta, x = 1022 * torch.rand(50, count), 100 * torch.rand(50, features)
    expected = torch.stack([n.log_prob(theta[None], x)[0] for n in stock_networks]).detach()

    def stacked(state):
        flow = StackedFlow(state)
        batch = theta.expand(3, 50, count)[:, :, None]
        return flow.log_prob(batch, x.expand(3, 50, features))[:, :, 0]

    state = stack(stock_networks)
    torch.testing.assert_close(stacked(state), expected, rtol=1e-5, atol=1e-4)
    rolled = {name: tensor.roll(1, 0) for name, tensor in state.items()}
    assert (stacked(rolled) - expected).abs().max() > 0.05


@pytest.mark.parametrize(("count", "features", "transforms", "hidden"), SIZES)
def test_inverse_undoes_the_flow(count, features, transforms, hidden):
    found = networks(count, features, EstimatorSettings(transforms, hidden), 2)
    noise = torch.randn(2, 20, 3, count)
    x = 100 * torch.rand(2, 20, features)
    theta = StackedFlow(stack(found)).inverse(noise, x)
    for index, network in enumerate(found):
        for atom in range(3):
            back, _ = network.net._transform(
                theta[index, :, atom], network.net._embedding_net(x[index])
            )
            torch.testing.assert_close(back, noise[index, :, atom], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("count", "features", "estimator"),
    [
        (2, 4, EstimatorSettings(5, 10)),
        (2, 1, EstimatorSettings(1, 10)),
        (7, 4, EstimatorSettings(2, 20, permutations="reverse")),
    ],
)
def test_seeds_train_as_they_do_alone_in_sbi(count, features, estimator):
    generator = np.random.default_rng(1)
    settings = TrainingSettings(stop_after_epochs=8, max_num_epochs=150)
    of = problem(count, features, estimator, 3)
    data, previous = [prior_round(generator, 3, 150, count, features)], None
    for number in range(2):
        seeds = [100 * number + s for s in range(3)]
        arguments = {"problem": of, "settings": settings, "seeds": seeds}
        found = training.train_round(data, previous, **arguments)
        expected = stock.train_round(data, previous, **arguments)
        for ours, theirs in zip(found.history, expected.history, strict=True):
            assert ours["epochs"] == theirs["epochs"]
            assert ours["permutations"] == theirs["permutations"]
            assert ours["blind"] == theirs["blind"]
            difference = ours["best_validation_loss"] - theirs["best_validation_loss"]
            assert abs(difference) < 1e-3
        theta = sample(found, 60, [7, 8, 9], 10**6)[0].numpy()
        data.append(RoundData(theta, observe(theta, features, generator)))
        previous = found


def trained(seeds=3, size=200, max_num_epochs=120):
    generator = np.random.default_rng(4)
    data = prior_round(generator, seeds, size, 2, 4)
    settings = TrainingSettings(max_num_epochs=max_num_epochs)
    of = problem(2, 4, EstimatorSettings(3, 10), seeds)
    return training.train_round(
        [data], None, problem=of, settings=settings, seeds=range(seeds), max_missing=0.2
    )


def test_missing_measurements_are_excluded_and_counted():
    generator = np.random.default_rng(4)
    whole = prior_round(generator, 3, 200, 2, 4)
    x = whole.x.copy()
    x[1, [3, 50]] = np.nan
    x[2, 7, 1] = np.inf
    of = problem(2, 4, EstimatorSettings(3, 10), 3)
    arguments = {
        "problem": of,
        "settings": TrainingSettings(max_num_epochs=20),
        "seeds": range(3),
    }
    found = training.train_round([RoundData(whole.theta, x)], None, **arguments)
    assert [h["excluded"] for h in found.history] == [0, 2, 1]
    expected = training.train_round([whole], None, **arguments)
    for name, tensor in expected.state.items():
        torch.testing.assert_close(found.state[name][0], tensor[0])
    x[0, :50] = np.nan
    with pytest.raises(MeasurementError, match=r"seed 0: expected at most 10 %.*found 50 of 200"):
        training.train_round([RoundData(whole.theta, x)], None, **arguments)


def test_plain_data_gives_back_identical_densities():
    posterior = trained()
    buffer = io.BytesIO()
    torch.save(to_plain(posterior), buffer)
    buffer.seek(0)
    again = from_plain(torch.load(buffer, weights_only=True))
    theta = 1022 * torch.rand(200, 2)
    assert torch.equal(log_prob(posterior, theta), log_prob(again, theta))
    assert again.problem.parameters == posterior.problem.parameters
    assert list(again.history) == list(posterior.history)


def test_damaged_plain_data_is_named():
    plain = to_plain(trained(max_num_epochs=2))
    with pytest.raises(PosteriorFormatError, match="format: expected"):
        from_plain(plain | {"format": "other"})
    with pytest.raises(PosteriorFormatError, match="target: expected a value, found none"):
        from_plain({key: value for key, value in plain.items() if key != "target"})
    with pytest.raises(PosteriorFormatError, match="expected 2 seeds, found 3"):
        from_plain(plain | {"seeds": [0, 1]})


def test_samples_and_densities_are_those_of_sbi():
    posterior = trained()
    drawn, acceptance = sample(posterior, 3000, [1, 2, 3], 10**6)
    assert ((acceptance > 0) & (acceptance <= 1)).all()
    assert ((drawn >= 0) & (drawn <= 1022)).all()
    theta = 1022 * torch.rand(100, 2)
    ours = log_prob(posterior, theta)
    for index in range(3):
        reference = as_sbi(posterior, index)
        with torch.random.fork_rng():
            torch.manual_seed(index)
            theirs = reference.sample((3000,), show_progress_bars=False)
            density = reference.log_prob(theta, norm_posterior=False)
        torch.testing.assert_close(ours[index], density, rtol=1e-4, atol=1e-3)
        for column in range(2):
            assert ks_2samp(drawn[index, :, column], theirs[:, column]).pvalue > 1e-3


def test_samples_of_a_seed_do_not_depend_on_the_others():
    posterior = trained()
    state = {name: tensor[1:2] for name, tensor in posterior.state.items()}
    of = Problem(**{**posterior.problem.__dict__, "seeds": (1,)})
    alone = Posterior(of, 0, state, posterior.history[1:2])
    together = sample(posterior, 500, [1, 2, 3], 10**6)[0]
    torch.testing.assert_close(sample(alone, 500, [2], 10**6)[0][0], together[1])


def test_sampling_is_bounded_and_reports_leakage():
    posterior = trained(max_num_epochs=30)
    of = Problem(
        **{
            **posterior.problem.__dict__,
            "low": torch.tensor([5000.0, 5000.0]),
            "high": torch.tensor([5001.0, 5001.0]),
        }
    )
    with pytest.raises(LeakageError, match=r"seed 0: expected 10 .* within 20000 draws, found 0"):
        sample(Posterior(of, 0, posterior.state, posterior.history), 10, [1, 2, 3], 20_000)


def test_another_target_moves_the_samples():
    posterior = trained(max_num_epochs=200)
    generator = np.random.default_rng(0)
    low = observe(np.array([[150.0, 200.0]]), 4, generator)[0]
    near = sample(given(posterior, torch.as_tensor(low)), 300, [1, 2, 3], 10**6)[0]
    there = sample(posterior, 300, [1, 2, 3], 10**6)[0]
    assert near.mean() < there.mean()


@pytest.mark.parametrize(
    ("transforms", "hidden", "expected"),
    [(5, 10, 1720), (1, 40, 3764), (1, 50, 5704), (2, 30, 4448), (3, 20, 3252)],
)
def test_parameter_counts_of_the_paper(transforms, hidden, expected):
    state = stack(networks(2, 4, EstimatorSettings(transforms, hidden), 1))
    assert parameter_count(state) == expected


@pytest.mark.parametrize(("count", "transforms"), [(2, 1), (2, 2), (2, 3), (3, 2), (7, 2)])
def test_blindness_agrees_with_gradients(count, transforms):
    found = networks(count, 3, EstimatorSettings(transforms, 20), 12)
    expected = blind(stack(found))
    for index, network in enumerate(found):
        context = torch.rand(1, 3, requires_grad=True)
        theta = torch.rand(1, count)
        z, _ = network.net._transform(theta, context)
        sees = [
            torch.autograd.grad(z[0, i], context, retain_graph=True)[0].abs().sum() > 0
            for i in range(count)
        ]
        assert bool(expected[index]) == (not all(sees))
    if transforms == 1:
        assert expected.all()


@pytest.mark.parametrize("transforms", [2, 3, 5])
def test_reversed_permutations_are_never_blind(transforms):
    settings = EstimatorSettings(transforms, 10, permutations="reverse")
    state = stack(networks(2, 4, settings, 5))
    assert not blind(state).any()
    assert (permutations(state) == torch.tensor([1, 0])).all()


def test_restored_networks_leave_the_global_state_alone():
    state = stack(networks(2, 4, EstimatorSettings(2, 10), 2))
    before = torch.get_rng_state()
    network = restore_network(EstimatorSettings(2, 10), seed_state(state, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(
        network.state_dict()["net._embedding_net.0._mean"], state["net._embedding_net.0._mean"][1]
    )


def test_atoms_are_those_of_multinomial():
    batch = 30
    weights = torch.ones(batch, batch) * (1 - torch.eye(batch)) / (batch - 1)
    for seed in range(5):
        expected = torch.multinomial(
            weights, 9, replacement=False, generator=torch.Generator().manual_seed(seed)
        )
        found = training.draw_atoms(batch, 9, [torch.Generator().manual_seed(seed)])[0]
        assert torch.equal(found, expected)


def test_later_rounds_and_sampling_do_not_import_sbi():
    code = """
import sys
import analog_sbi.inference.training, analog_sbi.inference.posterior
print([name for name in ("sbi", "nflows", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
