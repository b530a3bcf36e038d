"""The authors' deposit: read from pickles of which nothing runs, decided by the claims' criteria.

Its files are made here, of the layout that the authors' scripts read; nobody here has seen them.
"""

import os
import pickle
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analog_sbi.errors import ArtifactError
from analog_sbi.models import signals_of
from analog_sbi.paper import given
from analog_sbi.paper.registry import claims
from analog_sbi.published import beside, deposit
from analog_sbi.published.unpickling import read_pickled_table
from analog_sbi.study import load, posing
from analog_sbi.trials import read_trials
from tests.deposit import deposited


@pytest.fixture
def folder(tmp_path) -> Path:
    return deposited(tmp_path)


@pytest.fixture
def told(config) -> dict:
    return given.claims_given(load(config), claims())


def face(told: dict):
    return signals_of(told["frame"]["signals"])


class Malicious:
    def __reduce__(self):
        return os.system, ("touch executed",)


@pytest.mark.parametrize(
    "content",
    [Malicious(), pd.DataFrame({"a": [Malicious()]}), subprocess.Popen, pd.read_pickle, eval],
    ids=["reduce", "in a table", "class", "pandas' own", "builtin"],
)
def test_nothing_of_a_pickle_is_executed(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    Path("bad.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(ArtifactError, match=r"^bad\.pkl: expected a pickled table .*not loaded$"):
        read_pickled_table("bad.pkl")
    assert not Path("executed").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(np.arange(3)), None])
def test_what_is_no_table_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "bad.pkl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArtifactError) as raised:
        read_pickled_table(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_tables_are_read_as_pandas_reads_them(folder, tmp_path, protocol):
    path = tmp_path / "table.pkl"
    table = pd.read_pickle(folder / deposit.GRID)
    path.write_bytes(pickle.dumps(table, protocol=protocol))
    pd.testing.assert_frame_equal(read_pickled_table(path), table)


def test_parameters_and_heights_get_the_names_of_this_study(folder, told):
    grid = deposit.measured(folder / deposit.GRID, face(told))
    assert {"g_leak", "g_axial", "h_00", "h_33", "tau"} <= set(grid)
    first = grid[["h_00", "h_10", "h_20", "h_30"]].mean().to_numpy()
    assert np.all(np.diff(first) < 0)
    columns = [("parameters", name) for name in ("g_leak_0", "g_icc_0", "g_icc_2", "note")]
    table = pd.DataFrame(np.ones((1, 4)), columns=pd.MultiIndex.from_tuples(columns))
    assert list(deposit.named(table, "x")) == ["g_leak_0", "g_axial_01", "g_axial_23"]


def test_samples_are_those_of_the_last_round_of_every_run(folder):
    (name,) = samples = deposit.samples(folder)
    assert name == "tau_2d"
    assert sorted(samples[name]["seed"].unique()) == [0, 1]
    assert set(samples[name]["round"]) == {10}
    assert len(samples[name]) == 400


def test_the_chip_is_decided_by_the_same_criteria(folder, told):
    tables = deposit.tables(folder, face(told), {"tau_2d": "centre"})
    found = beside.on_the_chip(claims(), told, tables).set_index("id")
    assert found.loc["target-tau", "holds"]
    assert found.loc["target-tau", "value"].startswith("1.")
    assert found.loc["psp-attenuates", "holds"]
    assert found.loc["tau-correlation", "holds"]
    assert pd.isna(found.loc["seven-all-marginals", "holds"])
    text = beside.markdown(
        beside.joined(found.reset_index().assign(holds=False), found.reset_index())
    )
    assert "| target-tau |" in text
    assert text.count("**no**") >= len(found)


def test_recorded_trials_are_a_file_of_trials(folder, told, tmp_path, config):
    table = deposit.measured(*deposit.target_files(folder).values(), face(told))
    text = beside.trials(table, face(told))
    header, units, *rows = text.splitlines()
    assert header.split(",")[:2] == ["h_00", "h_01"]
    assert set(units.split(",")) == {"MADC LSB"}
    assert len(rows) == 100

    path = tmp_path / "recorded.csv"
    path.write_text(text)
    config["targets"]["recorded"] = {"file": str(path)}
    config["experiments"]["first_2d"]["target"] = "recorded"
    study = load(config)
    where = posing.setup(study, "bss2_sim", "chain")
    read, of_columns = read_trials(path, where, **posing.trials_settings(study, where, "recorded"))
    assert len(read) == 100
    assert read["h_00"].mean() == pytest.approx(table["h_00"].mean())
    assert of_columns["h_00"] == "MADC LSB"


@pytest.mark.parametrize("remove", ["all", "heights"])
def test_a_folder_that_is_no_deposit_is_refused(tmp_path, told, remove):
    if remove == "heights":
        with pd.option_context("future.infer_string", False):
            pd.DataFrame({"g_leak": [1.0]}).to_pickle(tmp_path / deposit.GRID)
    with pytest.raises(ArtifactError, match=r"expected (the deposit|heights)"):
        deposit.tables(tmp_path, face(told), {"tau_2d": "centre"})
