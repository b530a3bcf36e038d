"""What bad input gets: one line before any job, for every file and name of a question."""

import gzip
import os
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from analog_sbi.backends import Setup, make
from analog_sbi.errors import ConfigurationError
from analog_sbi.study import load, posing
from tests.setups import LINE, MODULE, configuration
from tests.workflow import copy_of_the_study, snakemake


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


def returning(ends):
    """The model's file with another signal ``ends``."""
    return LINE.replace("trace[:, [0, -1]]", ends)


def mapped(inputs):
    """The model's file with a map from parameters t to inputs of its own."""
    return (
        LINE + "from analog_sbi.models import Mapped\n"
        f"parameterizations = {{'identity': lambda space: Mapped(space, lambda t: {inputs})}}\n"
    )


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
        (LINE.replace("trace[:, [0, -1]]", "[[1], [1, 2], [3]]"), "expected numbers in ends"),
        (returning("1j * trace[:, :2]"), "expected numbers in ends, found values of type complex"),
        (returning("trace[:, :2] > 0"), "expected numbers in ends, found values of type bool"),
        (returning("trace[:, :2].astype(str)"), "expected numbers in ends, found values of type"),
        (returning("trace[:, :2].astype(object)"), "expected numbers in ends, found .* object"),
        (returning("trace[:, :2].astype('datetime64[s]')"), "found values of type datetime64"),
        (returning("trace[:, 0]"), r"expected ends of shape \(3, 2\) .* found \(3,\)"),
        (returning("trace[:, :2].T"), r"found \(2, 3\)"),
        (returning("np.nan * trace[:, :2]"), "one of 20 parameter sets of the prior, found none"),
        (returning("1 / 0"), "of 20 parameter sets .* found none: .*ZeroDivisionError"),
        (returning("exit(3)"), "of 20 parameter sets .* found none: .*SystemExit: 3"),
        (LINE.replace("(inputs, generator)", "(inputs)"), "found none: .*TypeError"),
        ("\0", "expected Python, found"),
        ("def f(:", "expected Python, found"),
        ("raise SystemExit", "can be imported, found SystemExit"),
        ("class Own(BaseException): pass\nraise Own('x\\ny')", "can be imported, found Own: x y"),
        (LINE.replace('"slope", "offset"', "1, 2"), "expected names that are text, found 1"),
        (LINE.replace("Signal((2,)", "Signal(2"), "expected a tuple of sizes or None as shape"),
        (LINE.replace("(-100.0, 100.0)", "(1, -1)"), r"expected limits \(low, high\), found"),
        (LINE.replace("(-100.0, 100.0)", "5"), r"expected limits \(low, high\), found 5"),
        (LINE + "parameterizations = 5", "expected parameterizations of type dict, found int"),
        (LINE + "tabulated = 5", "expected tabulated of type list, found int"),
        (mapped("t[:, :1]"), r"expected inputs of shape \(N, 2\), found \(3, 1\)"),
        (mapped("t * np.nan"), "expected finite inputs"),
        (LINE.replace('("first", "last")', '("slope", "last")'), "of different names.*slope"),
        (LINE.replace('("first", "last")', '("seed", "last")'), "of different names.*found seed"),
        (LINE.replace('("first", "last")', '("last", "last")'), "expected different names"),
        (LINE.replace('lambda s: s["ends"])', 'lambda s: s["ends"][1:])'), "3 rows, found 2"),
        (LINE.replace('lambda s: s["ends"])', 'lambda s: s["ends"][:, :1])'), r"\(N, 2\)"),
    ],
)
def test_bad_model_files_get_one_line(tmp_path, model, message):
    path = tmp_path / "own.py"
    if model is not None:
        path.write_text(model)
    names = "slope,last" if '("slope", "last")' in (model or "") else "first,last"
    table = f"{names}\n0.1,1\n0.2,1.1\n"
    arguments = {"model": str(path), "parameters": "identity", "observable": "ends"}
    refused(tmp_path, rf"experiments\.mine\.(model|observable): .*{message}", table, **arguments)


@pytest.mark.parametrize("name", ["1 2.py", "a.b.py", "a|b.py", "a+b.py", ".py"])
def test_a_model_file_is_named_by_letters(tmp_path, name):
    (tmp_path / name).write_text(LINE)
    arguments = {"model": str(tmp_path / name), "parameters": "identity", "observable": "ends"}
    refused(tmp_path, "expected a file named by letters, digits, _ and -", GOOD, **arguments)


