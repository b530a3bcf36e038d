"""Features from tables: their own columns, or those that keep the signals they need."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.errors import ArtifactError
from analog_sbi.features import feature_values, read_observation, read_trials, with_features
from analog_sbi.models.chain import FIT_BOUNDS, height_names
from analog_sbi.models.decay import decay_constant
from analog_sbi.problem import Measured, pose
from tests.setups import chain_on, setup

CENTRE = Measured("centre", (0.5, 0.5), 100)
HEIGHTS = np.arange(32.0).reshape(2, 4, 4)[:, ::-1] + 1
TABLE = pd.DataFrame(HEIGHTS.reshape(2, 16), columns=height_names(4)).assign(trial=[0, 1])


def problem(observable):
    return pose(setup("bss2_sim"), chain_on("bss2_sim"), "global", observable, {}, CENTRE)


def test_columns_of_the_table():
    np.testing.assert_array_equal(feature_values(TABLE, problem("all")), HEIGHTS.reshape(2, 16))
    np.testing.assert_array_equal(feature_values(TABLE, problem("first")), HEIGHTS[:, :, 0])
    assert with_features(TABLE, problem("first")) is TABLE


def test_what_is_no_column_is_had_from_the_heights():
    expected = decay_constant(HEIGHTS[:, :, 0], FIT_BOUNDS["MADC LSB"])
    np.testing.assert_array_equal(feature_values(TABLE, problem("tau"))[:, 0], expected)
    more = with_features(TABLE, problem("tau"))
    assert list(more) == [*TABLE, "tau"]
    # a column of the table comes first
    table = TABLE.assign(tau=[1.0, 2.0])
    assert feature_values(table, problem("tau")).ravel().tolist() == [1, 2]


def test_missing_heights_give_missing_features():
    table = TABLE.copy()
    table.loc[0, "h_10"] = np.nan
    assert np.isnan(feature_values(table, problem("tau"))).ravel().tolist() == [True, False]


def test_columns_in_any_order_and_features_of_a_part():
    turned = TABLE[list(reversed(TABLE.columns))]
    np.testing.assert_array_equal(feature_values(turned, problem("first")), HEIGHTS[:, :, 0])
    part = replace(problem("first"), features=("h_20", "h_00"), units=("MADC LSB",) * 2)
    np.testing.assert_array_equal(feature_values(TABLE, part), HEIGHTS[:, [2, 0], 0])


def test_a_table_without_them_is_refused():
    with pytest.raises(ArtifactError, match="expected columns tau, or those of heights; missing"):
        feature_values(TABLE.drop(columns="h_31"), problem("tau"))


def test_trials_of_a_file_and_their_mean(tmp_path):
    path = tmp_path / "centre.parquet"
    schema = table_schema(numbers=height_names(4), integers=["trial"], nullable=True)
    write_table(TABLE, path, schema, Maker("measure_target", ""))
    np.testing.assert_array_equal(
        read_observation(path, problem("first")), HEIGHTS[:, :, 0].mean(axis=0)
    )
    assert len(read_trials(path, problem("tau"))) == 2
    write_table(TABLE[["h_00"]], path, table_schema(numbers=["h_00"]), Maker("measure_target", ""))
    with pytest.raises(ArtifactError, match=r"centre\.parquet: expected columns tau"):
        read_trials(path, problem("tau"))
    with pytest.raises(ArtifactError, match=r"none\.parquet"):
        read_observation(tmp_path / "none.parquet", problem("tau"))


def test_missing_trials_do_not_enter_the_mean(tmp_path):
    path = tmp_path / "centre.parquet"
    table = TABLE.copy()
    table.loc[0, "h_00"] = np.nan
    schema = table_schema(numbers=height_names(4), integers=["trial"], nullable=True)
    write_table(table, path, schema, Maker("measure_target", ""))
    assert read_observation(path, problem("first"))[0] == HEIGHTS[1, 0, 0]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_feature_that_is_missing_in_every_trial_is_refused(tmp_path, missing):
    path, table = tmp_path / "target.parquet", TABLE.copy()
    table.loc[: missing - 1, "h_20"] = np.nan
    schema = table_schema(numbers=height_names(4), integers=("trial",), nullable=True)
    write_table(table, path, schema, Maker("measure", ""))
    if missing < 2:
        expected = HEIGHTS[missing:, 2, 0].mean()
        assert read_observation(path, problem("first"))[2] == expected
    else:
        with pytest.raises(ArtifactError, match=r"found none of h_20 in all 2 trials"):
            read_observation(path, problem("first"))
