"""A job ends with one line for what is wrong with its inputs or its log."""

from analog_sbi.jobs import job

import logging
from types import SimpleNamespace

import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, read_metadata, table_schema, write_table

SCHEMA = table_schema(numbers=("tau",))
TABLE = pd.DataFrame({"tau": [1.0]})


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], root.level, logging.raiseExceptions = before
    logging.captureWarnings(False)


def run(folder, *paths, **params):
    log = [str(folder / "job.log")]
    return SimpleNamespace(rule="measure", input=paths, params=params, log=log)


def test_what_a_job_writes_carries_its_key_and_those_of_its_inputs(tmp_path):
    path = str(tmp_path / "a.parquet")
    with job(run(tmp_path, seed=1, key="k0", input_keys={})) as maker:
        write_table(TABLE, path, SCHEMA, maker)
    with job(run(tmp_path, seed=1, key="k1", input_keys={path: "k0"})) as maker:
        write_table(TABLE, tmp_path / "b.parquet", SCHEMA, maker)
    lineage = read_metadata(tmp_path / "b.parquet")["lineage"]
    assert lineage == {"key": "k1", "inputs": {path: "k0"}}


def test_an_input_of_another_lineage_ends_a_job_before_it_begins(tmp_path, capsys):
    path = str(tmp_path / "a.parquet")
    write_table(TABLE, path, SCHEMA, Maker("measure", "digest", "k0"))
    begun = False
    with pytest.raises(SystemExit), job(run(tmp_path, key="k1", input_keys={path: "other"})):
        begun = True
    assert not begun
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ERROR: {path}: expected the lineage other, found k0")
    assert "Traceback" not in (tmp_path / "job.log").read_text()


def test_without_keys_nothing_is_checked(tmp_path):
    with job(run(tmp_path, seed=1)) as maker:
        assert maker == Maker.of("measure", {"seed": 1})
        assert "lineage" not in maker.facts()


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    with (
        pytest.raises(SystemExit, match=r"^ERROR: .*missing/job\.log: expected to write the log"),
        job(run(tmp_path / "missing", seed=1)),
    ):
        pass


def test_a_mixture_ends_figures_and_claims_before_they_begin(tmp_path, capsys):
    root = str(tmp_path / "calibration.parquet")
    paths = [str(tmp_path / name) for name in ("grid.parquet", "target.parquet")]
    for path, used in zip(paths, ("k0", "new"), strict=True):
        with job(run(tmp_path, key=used, input_keys={})) as maker:
            write_table(TABLE, root, SCHEMA, maker)
        with job(run(tmp_path, key="k1", input_keys={root: used})) as maker:
            write_table(TABLE, path, SCHEMA, maker)
    with job(run(tmp_path, *paths, key="k2", input_keys={})):  # a job that may
        pass
    with job(run(tmp_path, paths[0], key="k2", input_keys={}), unmixed=True):
        pass
    with pytest.raises(SystemExit), job(run(tmp_path, *paths, key="k2"), unmixed=True):
        raise AssertionError("begun")
    told = capsys.readouterr().err.splitlines()
    assert len([line for line in told if "found" in line]) == 1
    assert f"{paths[1]}: expected to be made from what all the rest" in told[-1]
