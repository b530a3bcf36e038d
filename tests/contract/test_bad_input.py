"""What bad input gets: one line before any job, for every file and name of a question."""

import gzip
import os

import numpy as np
import pandas as pd
import pytest

from analog_sbi.errors import ConfigurationError
from analog_sbi.study import load, posing
from tests.setups import LINE, configuration


def asked(tmp_path, file=None, **experiment):
    """The study with a question, checked as Snakemake does before any job."""
    content = configuration()
    content["targets"]["own"] = {"file": str(file or tmp_path / "own.csv")}
    content["experiments"]["mine"] = {
        "parameters": "global",
        "observable": "first",
        "target": "own",
        "rounds": [100],
        "seeds": 1,
    } | experiment
    study = load(content | {"experiment": "mine"})
    posing.check(study)
    posing.try_model(study)
    return study


def refused(tmp_path, message, table=None, file=None, **experiment):
    if table is not None:
        (tmp_path / "own.csv").write_text(table)
    with pytest.raises(ConfigurationError, match=message) as caught:
        asked(tmp_path, file, **experiment)
    assert "\n" not in str(caught.value)


HEAD = "h_00,h_10,h_20,h_30\n"
GOOD = HEAD + "100,50,30,20\n101,51,31,21\n"


def test_a_good_table_is_taken(tmp_path):
    (tmp_path / "own.csv").write_text(GOOD)
    asked(tmp_path)


