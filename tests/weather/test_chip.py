"""A chip that fails: what is good is kept, the rest is measured again, nothing wrong is taken."""

import random

import numpy as np
import pytest

from analog_sbi.backends import make
from analog_sbi.chip.pynn import simulator
from analog_sbi.errors import BackendError, MeasurementError
from analog_sbi.measuring import accept, measure
from tests import setups
from tests.setups import chain_on
from tests.weather.faults import FAULTS, Faults, install
from tests.weather.studies import TINY
from tests.workflow import QUICK, STAND_IN, copy_of_the_study, planned, snakemake

SETS, RUNS = 6, 24  # measurements of four compartments each
TRIALS = [(fault, once) for once in (False, True) for fault in FAULTS]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield
    simulator.state = None


@pytest.fixture(scope="module")
def calibration():
    return chain_on("bss2_sim").calibrate(np.random.default_rng(3))


def chip(parts, run_limit=60.0):
    infrastructure = {"parts": str(parts), "retry_wait": 0.0, "run_limit": run_limit}
    return make(setups.setup("bss2"), infrastructure)


def measured(backend, calibration):
    theta = np.column_stack([np.linspace(100, 900, SETS), np.full(SETS, 500.0)])
    return measure(
        backend,
        "chain",
        calibration,
        theta,
        "global",
        ["all", "tau"],
        np.random.default_rng(8),
        max_missing=0.1,
    ).table


@pytest.mark.kind("chip")
def test_a_faulty_chip_gives_no_wrong_number(calibration, monkeypatch, tmp_path, number):
    """From the ninth run on, or the ninth run only; then it is repaired."""
    fault, once = TRIALS[number % len(TRIALS)]
    whole = measured(chip(tmp_path / "whole"), calibration)
    with monkeypatch.context() as broken:
        install(Faults(fault, [8] if once else range(8, 1000)), broken.setattr)
        backend, table = chip(tmp_path, 2.0 if fault == "hangs" else 60.0), None
        try:
            table, message = measured(backend, calibration), ""
        except (MeasurementError, BackendError) as error:
            message = str(error)
    assert "\n" not in message
    # what is no matter of the connection is not tried again
    assert (table is not None) == (once and fault not in ("KeyError", "TypeError", "IndexError"))
    if table is not None:
        np.testing.assert_allclose(table["h_00"], whole["h_00"], rtol=0.1)
        assert np.isfinite(table.to_numpy()).all()
        return
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
    repaired = Faults("constant", [])
    install(repaired, monkeypatch.setattr)
    backend = chip(tmp_path)
    np.testing.assert_array_equal(measured(backend, calibration), whole)
    assert repaired.number == RUNS - 8  # two of the measurements were good
    accept(backend)
    assert not list(tmp_path.glob("*.jsonl"))


# Spoils the runs of jobs that measure, as the file ``fault`` says.
BROKEN = """
import sys
from pathlib import Path
if any(word.endswith(".measure.py") for word in sys.orig_argv) and Path("fault").exists():
    sys.path.append({root!r})
    from tests.weather.faults import Faults, install
    install(Faults(Path("fault").read_text(), range(30, 10000)), setattr)
"""
GRID = "results/bss2/chain/grid.parquet"


@pytest.mark.kind("unreachable")
def test_a_job_whose_runs_all_fail_makes_no_table(tmp_path, number):
    fault = random.Random(f"unreachable {number}").choice(sorted(FAULTS.keys() - {"hangs"}))
    folder = copy_of_the_study(tmp_path)
    (folder / "workflow" / "sitecustomize.py").write_text(BROKEN.format(root=str(setups.ROOT)))
    (folder / "fault").write_text(fault)
    (folder / "tiny.yaml").write_text(str(TINY | {"bss2": {"retry_wait": 0.0}}))
    arguments = (*QUICK, "tiny.yaml", "--config", "backend=bss2", STAND_IN)
    done = snakemake(folder, GRID, "--cores", "2", *arguments)
    assert done.returncode != 0
    assert not (folder / GRID).exists()
    assert "ERROR: " in done.stderr
    (kept,) = (folder / "results" / "parts").glob("*.jsonl")
    assert len(kept.read_text().splitlines()) == 1 + 30 // 4
    (folder / "fault").unlink()
    assert planned(folder, GRID, *arguments) == {"search_grid": 1}
    done = snakemake(folder, GRID, "--cores", "2", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    log = (folder / "results/logs/search_grid/bss2_chain.log").read_text()
    assert "9 measurements of 4 runs" in log  # 16 but the 7 that are kept
    assert not list((folder / "results" / "parts").iterdir())
