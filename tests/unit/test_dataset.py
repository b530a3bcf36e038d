"""Datasets: rows, keys, what is missing, tables, and seeds as a leading axis."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi.dataset import Dataset, from_tables, stack_seeds, unstack_seeds
from analog_sbi.errors import ArtifactError

NAN = np.nan
DATA = Dataset(
    np.array([[0.0, 1], [2, 3], [4, 5], [6, 7]]),
    np.array([[10.0, 11], [NAN, 13], [14, np.inf], [16, 17]]),
    {"seed": np.array([0, 0, 1, 1]), "trial": np.array([0, 1, 0, 1])},
)


def test_measurements_with_a_value_that_is_not_finite_are_missing():
    assert len(DATA) == 4
    assert DATA.missing.tolist() == [False, True, True, False]
    complete = DATA.complete()
    np.testing.assert_array_equal(complete.theta, [[0, 1], [6, 7]])
    np.testing.assert_array_equal(complete.x, [[10, 11], [16, 17]])
    assert complete.keys["seed"].tolist() == [0, 1]
    assert complete.keys["trial"].tolist() == [0, 1]


def test_rows_by_mask_and_by_position():
    for chosen in (np.array([False, False, True, True]), np.array([2, 3])):
        part = DATA.rows(chosen)
        assert part.theta[:, 0].tolist() == [4, 6]
        assert part.keys["trial"].tolist() == [0, 1]
    assert DATA.of("seed", 1).theta[:, 0].tolist() == [4, 6]
    assert len(DATA.of("seed", 2)) == 0


def test_tables_there_and_back():
    table = DATA.table(["a", "b"], ["x", "y"])
    assert list(table) == ["a", "b", "x", "y", "seed", "trial"]
    back = from_tables(table, table, ["a", "b"], ["x", "y"], ["seed", "trial"])
    np.testing.assert_array_equal(back.theta, DATA.theta)
    np.testing.assert_array_equal(back.x, DATA.x)
    for key in ("seed", "trial"):
        np.testing.assert_array_equal(back.keys[key], DATA.keys[key])


def test_names_of_another_number_are_no_table():
    with pytest.raises(ValueError, match="zip"):
        DATA.table(["a"], ["x", "y"])


def test_tables_are_joined_row_by_row():
    parameters = pd.DataFrame({"a": [1.0, 2.0], "seed": [0, 1]})
    features = pd.DataFrame({"y": [5.0, 6.0], "x": [3.0, 4.0]}, index=[7, 3])
    joined = from_tables(parameters, features, ["a"], ["x", "y"], ["seed"])
    np.testing.assert_array_equal(joined.x, [[3, 5], [4, 6]])
    with pytest.raises(ArtifactError, match=r"as many measurements as the 2 .*, found 1"):
        from_tables(parameters, features[:1], ["a"], ["x", "y"])


def test_seeds_are_stacked_in_their_order_and_back():
    table = pd.DataFrame({"seed": [1, 0, 1, 0], "b": [1.0, 2, 3, 4], "a": [5.0, 6, 7, 8]})
    stacked = stack_seeds(table, ["a", "b"], [1, 0])
    assert stacked.dtype == np.float32
    np.testing.assert_array_equal(stacked, [[[5, 1], [7, 3]], [[6, 2], [8, 4]]])
    back = unstack_seeds(stacked, ["a", "b"], [1, 0])
    assert back["seed"].dtype == np.int64
    assert back["seed"].tolist() == [1, 1, 0, 0]
    np.testing.assert_array_equal(stack_seeds(back, ["a", "b"], [1, 0]), stacked)


def test_seeds_with_other_numbers_of_rows_are_refused():
    table = pd.DataFrame({"seed": [0, 0, 1], "a": [1.0, 2.0, 3.0]})
    with pytest.raises(ArtifactError, match="as many rows of every seed, found 2, 1"):
        stack_seeds(table, ["a"], [0, 1])
    with pytest.raises(ArtifactError, match="found 2, 0"):
        stack_seeds(table, ["a"], [0, 2])