@pytest.mark.parametrize(
    "table",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", " , "),
        GOOD + "\n,,,\n\n",
        GOOD.replace("\n", ",,\n"),
        HEAD + "100,50,30,20,\n101,51,31,21,\n",
        HEAD + "MADC LSB,,,\n100,50,30,20\n101,51,31,21\n",
        "trial," + HEAD + "7,100,50,30,20\n3,101,51,31,21\n",
    ],
    ids=["BOM", "CRLF", "spaces", "rows", "columns", "cells", "units", "trials"],
)
def test_what_spreadsheets_add_changes_no_value(tmp_path, table):
    """Each column keeps its values, whatever stands without a name or a value beside them."""
    (tmp_path / "own.csv").write_text(table, newline="")
    study = asked(tmp_path)
    where = posing.problem(study, "mine", "bss2_sim").setup
    trials, _ = posing.trials(study, where, "own")
    assert trials.to_dict("list") == {
        "h_00": [100, 101],
        "h_10": [50, 51],
        "h_20": [30, 31],
        "h_30": [20, 21],
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, r"targets\.own: .*own\.csv"),
        ("", "expected a CSV table, found no cells"),
        ("\n  \n", "expected a CSV table, found no cells"),
        ("\x00\x01\x02", "own.csv"),
        ("<html><body>gone</body></html>\n", "expected a row a trial, found none"),
        (HEAD, "expected a row a trial, found none"),
        ("h_01,h_11\n1,2\n3,4\n", "missing: h_00"),
        (HEAD.replace("h_30", "h_44") + "1,2,3,4\n2,3,4,5\n", "found h_44"),
        (HEAD.replace("h_30", "h_00") + "1,2,3,4\n2,3,4,5\n", "found h_00 twice"),
        (HEAD + "1,2,3,x\n2,3,4,5\n", "column h_30 expected numbers, found 'x' in row 1"),
        (HEAD + "mV,mV,mV,mV\n1,2,3,4\n2,3,4,5\n", "expected in MADC LSB, found 'mV'"),
        (HEAD + "V,V,V,V\n1,2,3,4\n2,3,4,5\n", "h_00 expected in MADC LSB, found 'V'"),
        (HEAD + "?,,,\n1,2,3,4\n2,3,4,5\n", "h_00 expected in MADC LSB, found '\\?'"),
        (HEAD + "1,2,3\n2,3,4,5\n", "as many cells in every row as columns, 4, found 3 in row 1"),
        (HEAD + "1,2,3,4\n2,3,4,5,6\n", "as columns, 4, found 5 in row 2"),
        (HEAD + "1,2,3,4,5\n2,3,4,5,6\n", "as columns, 4, found 5 in row 1"),
        (GOOD.replace(",", ";"), "expected commas between the columns, found semicolons"),
        (GOOD.replace(",", "\t"), "expected commas between the columns, found tabs"),
        ("h_00;h_10\n1,5;2,5\n1,6;2,6\n", "expected commas .* found semicolons"),
        ('h_00,h_10\n"1,5","2,5"\n"1,6","2,6"\n', "h_00 expected numbers, found '1,5' in row 1"),
        ('h_00,h_10\n"1,2\n3,4\n', "expected a CSV table, found: unexpected end of data"),
        ("," + GOOD.replace("\n1", "\n0,1"), "a name of every column, found none of column 1"),
        (GOOD.partition("\n")[2], "expected columns among .*; found 100, 50, 30, 20"),
        (HEAD + "MADC LSB,,,\n", "expected values of features, found none"),
        (HEAD + "True,False,True,True\n" * 2, "h_00 expected numbers, found 'True' in row 1"),
        (HEAD + "1,2,3,4\n1e400,3,4,5\n", "expected finite numbers, found inf"),
        (HEAD + "1,2,3,10%\n2,3,4,5\n", "h_30 expected numbers, found '10%' in row 1"),
        ("trial," + HEAD + "0,1,2,3,4\n0,2,3,4,5\n", "trial .* each row, found 0 twice"),
        ("trial," + HEAD + "a,1,2,3,4\nb,2,3,4,5\n", "trial expected numbers, found 'a'"),
        ("trial," + HEAD + ",1,2,3,4\n1,2,3,4,5\n", "trial expected numbers, found missing"),
        ("h_00\n5\n5\n", "expected trials that differ"),
        (HEAD + "1,2,3,4000\n2,3,4,5\n", "within the readout's range .* found 4000"),
        (HEAD + "1,2,3,inf\n2,3,4,5\n", "expected finite numbers, found inf"),
        (HEAD + "1,2,3,4\n", "expected at least 2 trials, found 1"),
        (HEAD + "1,2,3,4\n1,2,3,4\n", "expected trials that differ"),
        (HEAD + ",,,\n,,,\n", "expected values of features, found none"),
        (HEAD + "nan,nan,nan,nan\n" * 2, "expected values of features, found none"),
        ("trial,time,v_0,v_1,v_2,v_3\n0,0,1,1,1,1\n1,0,1,1,1,1\n1,1,1,1,1,1\n", "trial"),
    ],
)
def test_bad_observations_get_one_line(tmp_path, table, message):
    refused(tmp_path, message, table)


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        ({"target": "onw"}, "experiments.mine.target: expected one of .*own"),
        ({"observable": "frist"}, "experiments.mine.observable: expected one of .*first"),
        ({"observable": "none.py"}, r"experiments\.mine\.observable: none\.py: .* found no file"),
        ({"parameters": "gobal"}, "experiments.mine.parameters: expected one of .*global"),
        ({"model": "chian"}, "experiments.mine.model: expected one of .*chain"),
        ({"prior": {"g_leek": [1, 2]}}, r"experiments\.mine\.prior\.g_leek: expected one of"),
        ({"prior": {"g_leak": [1, 2000]}}, r"experiments\.mine\.prior\.g_leak: expected bounds"),
        ({"parameters": "global_log"}, "global_log: .*g_leak: expected bounds above 0"),
    ],
)
def test_wrong_names_get_one_line(tmp_path, experiment, message):
    refused(tmp_path, message, GOOD, **experiment)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "expected a file to read, found"),
        ("import no_such_module", "found ModuleNotFoundError"),
        (LINE.replace("def measure", "def mesure"), r"expected a function measure"),
        (LINE.replace("trace[:, [0, -1]]", "trace"), r"expected ends of shape \(3, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "trace[:-1, [0, -1]]"), r"found \(2, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "trace[[0, 0, 1, 1], :2]"), r"found \(4, 2\)"),
        (LINE.replace("trace[:, [0, -1]]", "[['a', 'b']] * 3"), "expected numbers in ends"),
    ],
)
def test_bad_model_files_get_one_line(tmp_path, model, message):
    path = tmp_path / "own.py"
    if model is not None:
        path.write_text(model)
    table = "first,last\n0.1,1\n0.2,1.1\n"
    arguments = {"model": str(path), "parameters": "identity", "observable": "ends"}
    refused(tmp_path, message, table, **arguments)


# --- files that are no text with commas


def link(path, target):
    path.symlink_to(target)


