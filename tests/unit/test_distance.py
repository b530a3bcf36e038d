"""The paper's E, the recovery of targets, and tables that belong to one problem."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.diagnostics.amortization import recovery
from analog_sbi.diagnostics.distance import distances
from analog_sbi.diagnostics.keys import expect_problem
from analog_sbi.errors import ProblemError
from analog_sbi.space import Space


@pytest.mark.parametrize("member", ["seed", "ensemble"])
def test_distance_is_the_mean_euclidean_one(member):
    predictive = pd.DataFrame(
        {member: [0, 0, 1], "round": 0, "h_00": [3.0, 0.0, 0.0], "h_10": [4.0, 0.0, 1.0]}
    )
    target = pd.DataFrame({"h_00": [-1.0, 1.0], "h_10": [0.0, 0.0]})
    found = distances(predictive, target, ["h_00", "h_10"], member)
    assert list(found) == [member, "round", "distance"]
    assert found["distance"].tolist() == [2.5, 1.0]


def test_recovery_of_a_target():
    generator = np.random.default_rng(1)
    theta = 500 + 20 * generator.standard_normal((2, 4000, 2))
    density = -0.5 * (((theta - 500) / 20) ** 2).sum(axis=2)
    star = np.array([500.0, 500.0])
    space = Space(("a", "b"), ("code", "code"), np.zeros(2), np.full(2, 1000.0))
    at_star = np.array([0.0, -0.5 * 9.0])  # at the mode, and three standard deviations away
    rows = recovery(theta, density, star, at_star, generator.random((4000, 2)), space)
    assert rows["level"][0] == 0.0
    assert rows["level"][1] == pytest.approx(1 - np.exp(-4.5), abs=0.01)
    assert (rows["prior_distance"] / rows["distance"]).min() > 10


def test_tables_of_another_problem_are_refused(tmp_path):
    table, schema = pd.DataFrame({"a": [1.0]}), table_schema(numbers=("a",))
    keys = {"same": {"problem": "one"}, "other": {"problem": "two"}, "none": {}}
    paths = {name: str(tmp_path / f"{name}.parquet") for name in keys}
    for name, extra in keys.items():
        write_table(table, paths[name], schema, Maker.of("test", {}), **extra)
    expect_problem("one", paths["same"], paths["same"])
    with pytest.raises(
        ProblemError, match=r"other.parquet: expected the problem one, found .* two"
    ):
        expect_problem("one", paths["same"], paths["other"])
    with pytest.raises(ProblemError, match=r"none.parquet: .* problem one, found the problem None"):
        expect_problem("one", paths["none"])
