"""Trials of a user's file: CSV and parquet, features and traces, and one line for what is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.errors import ArtifactError
from analog_sbi.models import chain, plain_signals
from analog_sbi.trials import read_trials
from tests.setups import setup

LSB = "MADC LSB"
FIRST = chain.height_names(4)[::4]
PARAMETERS = ["g_leak", "g_axial"]
TABLE = pd.DataFrame([[90.0, 40.5, 18, 9], [92, 41, 17.5, 8], [91, 39, 18, 8.5]], columns=FIRST)
UNITS = [LSB] * 4


def read(path, units=None, observables=("first",), length=4, scale=None):
    return read_trials(
        path,
        setup("bss2_sim", length=length),
        units=units or {},
        signals=plain_signals(chain.signals(length, LSB, "us")),
        observables=list(observables),
        parameters=PARAMETERS,
        scale=scale,
    )


def csv(folder, table=TABLE, second=None, name="trials.csv"):
    path = folder / name
    lines = [",".join(table.columns)]
    if second is not None:
        lines.append(",".join(second))
    lines += [",".join("" if pd.isna(v) else str(v) for v in row) for row in table.to_numpy()]
    path.write_text("\n".join(lines) + "\n")
    return path


def traces(trials=2, samples=800, length=4, level=300.0):
    """Traces at rest with a peak of 10 j + 5 (L - i) + trial after input j in compartment i."""
    time = 200.0 * length * np.arange(samples) / samples
    parts = []
    for trial in range(trials):
        columns = {}
        for i in range(length):
            column = np.full(samples, level)
            for j, spike in enumerate(chain.spike_times(200.0, length)):
                column[np.searchsorted(time, spike) + 3] += 10 * j + 5 * (length - i) + trial
            columns[f"v_{i}"] = column
        parts.append(pd.DataFrame({"trial": trial, "time": time, **columns}))
    return pd.concat(parts, ignore_index=True)


def refused(path, message, **arguments):
    with pytest.raises(ArtifactError, match=message) as caught:
        read(path, **arguments)
    line = str(caught.value)
    assert line.startswith(str(path))
    assert "\n" not in line
    assert len(line) < 300 + len(str(path))


# --- features


@pytest.mark.parametrize("second", [None, UNITS])
def test_a_csv_file_with_and_without_a_row_of_units(tmp_path, second):
    table, units = read(csv(tmp_path, second=second))
    pd.testing.assert_frame_equal(table, TABLE)
    assert units == dict.fromkeys(FIRST, LSB)


def test_columns_without_a_unit(tmp_path):
    numbered = TABLE.assign(trial=[0, 1, 2])[["trial", *FIRST]]
    table, _ = read(csv(tmp_path, numbered, ["", *UNITS]))
    pd.testing.assert_frame_equal(table, TABLE)
    table, _ = read(csv(tmp_path, TABLE, [LSB, "", LSB, ""]))
    pd.testing.assert_frame_equal(table, TABLE)


def test_a_first_trial_of_which_all_is_missing_is_no_row_of_units(tmp_path):
    empty = pd.concat([TABLE * np.nan, TABLE]).assign(trial=range(6))
    table, _ = read(csv(tmp_path, empty))
    pd.testing.assert_frame_equal(table, TABLE)


def test_a_parquet_file_of_this_study_and_of_others(tmp_path):
    path = tmp_path / "trials.parquet"
    TABLE.to_parquet(path)
    pd.testing.assert_frame_equal(read(path)[0], TABLE)
    write_table(TABLE, path, table_schema(numbers=FIRST), Maker("x", ""), dict.fromkeys(FIRST, LSB))
    pd.testing.assert_frame_equal(read(path)[0], TABLE)
    write_table(
        TABLE, path, table_schema(numbers=FIRST), Maker("x", ""), dict.fromkeys(FIRST, "mV")
    )
    refused(path, "column h_00 expected in MADC LSB, found 'mV'")
    # what the user says of a column counts more than what the file says
    read(path, units=dict.fromkeys(FIRST, LSB))


def test_integers_parameters_and_numbers_of_trials_are_fine(tmp_path):
    more = TABLE.round().astype(int).assign(trial=[5, 6, 7], g_leak=1.0, g_axial=2.0)
    table, _ = read(csv(tmp_path, more))
    assert list(table) == FIRST
    assert {dtype.kind for dtype in table.dtypes} == {"f"}


def test_spaces_around_names_and_units(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text("h_00 , h_10\nMADC LSB , MADC LSB\n1,2\n3,4\n")
    assert list(read(path)[0]) == ["h_00", "h_10"]


def test_features_in_part_and_values_in_part(tmp_path):
    part = TABLE[["h_20", "h_00"]].copy()
    part.loc[1, "h_00"] = np.nan
    table, units = read(csv(tmp_path, part))
    assert list(table) == ["h_00", "h_20"]
    assert table["h_00"].isna().tolist() == [False, True, False]
    assert set(units) == set(table)
    table, _ = read(csv(tmp_path, TABLE.assign(h_30=np.nan)))
    assert list(table) == FIRST[:3]


def test_tau_alone_is_an_observation(tmp_path):
    table, units = read(csv(tmp_path, pd.DataFrame({"tau": [1.1, 1.2]})), observables=["tau"])
    assert units == {"tau": "compartments"}
    assert len(table) == 2


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({"h_00": "mV"}, "column h_00 expected in MADC LSB, found 'mV'"),
        ({"h_05": LSB}, "expected columns that units name, missing h_05"),
    ],
)
def test_units_of_the_user(tmp_path, units, message):
    refused(csv(tmp_path), message, units=units)


def test_units_of_the_file(tmp_path):
    refused(csv(tmp_path, second=["mV"] * 4), "column h_00 expected in MADC LSB, found 'mV'")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.rename(columns={"h_00": "h00"}), "expected columns among h_00.*; found h00"),
        (TABLE[[]].assign(width=[1, 2, 3]), "found width"),
        (TABLE.assign(note=["a", "b", "c"]), "found note"),
        (TABLE[:1], "at least 2 trials, found 1"),
        (TABLE[:0], "expected a row a trial, found none"),
        (TABLE * np.nan, "expected values of features, found none"),
        (pd.concat([TABLE[:1], TABLE[:2] * np.nan]), "at least 2 trials, found 1"),
        (
            TABLE.astype(object).replace(92.0, "high"),
            "h_00 expected numbers, found 'high' in row 2",
        ),
        (TABLE.replace(92.0, np.inf), "column h_00 expected finite numbers, found inf"),
        (TABLE.replace(92.0, 1023.5), r"h_00 expected within .*\[-1023, 1023\], found 1023.5"),
        (TABLE.replace(92.0, -1023.5), r"\[-1023, 1023\], found -1023.5"),
        (pd.concat([TABLE[:1]] * 3), "expected trials that differ"),
    ],
)
def test_what_is_no_table_of_trials_is_refused_in_one_line(tmp_path, table, message):
    refused(csv(tmp_path, table), message)


@pytest.mark.parametrize("value", [1023.0, -1023.0])
def test_the_ends_of_the_readout_belong_to_it(tmp_path, value):
    read(csv(tmp_path, TABLE.replace(92.0, value)))


def test_two_trials_suffice(tmp_path):
    assert len(read(csv(tmp_path, TABLE[:2]))[0]) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("trials.txt", b"h_00\n1\n", r"expected a \.csv or \.parquet file"),
        ("trials.csv", b"", "expected a CSV table, found"),
        ("trials.csv", b"h_00,h_10\n1,2,3,4\n5,6\n", "expected"),
        ("trials.csv", b"\xff\xfe\x00h", "expected a CSV table"),
        ("trials.csv", b"h_00,h_00\n1,2\n3,4\n", "different columns, found h_00 twice"),
        ("trials.csv", b"h_00, h_00\n1,2\n3,4\n", "found h_00 twice"),
        ("trials.parquet", b"no parquet", "expected a parquet table"),
    ],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    refused(path, message)


def test_a_file_that_is_not_there(tmp_path):
    refused(tmp_path / "none.csv", "expected a table of trials, found no file")
    (tmp_path / "folder.csv").mkdir()
    refused(tmp_path / "folder.csv", "found no file")


# --- traces


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("second", [None, ["", "us", *UNITS]])
def test_features_of_traces(tmp_path, kind, second):
    if kind == "parquet":
        path = tmp_path / "traces.parquet"
        traces().to_parquet(path)
    else:
        path = csv(tmp_path, traces(), second)
    table, units = read(path)
    assert list(table) == [*chain.height_names(4), "tau"]
    expected = 10 * np.arange(4)[None] + 5 * (4 - np.arange(4)[:, None])
    np.testing.assert_allclose(table.iloc[0, :16], expected.ravel())
    np.testing.assert_allclose(table.iloc[1, :16], expected.ravel() + 1)
    assert units["h_00"] == LSB


def test_traces_of_twelve_compartments(tmp_path):
    table, _ = read(csv(tmp_path, traces(samples=1200, length=12)), length=12)
    assert table["h_1_10"].iloc[0] == 100 + 55
    assert table["h_11_0"].iloc[0] == 5


def shuffled():
    table = traces()
    return table.iloc[np.r_[1, 0, 2 : len(table)]]


WHOLE = traces()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (WHOLE.drop(columns="time"), "expected a column time"),
        (WHOLE.drop(columns="trial"), "expected a column trial"),
        (WHOLE.drop(columns="v_3"), "expected columns among .*; found time, v_0"),
        (WHOLE[:800], "at least 2 trials, found 1"),
        (WHOLE[:1500], "expected 800 samples of every trial, found 700 of trial 1"),
        (shuffled(), "expected increasing times, found others in trial 0"),
        (WHOLE.assign(time=np.nan), "increasing times|of every input"),
        (WHOLE.assign(trial=np.nan), "column trial expected numbers, found missing ones"),
        (WHOLE.assign(trial=WHOLE["trial"].replace(1, np.nan)), "column trial expected numbers"),
        (WHOLE.assign(v_2="x"), "column v_2 expected numbers, found 'x' in row 1"),
        (WHOLE.assign(v_2=WHOLE["v_2"] + 682.01), r"v_2 expected within .*\[0, 1023\], found"),
        (
            WHOLE.assign(v_2=WHOLE["v_2"] - 300.01),
            r"v_2 expected within .*\[0, 1023\], found -0.01",
        ),
        (WHOLE.assign(time=WHOLE["time"] / 1000), "samples before and after every input"),
        (WHOLE[WHOLE["time"] < 600], "samples before and after every input"),
        (WHOLE[WHOLE["time"] > 150], "samples before and after every input"),
    ],
)
def test_what_is_no_table_of_traces_is_refused_in_one_line(tmp_path, table, message):
    refused(csv(tmp_path, table), message)


def test_units_of_traces(tmp_path):
    refused(csv(tmp_path, WHOLE, ["", "ms", *UNITS]), "column time expected in us, found 'ms'")
    refused(csv(tmp_path, WHOLE, ["", "us", LSB, "mV", LSB, LSB]), "column v_1 expected in MADC")


@pytest.mark.parametrize("shift", [-300.0, 672.0])
def test_traces_may_touch_the_ends_of_the_readout(tmp_path, shift):
    table = WHOLE.copy()
    table["v_0"] += shift  # the largest peak of v_0 is 351
    read(csv(tmp_path, table))


def test_missing_samples_make_missing_heights(tmp_path):
    table = WHOLE.copy()
    table.loc[5, "v_0"] = np.nan
    found, _ = read(csv(tmp_path, table))
    assert np.isnan(found["h_00"].iloc[0])
    assert np.isfinite(found["h_10"]).all()


def test_columns_in_other_units_may_be_scaled(tmp_path):
    table = pd.DataFrame({"tau": [1.5, 1.6], "h_00": [2.0, 2.1], "h_10": [1.0, 1.1]})
    path = csv(tmp_path, table, ["compartments", "mV", "mV"])
    found, units = read(path, scale=50.0)
    assert found["h_00"].to_list() == pytest.approx([100, 105])
    assert found["tau"].to_list() == [1.5, 1.6]
    assert units["h_00"] == "MADC LSB"
    refused(path, "expected in MADC LSB, found 'mV'")
    bare, _ = read(csv(tmp_path, table[["h_00", "h_10"]]), scale=50.0)
    assert bare["h_10"].to_list() == pytest.approx([50, 55])


def test_a_simulator_of_this_study_may_have_no_noise(tmp_path):
    path = tmp_path / "arbor.parquet"
    table = pd.DataFrame({"h_00": [30.0] * 3, "h_10": [10.0] * 3})
    units = {"h_00": "mV", "h_10": "mV"}
    write_table(table, path, table_schema(numbers=tuple(units)), Maker("x", ""), units)
    assert read(path, scale=4.0)[0]["h_00"].to_list() == [120.0] * 3
    table.to_parquet(path)
    refused(path, "expected trials that differ", scale=4.0)


def test_of_an_unknown_scale_only_what_none_changes_is_read(tmp_path):
    path = csv(tmp_path, TABLE, ["mV"] * 4)
    found, units = read(path, observables=("relative",), scale="inferred")
    expected = TABLE[["h_10", "h_20", "h_30"]].div(TABLE["h_00"], axis=0)
    np.testing.assert_allclose(found[["r_10", "r_20", "r_30"]], expected)
    assert units == dict.fromkeys(["r_10", "r_20", "r_30"], "1")
    doubled = csv(tmp_path, 2 * TABLE, ["mV"] * 4, name="doubled.csv")
    pd.testing.assert_frame_equal(read(doubled, None, ("relative",), scale="inferred")[0], found)
    for observable in ("first", "all", "tau"):  # the bounds of the fit of tau have a scale
        refused(
            path,
            "expected an observable that no scale",
            observables=(observable,),
            scale="inferred",
        )


def test_of_an_unknown_scale_a_compartment_may_be_missing(tmp_path):
    path = csv(tmp_path, TABLE.drop(columns="h_20"), ["mV"] * 3)
    found, _ = read(path, observables=("relative",), scale="inferred")
    assert list(found) == ["r_10", "r_30"]