PLACES = {
    "folder": (lambda path: path.mkdir(), "expected a file to read, found a folder"),
    "loop": (lambda path: link(path, path.name), "expected a file to read, found"),
    "dangling": (lambda path: link(path, "none.csv"), "expected a file to read, found"),
    "device": (lambda path: link(path, "/dev/zero"), "found no regular file"),
    "pipe": (lambda path: os.mkfifo(path), "found no regular file"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(GOOD.encode())), "in UTF-8, found"),
    "utf-16": (lambda path: path.write_text(GOOD, encoding="utf-16"), "in UTF-8, found"),
    "latin-1": (
        lambda path: path.write_text(HEAD + "µV,,,\n1,2,3,4\n", encoding="latin-1"),
        "expected a CSV table in UTF-8, found the byte 0xb5",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_text_gets_one_line(tmp_path, place):
    make, message = PLACES[place]
    make(tmp_path / "own.csv")
    refused(tmp_path, rf"targets\.own: .*own\.csv: .*{message}")


FOUR = pd.DataFrame({"h_00": [1.0, 2], "h_10": [2.0, 3], "h_20": [3.0, 4], "h_30": [4.0, 5]})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (FOUR > 2, "column h_00 expected numbers, found False in row 1"),
        (FOUR.assign(h_00=pd.to_datetime(["2020-01-01", "2020-01-02"])), "expected numbers, found"),
        (FOUR.assign(h_00=[[1], [2]]), "column h_00 expected numbers, found"),
        (FOUR.assign(h_00=[np.inf, 1]), "expected finite numbers, found inf"),
        (FOUR[:0], "expected a row a trial, found none"),
        (FOUR[["h_00"]].rename(columns={"h_00": "note"}), "found note"),
        (None, "expected a parquet table, found"),
    ],
    ids=["booleans", "dates", "lists", "infinite", "empty", "foreign", "text"],
)
def test_bad_parquet_files_get_one_line(tmp_path, table, message):
    path = tmp_path / "own.parquet"
    if table is None:
        path.write_text(GOOD)
    else:
        table.to_parquet(path)
    refused(tmp_path, message, file=path)


def recorded(step=1.0, count=800):
    """Three trials of traces with a sample each ``step``."""
    time = step * np.arange(count)
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {"trial": trial, "time": time}
            | {f"v_{i}": 300 + rng.normal(size=count) for i in range(4)}
        )
        for trial in range(3)
    ]
    return pd.concat(parts, ignore_index=True)


WHOLE = recorded()
RAGGED_TIME = WHOLE.assign(time=WHOLE["time"] ** 2 / 800)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (WHOLE, None),
        (RAGGED_TIME, None),
        (WHOLE[::-1], "expected increasing times"),
        (WHOLE.sample(frac=1, random_state=0), "expected increasing times"),
        (WHOLE.assign(time=0.0), "expected increasing times"),
        (WHOLE.drop(index=5), "expected 799 samples of every trial, found 800 of trial 1"),
        (recorded(40.0, 20), "at least 5 samples in the 100 after every input, found 2"),
        (recorded(250.0, 4), "samples before and after every input"),
        (WHOLE.assign(time=WHOLE["time"] / 1000), "samples before and after every input"),
        (WHOLE[WHOLE["trial"] == 0], "expected at least 2 trials, found 1"),
        (WHOLE.assign(trial=0), "expected increasing times, found others in trial 0"),
        (WHOLE.assign(v_4=WHOLE["v_0"]), "found v_4"),
        (WHOLE.drop(columns="v_3"), "found time, v_0"),
        (WHOLE.assign(v_1=np.nan, v_0=np.nan, v_2=np.nan, v_3=np.nan), "expected values of feat"),
        (WHOLE.assign(v_0=300.0, v_1=300.0, v_2=300.0, v_3=300.0), "expected trials that differ"),
        (WHOLE.assign(v_0=1e4), "v_0 expected within the readout's range"),
        (WHOLE.assign(v_0=True), "column v_0 expected numbers, found 'True' in row 1"),
    ],
)
def test_bad_traces_get_one_line(tmp_path, table, message):
    text = table.to_csv(index=False)
    if message is None:
        (tmp_path / "own.csv").write_text(text)
        asked(tmp_path)
    else:
        refused(tmp_path, message, text)