def test_a_model_may_change_the_inputs_it_is_given(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(LINE.replace("    slope, off", "    inputs[:] = 0\n    slope, off", 1))
    theta = np.ones((4, 2))
    make(Setup("function", str(path))).measure(
        pd.DataFrame(), theta, np.random.default_rng(0), ["ends"]
    )
    assert (theta == 1).all()


OBSERVABLE = '''"""Sum of the heights after an input to compartment 0."""

from analog_sbi.models import Features


def observable(signals):
    return Features(("area",), ("LSB",), ("heights",), lambda s: s["heights"].sum(axis=1)[:, :1])
'''
SUM = 's["heights"].sum(axis=1)[:, :1]'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OBSERVABLE, None),
        (OBSERVABLE.replace("def observable", "def observe"), "a function observable"),
        (OBSERVABLE.replace('"heights",)', '"hights",)'), "needs among .*heights.*found 'hights'"),
        (OBSERVABLE.replace("[:, :1]", ""), r"expected shape \(N, 1\), found \(3, 4\)"),
        (OBSERVABLE.replace("[:, :1]", "[1:, :1]"), "expected 3 rows, found 2"),
        (OBSERVABLE.replace("[:, :1]", "[:, 0]"), r"expected shape \(N, 1\), found \(3,\)"),
        (OBSERVABLE.replace(SUM, f"{SUM} > 0"), "found values of type bool"),
        (OBSERVABLE.replace(SUM, f"{SUM}.astype(str)"), "expected numbers in observable of area"),
        (OBSERVABLE.replace('("area",)', '("g_leak",)'), "of different names.*found g_leak"),
        (OBSERVABLE.replace('("area",)', '"area"'), "expected tuples of names"),
        ("import no_such_module", "found ModuleNotFoundError"),
        ("1 +", "found SyntaxError"),
    ],
)
def test_bad_observable_files_get_one_line(tmp_path, content, message):
    path, table = tmp_path / "area.py", "area\n100\n101\n"
    path.write_text(content)
    if message is None:
        (tmp_path / "own.csv").write_text(table)
        asked(tmp_path, observable=str(path))
    else:
        message = rf"experiments\.mine\.observable: .*{message}"
        refused(tmp_path, message, table, observable=str(path))


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
    write, message = PLACES[place]
    write(tmp_path / "own.csv")
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


# --- by command


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory):
    folder = copy_of_the_study(tmp_path_factory.mktemp("study"))
    (folder / "good.csv").write_text(GOOD)
    (folder / "one.csv").write_text(HEAD + "1,2,3,4\n")
    (folder / "model.py").write_text(LINE.replace("trace[:, [0, -1]]", "trace[1:, [0, -1]]"))
    (folder / "ends.csv").write_text("first,last\n0.1,1\n0.2,1.1\n")
    return folder


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({}, "experiment: infer expected one of .*mine"),
        ({"experiment": "mien"}, "experiment: expected one of .*mine"),
        ({"experiment": "mine"}, r"targets\.own: none\.csv: expected a file to read"),
        ({"experiment": "mine", "file": "one.csv"}, r"targets\.own: .* 2 trials, found 1"),
        (
            {
                **{"experiment": "mine", "file": "ends.csv", "model": "model.py"},
                **{"parameters": "identity", "observable": "ends"},
            },
            r"experiments\.mine\.model: model\.py: expected ends of shape \(3, 2\)",
        ),
    ],
    ids=["unnamed", "misnamed", "missing", "short", "rows"],
)
def test_a_command_ends_in_one_line_before_any_job(study_folder, question, message):
    mine = {"parameters": "global", "observable": "first", "rounds": [100], "seeds": 1}
    own = {key: question[key] for key in ("model", "parameters", "observable") if key in question}
    file = question.get("file", "good.csv" if question.get("experiment") != "mine" else "none.csv")
    content = {
        "targets": {"own": {"file": file}},
        "experiments": {"mine": {**mine, **own, "target": "own"}},
        **{key: question[key] for key in ("experiment",) if key in question},
    }
    (study_folder / "question.yaml").write_text(yaml.safe_dump(content))
    done = snakemake(study_folder, "--cores", "1", "--configfile", "question.yaml", "--", "infer")
    assert done.returncode == 1
    told = done.stdout + done.stderr
    lines = [line for line in told.splitlines() if line.startswith("configuration: ")]
    assert len(lines) == 1
    assert re.match(rf"configuration: .*{message}", lines[0])
    assert "Traceback" not in told
    assert not (study_folder / "results" / "bss2_sim").exists()
    assert not (study_folder / "results" / "function").exists()


WIDE = {"length": 65}
BRANCHED = {"parents": [None, 0, 0, 0, 1, 2, 3]}


@pytest.mark.parametrize(
    ("backend", "chain", "message"),
    [
        ("bss2_sim", WIDE, r"chain\.length: expected at most 64 compartments.*found 65"),
        ("bss2", WIDE, r"chain\.length: expected at most 64 compartments.*found 65"),
        ("bss2_sim", BRANCHED, r"chain\.parents: .*found compartment 0 between 3"),
        ("bss2", BRANCHED, r"chain\.parents: .*found compartment 0 between 3"),
        ("arbor", WIDE, None),
        ("arbor", BRANCHED, None),
    ],
)
def test_what_no_chip_can_wire_is_refused_on_the_chip_alone(study_folder, backend, chain, message):
    mine = {"parameters": "global", "observable": "first", "rounds": [100], "seeds": 1}
    content = {
        "chain": chain,
        "bss2": {"module": MODULE},
        "targets": {"spot": {"position": [0.5, 0.5]}},
        "experiments": {"mine": {**mine, "target": "spot"}},
        "experiment": "mine",
        "backend": backend,
    }
    (study_folder / "tree.yaml").write_text(yaml.safe_dump(content))
    done = snakemake(study_folder, "--dry-run", "--configfile", "tree.yaml", "--", "infer")
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    if message is None:
        assert done.returncode == 0, told
        assert "certify" in told
    else:
        assert done.returncode == 1
        lines = [line for line in told.splitlines() if line.startswith("configuration: ")]
        assert len(lines) == 1
        assert re.match(f"configuration: {message}", lines[0])
