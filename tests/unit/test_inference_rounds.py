"""Rounds in separate processes against one sbi session; posteriors against the exact ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from analog_sbi.inference import stock, training
from analog_sbi.inference.estimator import EstimatorSettings, build_network, seed_state
from analog_sbi.inference.posterior import Problem, from_plain, sample, to_plain
from analog_sbi.inference.rounds import RoundData, TrainingSettings

HIGH = 100.0
MIXING = np.array([[1.0, 0.4], [-0.3, 0.8]])
NOISE = 4.0


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def observe(theta, generator):
    """Linear observations with Gaussian noise."""
    x = theta @ MIXING.T + NOISE * generator.standard_normal(theta.shape)
    return x.astype(np.float32)


def linear_problem(seeds, permutations="reverse"):
    return Problem(
        estimator=EstimatorSettings(2, 10, permutations=permutations),
        low=torch.zeros(2),
        high=torch.full((2,), HIGH),
        parameters=("a", "b"),
        observable="first",
        features=("h_00", "h_10"),
        target=torch.as_tensor(MIXING @ [45.0, 55.0], dtype=torch.float32),
        seeds=tuple(range(seeds)),
    )


def prior_round(generator, seeds, size):
    theta = (HIGH * generator.random((seeds, size, 2))).astype(np.float32)
    return RoundData(theta, observe(theta, generator))


def test_separate_rounds_of_sbi_are_those_of_one_session(tmp_path, monkeypatch, capfd):
    from sbi.inference import NPE_C
    from sbi.utils import BoxUniform

    monkeypatch.chdir(tmp_path)  # sbi's trackers write to the working directory
    generator = np.random.default_rng(2)
    problem = linear_problem(1, "random")
    settings = TrainingSettings(max_num_epochs=6)
    data, previous = [prior_round(generator, 1, 100)], None
    for number in range(3):
        found = stock.train_round(
            data, previous, problem=problem, settings=settings, seeds=[10 + number]
        )
        previous = from_plain(to_plain(found))  # all that a later process has
        theta = sample(previous, 40, [number], 10**5)[0].numpy()
        data.append(RoundData(theta, observe(theta, generator)))
    assert capfd.readouterr().out == ""
    assert list(Path(tmp_path).iterdir()) == []

    def build(theta, x):
        return build_network(problem.estimator, theta, x)

    trainer = NPE_C(BoxUniform(problem.low, problem.high), density_estimator=build)
    proposal = None
    for number, part in enumerate(data[:3]):
        theta, x = torch.as_tensor(part.theta[0]), torch.as_tensor(part.x[0])
        trainer.append_simulations(theta, x, proposal=proposal)
        torch.manual_seed(10 + number)
        network = trainer.train(training_batch_size=50, max_num_epochs=6)
        proposal = trainer.build_posterior().set_default_x(problem.target)
    expected = network.state_dict()
    state = seed_state(found.state, 0)
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in state)


def test_posteriors_of_a_linear_problem_are_the_exact_ones():
    generator = np.random.default_rng(5)
    problem = linear_problem(4)
    data, previous = [prior_round(generator, 4, 500)], None
    for number in range(2):
        previous = training.train_round(
            data,
            previous,
            problem=problem,
            settings=TrainingSettings(),
            seeds=[10 * number + s for s in range(4)],
        )
        theta = sample(previous, 200, range(4), 10**5)[0].numpy()
        data.append(RoundData(theta, observe(theta, generator)))
    samples = sample(previous, 4000, range(4), 10**5)[0].double().numpy()
    # the prior's bounds are more than five standard deviations away
    precision = MIXING.T @ MIXING / NOISE**2
    exact_sd = np.sqrt(np.diag(np.linalg.inv(precision)))
    offset = (samples.mean(axis=1) - [45.0, 55.0]) / exact_sd
    spread = samples.std(axis=1) / exact_sd
    assert np.abs(np.median(offset, axis=0)).max() < 0.25
    assert np.abs(offset).max() < 0.6
    assert (np.abs(np.median(spread, axis=0) - 1) < 0.2).all()
    exact_r = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    r = [np.corrcoef(seed.T)[0, 1] for seed in samples]
    assert abs(np.median(r) - exact_r) < 0.15


def test_training_is_reproducible():
    generator = np.random.default_rng(3)
    data = [prior_round(generator, 3, 100)]
    arguments = {
        "problem": linear_problem(3),
        "settings": TrainingSettings(max_num_epochs=10),
        "seeds": [1, 2, 3],
    }
    before = torch.get_rng_state()
    one = training.train_round(data, None, **arguments)
    two = training.train_round(data, None, **arguments)
    assert torch.equal(before, torch.get_rng_state())
    assert one.history == two.history
    assert all(torch.equal(one.state[name], two.state[name]) for name in one.state)
