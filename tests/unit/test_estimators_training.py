"""Training of all seeds together against stock sbi; training that cannot go on says so."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from analog_sbi.errors import MeasurementError
from analog_sbi.estimators import losses, stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings, complete
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.stacked import StackedFlow
from tests.estimating import drawn, simulated, state_of

MAF = EstimatorSettings(3, 10)


def train(rounds, previous=None, estimator=MAF, max_num_epochs=20, by=training, **changed):
    seeds = len(rounds[0].theta)
    arguments = {
        "estimator": estimator,
        "settings": TrainingSettings(stop_after_epochs=8, max_num_epochs=max_num_epochs),
        "seeds": range(seeds),
        "numbers": range(seeds),
    }
    return by.train_round(rounds, previous, **{**arguments, **changed})


@pytest.mark.parametrize(
    ("count", "features", "epochs", "estimator"),
    [
        (2, 4, 40, EstimatorSettings(5, 10)),
        (2, 1, 100, EstimatorSettings(1, 10)),
        (7, 4, 60, EstimatorSettings(2, 20, permutations="reverse")),
        (2, 4, 20, EstimatorSettings(2, 10, family="zuko_maf")),
        (3, 2, 12, EstimatorSettings(2, 10, family="zuko_nsf", blocks=1)),
        (3, 2, 12, EstimatorSettings(2, 10, family="nsf", bins=4)),
        (1, 2, 12, EstimatorSettings(2, 10, family="nsf")),
        (2, 4, 6, EstimatorSettings(2, 10, family="zuko_nsf", blocks=1, embedding="fc")),
    ],
)
def test_seeds_train_as_they_do_alone_in_sbi(count, features, epochs, estimator):
    generator = np.random.default_rng(1)
    data, previous = [simulated(generator, 3, 150, count, features)], None
    for number in range(2):
        arguments = {
            "estimator": estimator,
            "max_num_epochs": epochs,
            "seeds": [100 * number + s for s in range(3)],
        }
        found = train(data, previous, **arguments)
        expected = train(data, previous, by=stock, **arguments)
        for ours, theirs in zip(found.history, expected.history, strict=True):
            assert ours.keys() == theirs.keys()
            for key in ours.keys() - {"best_validation_loss", "training", "validation"}:
                assert ours[key] == theirs[key], key
            assert abs(ours["best_validation_loss"] - theirs["best_validation_loss"]) < 1e-3
        assert list(found.state) == list(expected.state)
        x = torch.as_tensor(data[0].x[0, 0])
        theta = drawn(estimator, found.state, x, 60, 1022.0)
        again = simulated(generator, 3, 60, count, features)
        data.append(RoundData(theta, again.x))
        previous = found.state


@pytest.mark.parametrize("name", ["maf", "zuko_maf"])
def test_a_seed_that_stops_leaves_the_others_as_they_are(name):
    data = simulated(np.random.default_rng(4), 3, 60)
    arguments = {
        "estimator": EstimatorSettings(2, 10, family=name),
        "settings": TrainingSettings(learning_rate=1e-2, stop_after_epochs=5, max_num_epochs=100),
    }
    found = train([data], **arguments)
    assert len({history["epochs"] for history in found.history}) > 1
    for index, history in enumerate(found.history):
        part = RoundData(data.theta[[index]], data.x[[index]])
        alone = train([part], **arguments, seeds=[index]).history[0]
        assert alone["epochs"] == history["epochs"]
        np.testing.assert_allclose(alone["validation"], history["validation"], rtol=0.01)


@pytest.mark.parametrize(
    ("largest", "is_first", "groups"),
    [
        (900, True, [[0, 2, 3], [1]]),  # 50 simulations of 2 parameters a step
        (299, True, [[0, 2], [3], [1]]),
        (300, True, [[0, 2, 3], [1]]),
        (1999, False, [[0], [2], [3], [1]]),  # 10 atoms each
        (2000, False, [[0, 2], [3], [1]]),
        (1, False, [[0], [2], [3], [1]]),
    ],
)
def test_no_more_seeds_train_together_than_memory_is_for(monkeypatch, largest, is_first, groups):
    monkeypatch.setattr(training, "LARGEST", largest)
    data = complete([simulated(np.random.default_rng(4), 4, 60, 2)], 0.1)
    settings = TrainingSettings()
    found = training._together([[0, 2, 3], [1]], data, settings, is_first=is_first)
    assert list(found) == groups


def test_seeds_train_in_groups_as_together(monkeypatch):
    rounds = [simulated(np.random.default_rng(4), 3, 60)]
    first = train(rounds)
    together = train(rounds, first.state)
    monkeypatch.setattr(training, "LARGEST", 1)
    apart = train(rounds, first.state)
    for ours, theirs in zip(apart.history, together.history, strict=True):
        np.testing.assert_allclose(ours["validation"], theirs["validation"], rtol=0.01)


def test_missing_measurements_are_excluded_and_counted():
    whole = simulated(np.random.default_rng(4), 3, 200, 2, 4)
    x = whole.x.copy()
    x[1, [3, 50]] = np.nan
    x[2, 7, 1] = np.inf
    found = train([RoundData(whole.theta, x)])
    assert [h["excluded"] for h in found.history] == [0, 2, 1]
    expected = train([whole])
    for name, tensor in expected.state.items():
        torch.testing.assert_close(found.state[name][0], tensor[0])
    x[0, :50] = np.nan
    with pytest.raises(MeasurementError, match=r"seed 4: expected at most 10 %.*found 50 of 200"):
        train([RoundData(whole.theta, x)], numbers=[4, 5, 6])


def test_seeds_without_missing_values_train_as_if_there_were_none():
    data = simulated(np.random.default_rng(0), 3, 80)
    gaps = data.x.copy()
    gaps[1, 5] = np.nan
    whole = train([data], max_num_epochs=5)
    found = train([RoundData(data.theta, gaps)], max_num_epochs=5)
    assert [h["excluded"] for h in found.history] == [0, 1, 0]
    for index in (0, 2):
        np.testing.assert_allclose(
            found.history[index]["validation"], whole.history[index]["validation"], rtol=1e-4
        )


def test_training_leaves_the_global_state_alone():
    data = [simulated(np.random.default_rng(3), 3, 100)]
    before = torch.get_rng_state()
    one, two = train(data, max_num_epochs=10), train(data, max_num_epochs=10)
    assert torch.equal(before, torch.get_rng_state())
    assert one.history == two.history
    assert all(torch.equal(one.state[name], two.state[name]) for name in one.state)


def test_atoms_are_those_of_multinomial():
    batch = 30
    weights = torch.ones(batch, batch) * (1 - torch.eye(batch)) / (batch - 1)
    for seed in range(5):
        expected = torch.multinomial(
            weights, 9, replacement=False, generator=torch.Generator().manual_seed(seed)
        )
        found = losses.draw_atoms(batch, 9, [torch.Generator().manual_seed(seed)])[0]
        assert torch.equal(found, expected)


def test_negligible_atoms_leave_loss_and_gradient_as_they_are():
    flow = StackedFlow(state_of(EstimatorSettings(2, 8), 2))
    # densities that differ by hundreds between atoms
    theta, x = 8000 * torch.randn(2, 20, 3), 100 * torch.rand(2, 20, 2)
    weights = flow.weights.clone().requires_grad_(True)

    def generators():
        return [torch.Generator().manual_seed(seed) for seed in range(2)]

    loss = losses.AtomicLoss(5)(flow, weights, losses.Batch(theta, x, generators()))
    others = losses.draw_atoms(20, 4, generators())
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


@pytest.mark.parametrize("name", ["maf", "zuko_maf"])
def test_a_loss_that_is_not_finite_is_named(name):
    data = simulated(np.random.default_rng(0), 2, 60)
    data.theta[1, :] = 3e38
    with pytest.raises(training.TrainingError, match=r"seed 7, epoch 1: expected finite losses"):
        train([data], estimator=EstimatorSettings(2, 8, family=name), numbers=[4, 7])


@pytest.mark.parametrize(("size", "rounds"), [(1, 1), (5, 2)])
def test_too_few_simulations_are_named(size, rounds):
    generator = np.random.default_rng(0)
    start = state_of(MAF, 2) if rounds > 1 else None
    with pytest.raises(training.TrainingError, match=r"expected at least \d of \d+ simulations"):
        train([simulated(generator, 2, size)] + [simulated(generator, 2, 1)] * (rounds - 1), start)


def test_names_of_families_and_later_rounds_of_maf_do_not_import_sbi():
    code = """
import sys
from analog_sbi import estimators
print("maf" in estimators.names(), "torch" in sys.modules)
import analog_sbi.estimators.training
estimators.family("maf")
print([name for name in ("sbi", "nflows", "zuko", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False", "[]"]
