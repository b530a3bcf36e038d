"""Algorithms side by side: what a run gets, and what a search does not."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi.diagnostics.comparison import SCHEMA, Run, compare, expected_coverage, markdown
from analog_sbi.diagnostics.reference_distance import Reference
from analog_sbi.space import Space

SPACE = Space(("a", "b"), ("code", "code"), np.zeros(2), np.full(2, 100.0))


def run(name, search, shift=0.0):
    generator = np.random.default_rng(1)
    samples = pd.DataFrame(50 + shift + generator.normal(0, 5, (60, 2)), columns=["a", "b"])
    positions = pd.DataFrame({"a": [0.5, 0.99], "b": [0.5, 0.5], "seed": 0})
    return Run(
        algorithm=name,
        budget=60,
        search=search,
        samples=samples.assign(seed=0, round=1),
        distance=pd.DataFrame({"seed": [0], "round": [1], "distance": [3.25]}),
        cost=pd.DataFrame({"seed": [0], "emulations": [60], "blind": [False], "thinking_s": [1.5]}),
        positions=positions if not search else positions.iloc[:0],
    )


TITLES = {"snpe_c": "SNPE-C", "mine": "mine", "genetic": "differential evolution"}


@pytest.fixture(scope="module")
def table():
    reference = Reference(50 + np.random.default_rng(0).normal(0, 5, (200, 2)), SPACE)
    runs = run("snpe_c", False), run("mine", False, 40.0), run("genetic", True)
    return pd.concat([compare(one, reference, 1) for one in runs], ignore_index=True)


def test_posteriors_are_compared_and_searches_only_by_their_points(table):
    SCHEMA.validate(table[list(SCHEMA.columns)])
    near, far, search = (row for _, row in table.iterrows())
    assert near["c2st"] < 0.65
    assert far["c2st"] > 0.95
    assert near["coverage"] == pytest.approx(0.9, abs=0.12)
    assert far["coverage"] == 0
    assert near["expected_coverage"] == 0.75
    assert search[["c2st", "mmd", "wasserstein", "coverage", "expected_coverage"]].isna().all()
    assert (table["distance"] == 3.25).all()


def test_the_text_names_unit_and_algorithms(table):
    text = markdown(table, "mV", TITLES)
    assert "E in mV" in text
    rows = [line for line in text.splitlines() if "| 60 |" in line]
    assert [row.split(" | ")[0] for row in rows] == [
        "| SNPE-C",
        "| mine",
        "| differential evolution",
    ]
    assert rows[2].count("|  |") > 0


def test_a_missing_position_is_not_covered():
    assert expected_coverage(np.array([[0.5, np.nan]])) == 0.5
    assert np.isnan(expected_coverage(np.empty((0, 2))))
