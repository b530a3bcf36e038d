"""Rounds in separate processes against one sbi session; posteriors against the exact ones."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from sbi.utils import warn_if_invalid_for_zscoring

from analog_sbi.estimators import family, rounds, stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import seed_state
from tests.estimating import drawn

HIGH = 100.0
MIXING = np.array([[1.0, 0.4], [-0.3, 0.8]])
NOISE = 4.0
TARGET = torch.as_tensor(MIXING @ [45.0, 55.0], dtype=torch.float32)


def observe(theta, generator):
    """Linear observations with Gaussian noise."""
    x = theta @ MIXING.T + NOISE * generator.standard_normal(theta.shape)
    return x.astype(np.float32)


def prior_round(generator, seeds, size):
    theta = (HIGH * generator.random((seeds, size, 2))).astype(np.float32)
    return RoundData(theta, observe(theta, generator))


@pytest.mark.parametrize("name", ["maf", "zuko_maf"])
def test_separate_rounds_of_sbi_are_those_of_one_session(name, tmp_path, monkeypatch, capfd):
    from sbi.inference import NPE_C
    from sbi.utils import BoxUniform

    monkeypatch.chdir(tmp_path)  # sbi's trackers write to the working directory
    generator = np.random.default_rng(2)
    estimator, of = EstimatorSettings(2, 10, family=name), family(name)
    settings = TrainingSettings(max_num_epochs=6)
    data, previous = [prior_round(generator, 1, 100)], None
    for number in range(3):
        found = stock.train_round(
            data, previous, estimator=estimator, settings=settings, seeds=[10 + number], numbers=[0]
        )
        previous = found.state
        theta = drawn(estimator, previous, TARGET, 40, HIGH)
        data.append(RoundData(theta, observe(theta, generator)))
    assert capfd.readouterr().out == ""
    assert list(Path(tmp_path).iterdir()) == []

    def build(theta, x):
        return of.network(estimator, of.build(estimator, theta, x))

    trainer = NPE_C(BoxUniform(torch.zeros(2), torch.full((2,), HIGH)), density_estimator=build)
    proposal = None
    for number, part in enumerate(data[:3]):
        theta, x = torch.as_tensor(part.theta[0]), torch.as_tensor(part.x[0])
        trainer.append_simulations(theta, x, proposal=proposal)
        torch.manual_seed(10 + number)
        network = trainer.train(training_batch_size=50, max_num_epochs=6)
        proposal = trainer.build_posterior().set_default_x(TARGET)
    expected = network.state_dict()
    state = seed_state(previous, 0)
    assert list(state) == list(expected)
    for key, value in state.items():  # the prior's density rounds the loss
        torch.testing.assert_close(value, expected[key], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("maf", TrainingSettings()),
        ("zuko_maf", TrainingSettings(learning_rate=3e-3, stop_after_epochs=10)),
    ],
)
def test_posteriors_of_a_linear_problem_are_the_exact_ones(name, settings):
    generator = np.random.default_rng(5)
    estimator = family(name).never_blind(EstimatorSettings(2, 10, family=name), 2)
    data, previous = [prior_round(generator, 4, 500)], None
    for number in range(2):
        previous = training.train_round(
            data,
            previous,
            estimator=estimator,
            settings=settings,
            seeds=[10 * number + s for s in range(4)],
            numbers=range(4),
        ).state
        theta = drawn(estimator, previous, TARGET, 200, HIGH)
        data.append(RoundData(theta, observe(theta, generator)))
    samples = drawn(estimator, previous, TARGET, 4000, HIGH).astype(float)
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


# --- data that tell little


def seed_data(x):
    x = torch.tensor(x, dtype=torch.float32)
    return rounds.SeedData(torch.zeros(len(x), 1), x, torch.zeros(len(x)), 0)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ([1.0, 49.0], "constant"),
        ([1.1, 49.0], None),
        ([1.0, 525.0], "constant outliers"),  # quartiles 12.25 and 36.75, ten times 24.5 apart
        ([1.1, 525.0], "outliers"),
        ([1.1, 280.0], None),
        ([1.1, 283.0], "outliers"),
        ([1.1, -234.0], "outliers"),
    ],
)
def test_degenerate_features_are_warned_of_as_sbi_does(caplog, last, words):
    x = np.column_stack([np.ones(50), np.arange(50.0)])
    x[-1] = last
    rounds.warn_of_degenerate([seed_data(x), seed_data(x)], [3, 7])
    assert [word for word in ("constant", "outliers") if word in caplog.text] == (
        words.split() if words else []
    )
    assert ("seed 3, 7: " in caplog.text) == bool(words)
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        warn_if_invalid_for_zscoring(torch.tensor(x, dtype=torch.float32))
    assert bool(theirs) == bool(words)
