"""Tables of reference posteriors: regions, very many measurements, repeats."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.errors import ArtifactError
from analog_sbi.likelihood.estimate import read_measurements, read_repeats
from analog_sbi.likelihood.region import read_region, region_table
from analog_sbi.space import Space
from analog_sbi.tables.measurements import REGION, single_schema

MAKER = Maker.of("test", {})
PRIOR = Space(("a", "b"), ("code", "code"), [0.0, 0.0], [10.0, 20.0])
PROBLEM = SimpleNamespace(parameters=("a", "b"), features=("x", "z"))


def measurements(path, **keys):
    """Twelve measurements of three features, of which the problem has two."""
    values = np.arange(60, dtype=np.float32).reshape(12, 5)
    columns = ["a", "b", "x", "y", "z"]
    table = pd.DataFrame(values, columns=columns).assign(**keys)
    write_table(table, path, single_schema(columns, *keys), MAKER)
    return values


def test_a_region_is_read_in_the_order_of_the_prior(tmp_path):
    path = tmp_path / "region.parquet"
    region = Space(PRIOR.names, PRIOR.units, [1.0, 2.0], [3.0, 4.0])
    write_table(region_table(region).iloc[::-1], path, REGION, MAKER)
    assert read_region(path, PRIOR) == region
    with pytest.raises(ArtifactError, match=r"region.parquet: expected bounds of a, found b, a"):
        read_region(path, PRIOR.select(["a"]))


def test_the_last_measurements_are_held_back_and_the_problem_has_its_own_features(tmp_path):
    path = tmp_path / "emulations.parquet"
    values = measurements(path)
    used, held = read_measurements(path, PROBLEM, 3)
    np.testing.assert_array_equal(used.theta, values[:9, :2])
    np.testing.assert_array_equal(used.x, values[:9, [2, 4]])
    np.testing.assert_array_equal(held.theta, values[9:, :2])
    assert used.x.dtype == np.float32


def test_repeats_are_read_point_by_point(tmp_path):
    path = tmp_path / "repeats.parquet"
    values = measurements(path, point=np.repeat(np.arange(4), 3))
    points, repeats = read_repeats(path, PROBLEM)
    np.testing.assert_array_equal(points, values[::3, :2])
    assert repeats.shape == (4, 3, 2)
    np.testing.assert_array_equal(repeats[2], values[6:9][:, [2, 4]])
    measurements(tmp_path / "other.parquet")
    with pytest.raises(ArtifactError, match="missing: point"):
        read_repeats(tmp_path / "other.parquet", PROBLEM)
