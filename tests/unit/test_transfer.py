"""Targets of another backend: conductances by equal time constants, and what is told of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analog_sbi.errors import ArtifactError
from analog_sbi.models import chain
from analog_sbi.models.chain import height_names
from analog_sbi.plots import style
from analog_sbi.problem import Transferred
from analog_sbi.studies.transfer.comparison import Outcome, compared, scaled, words
from analog_sbi.studies.transfer.figure import GIVEN, INFERRED, SAMPLES, TABLE, draw
from analog_sbi.studies.transfer.translation import Circuits, nearest, translated
from tests.setups import setup
from tests.unit.made_up import artifacts, problem

LENGTH = 4
INPUTS = 2 * LENGTH - 1


def circuits(gains, interval=200.0, offset=0.0, steps=5):
    """Circuits whose rates are ``gain x input + offset``, each with a gain of its own."""
    rows = []
    for number, gain in enumerate(gains):
        leak = number < LENGTH
        for value in np.linspace(1.0, 100.0, steps):
            rate = gain * value + offset
            row = ("membrane", number) if leak else ("axial", number - LENGTH)
            rows.append((*row, value, interval / rate))
    columns = ["quantity", "compartment", "parameter", "time_constant"]
    return Circuits(pd.DataFrame(rows, columns=columns), interval)


def test_circuits_of_equal_time_constants_are_translated_exactly():
    """Each by its own gain, within the range and beyond it, whatever the unit of time."""
    gains = np.arange(1.0, INPUTS + 1)
    here, there = circuits(gains, 200.0, offset=3.0), circuits(2 * gains[::-1], 0.2)
    inputs = np.random.default_rng(0).uniform(0.5, 150, (20, INPUTS))
    found = translated(inputs, here, there)
    np.testing.assert_allclose(found, (gains * inputs + 3) / (2 * gains[::-1]))
    np.testing.assert_allclose(translated(found, there, here), inputs)


def test_a_circuit_without_time_constants_is_named():
    table = circuits(np.ones(INPUTS)).table
    table.loc[(table["quantity"] == "axial") & (table["parameter"] > 1), "time_constant"] = np.nan
    with pytest.raises(ArtifactError, match="of axial circuit 0 at two parameters"):
        Circuits(table, 200.0).rates(np.ones((1, INPUTS)))


def test_the_nearest_parameters_are_means_of_those_of_the_circuits():
    space = chain.input_space(LENGTH, (0, 100), (0, 100), ("1", "1"))
    inputs = np.array([[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 130.0]])
    np.testing.assert_allclose(nearest(chain.shared(space), inputs, space), [25, 80], rtol=1e-6)
    own = chain.individual(space)
    np.testing.assert_allclose(nearest(own, inputs, space), inputs[0], rtol=1e-6)


SCALE = 3.0


def outcome(scale, factor=1.0):
    """Predictions here that are SCALE times the target, and ``factor`` times that there."""
    posed = problem("first_2d", "bss2_sim")
    source = setup("arbor")
    posed = replace(posed, target=Transferred("other", (0.5, 0.5), 5, source, scale))
    names, random = height_names(LENGTH), np.random.default_rng(1)
    measured = pd.DataFrame([random.uniform(5, 40, len(names))] * 5, columns=names)
    noise = 1 + 0.01 * random.standard_normal((200, len(names)))
    there = measured.iloc[[0] * 200].reset_index(drop=True) * factor * noise
    keys = {"seed": 0, "round": 0}
    samples = pd.DataFrame(random.normal([400, 600], [40, 20], (200, 2)), columns=posed.parameters)
    return Outcome(
        posed,
        expected=np.array([440.0, 600.0]),
        samples=samples.assign(**keys),
        here=(SCALE * there / factor).assign(**keys),
        there=there.assign(**keys),
        trials=measured * SCALE,
        measured=measured,
    )


def test_the_scale_is_found_from_what_is_predicted_here():
    for given in (SCALE, None):
        rows = compared("mine", outcome(given)).set_index("kind")
        assert rows.loc["scale", "mean"] == pytest.approx(SCALE, rel=0.01)
        assert rows.loc["scale", "expected"] == (
            SCALE if given else pytest.approx(np.nan, nan_ok=True)
        )


def test_the_comparison_tells_what_is_off_and_where():
    rows = compared("mine", outcome(SCALE, factor=1.1))
    parameters = rows[rows["kind"] == "parameter"].set_index("name")
    away = (parameters["mean"] - parameters["expected"]) / parameters["spread"]
    np.testing.assert_allclose(away, [-1, 0], atol=0.2)
    here, there = (rows[rows["kind"] == kind] for kind in ("here", "there"))
    np.testing.assert_allclose(here["mean"] / here["expected"], 1, rtol=0.01)
    np.testing.assert_allclose(there["mean"] / there["expected"], 1.1, rtol=0.01)


def test_the_words_have_the_verdict_and_a_line_a_quantity():
    rows = compared("mine", outcome(SCALE, factor=1.1))
    text = words(rows, {"mine": "usable with care: why"}, {"mine": "arbor"})
    assert "## mine, measured by arbor\n\nusable with care: why." in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + len(rows)
    assert sum("predicted by arbor" in line for line in lines) == LENGTH
    assert lines[1].endswith("-1.0 |")


def test_predictions_there_are_scaled_as_the_target_is():
    own = outcome(SCALE)
    heights = height_names(LENGTH)
    np.testing.assert_allclose(scaled(own.there, own.problem)[heights], SCALE * own.there[heights])
    unknown = outcome(None)
    pd.testing.assert_frame_equal(scaled(unknown.there, unknown.problem), unknown.there)


def test_the_figure_shows_both_experiments(tmp_path):
    own, names = {GIVEN: outcome(SCALE), INFERRED: outcome(None)}, ("transfer", "transfer_relative")
    table = pd.concat([compared(name, own[name]) for name in names], ignore_index=True)
    tables = {TABLE: table} | {SAMPLES[name]: own[name].samples for name in names}
    given = replace(
        artifacts(tables, tables),
        problems={f"bss2_sim/{name}": own[name].problem for name in names},
    )
    with style.figure(2.5) as canvas:
        draw(canvas, given)
        style.save(canvas, tmp_path / "a.svg", tmp_path / "a.png")
        panels = canvas.axes
        assert [axes.get_title().partition("\n")[0] for axes in panels[1:]] == [
            "scale given",
            "scale inferred",
        ]
        assert "given 3, found 3.0" in panels[1].get_title()
        assert "given" not in panels[2].get_title()
    assert (tmp_path / "a.png").stat().st_size > 10_000
