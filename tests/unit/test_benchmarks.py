"""The benchmark: rows, ratios, goals, and that both sides do the same."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest

from analog_sbi.backends import Setup
from analog_sbi.benchmarks import measuring, neurons, spiking, timing, training
from analog_sbi.benchmarks.report import SCHEMA, as_text
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.problem import Measured, pose
from tests.setups import chain_on, setup


@pytest.fixture(scope="module")
def problem():
    middle = Measured("middle", (0.5, 0.5), 100)
    return pose(setup("bss2_sim"), chain_on("bss2_sim"), "global", "first", {}, middle)


@pytest.mark.parametrize(("ratio", "holds"), [(1.999, False), (2.0, True), (2.001, True)])
def test_a_goal_is_met_from_its_value_on(ratio, holds):
    row = timing.Row("x", 1.0, ratio, ratio, ratio, ratio, 2.0)
    assert row.holds is holds
    assert not timing.Row("x", 1.0, ratio, ratio, ratio, ratio, float("nan")).holds


def test_ratios_are_those_of_neighbouring_calls():
    row = timing.row("x", np.array([[1.0, 4.0], [2.0, 4.0], [1.0, 3.0]]), goal=2.0)
    assert (row.ratio, row.ratio_min, row.ratio_max) == (3.0, 2.0, 4.0)
    assert (row.ours_s, row.theirs_s) == (1.0, 4.0)


def test_a_limit_is_a_ratio_to_the_longest_time():
    calls = []
    row = timing.within("x", lambda: calls.append(1), 1000.0, 2)
    assert row.holds
    assert len(calls) == 3
    assert not timing.within("x", lambda: None, 0.0, 1).holds


def test_the_network_of_the_stand_in_spikes():
    assert 50 < spiking.network() < 80


def test_the_table_has_the_columns_of_the_contract():
    columns = ["name", "ours_s", "theirs_s", "ratio", "goal", "holds"]
    assert set(columns) <= set(SCHEMA.columns)
    rows = [
        {"name": "a", "ours_s": 1.0, "theirs_s": 3.0, "ratio": 3.0, "ratio_min": 2.0}
        | {"ratio_max": 4.0, "goal": goal, "holds": holds}
        for goal, holds in ((2.0, True), (8.0, False), (np.nan, False))
    ]
    table = pd.DataFrame(rows)
    SCHEMA.validate(table)
    lines = as_text(table, 2).splitlines()[-3:]
    assert [line.split("|")[-2].strip() for line in lines] == ["yes", "**no**", ""]


@pytest.mark.parametrize("family", ["maf", "zuko_nsf"])
@pytest.mark.parametrize("copy", [True, False])
def test_both_sides_train_the_same(problem, family, copy):
    estimator = EstimatorSettings(family=family, transforms=1, hidden=4)
    settings = TrainingSettings(max_num_epochs=4)
    task = training.Task([40, 20], 2, estimator, settings)
    row = training.many_seeds(
        family, problem, task, goal=2.0, copy_proposal=copy, progress=lambda text: None
    )
    assert row.ratio > 0
    assert row.ours_s > 0


HISTORY = {"epochs": 30, "best_validation_loss": 5.0, "validation": [5.0] * 30}


@pytest.mark.parametrize(
    ("change", "alike", "reported"),
    [
        ({}, True, False),
        ({"best_validation_loss": 5.0009}, True, False),
        ({"best_validation_loss": 5.0011}, True, True),
        ({"epochs": 31}, True, True),
        ({"validation": [5.0] * 19 + [5.0011] * 11}, False, False),
        ({"validation": [5.0] * 20 + [5.0011] * 10}, True, False),
    ],
)
def test_other_losses_at_first_are_an_error_later_ones_reported(change, alike, reported, caplog):
    caplog.set_level("INFO")
    if alike:
        training.expect_alike("x", HISTORY | change, HISTORY)
    else:
        with pytest.raises(RuntimeError, match="expected the losses of stock sbi"):
            training.expect_alike("x", HISTORY | change, HISTORY)
    assert bool(caplog.records) == reported


def test_fewer_epochs_are_compared_where_few_are_asked():
    few = training.FIRST_EPOCHS_OF_SPLINES
    for same, alike in ((few, True), (few - 1, False)):
        change = {"validation": [5.0] * same + [5.0011] * (30 - same)}
        with nullcontext() if alike else pytest.raises(RuntimeError, match="first epochs"):
            training.expect_alike("x", HISTORY | change, HISTORY, few)


def test_growth_measures_longer_chains(problem, monkeypatch):
    monkeypatch.setattr(measuring, "MEASUREMENTS", 10)
    table = measuring.growth(problem, [10, 20], [2, 12])
    assert table["of"].to_list() == ["emulations"] * 2 + ["length"] * 2
    assert table["size"].to_list() == [10, 20, 2, 12]
    assert (table["seconds"] > 0).all()


def test_spiking_neurons_are_timed_beside_arbors(monkeypatch):
    pytest.importorskip("arbor")
    monkeypatch.setattr(neurons, "MEASUREMENTS", 4)
    monkeypatch.setattr(neurons, "SIMULATED", 2)
    of_neuron = Setup("bss2_sim", "adex", setup("bss2_sim").settings)
    row = neurons.runs(of_neuron, 1, neurons.DEFAULT_STEP_MS)
    assert row.ratio == pytest.approx(row.theirs_s / row.ours_s)
    from analog_sbi.backends.arbor.neurons import DURATION_MS, simulate

    assert simulate(2, 0.1) == DURATION_MS  # a sample a ms


def test_traces_for_training_are_timed_against_a_minute(monkeypatch):
    monkeypatch.setattr(neurons, "TRAINING", 20)
    row = neurons.training_runs(Setup("bss2_sim", "adex", {"serial": 59}), 2)
    assert row.name == "20 runs of a spiking neuron with their traces / 60 s"
    assert row.theirs_s == 60
    assert 0 < row.ours_s < 10
    assert row.holds
