"""The whole study on small budgets, as a user runs it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from analog_sbi.artifacts import read_metadata, read_plain
from analog_sbi.lineage import stored_key
from analog_sbi.models import chain
from analog_sbi.paper import registry
from analog_sbi.paper.table import cell
from tests.workflow import QUICK, ROOT, copy_of_the_study, planned, snakemake, start, wait_for


def run(folder: Path, *arguments: str, cores: int = 2) -> str:
    done = snakemake(folder, "--cores", str(cores), *arguments, *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tables(folder: Path) -> dict[str, bytes]:
    """Contents of all tables and posteriors but those of times, which differ."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results").rglob("*.*"))
        if path.suffix in {".parquet", ".pt"} and path.stem != "cost"
    }


def test_it_ends_in_figure_and_table(quick_study):
    for number in range(2, 10):
        for kind in ("svg", "png"):
            path = quick_study / f"results/figures/figure{number}.{kind}"
            assert path.stat().st_size > 10_000
    table = pd.read_parquet(quick_study / "results/claims.parquet")
    assert list(table.columns) == ["id", "figure", "paper", "value", "criterion", "holds"]
    numbered = registry.numbered()
    of_figures = [claim.id for claim in registry.claims() if claim.module in numbered]
    assert list(table["id"]) == of_figures
    assert table["holds"].notna().all()
    assert (quick_study / "results/claims.md").read_text().startswith("# Claims")
    keys = {
        stored_key(quick_study / f"results/claims.{kind}") for kind in ("md", "html", "parquet")
    }
    assert len(keys) == 1
    assert keys != {None}


@pytest.mark.parametrize("name", ["samples", "density", "round_0/parameters"])
def test_tables_of_parameters_have_their_units(quick_study, name):
    units = read_metadata(quick_study / f"results/bss2_sim/tau_2d/{name}.parquet")["units"]
    assert units == {"g_leak": "DAC code", "g_axial": "DAC code"}


def test_a_second_call_has_nothing_to_do(quick_study):
    assert planned(quick_study, "all", *QUICK) == {}


def test_every_rule_wrote_its_log(quick_study):
    logs = list((quick_study / "results/logs").rglob("*.log"))
    assert logs
    assert all("done" in log.read_text() for log in logs)


def test_equal_configurations_give_equal_tables_on_any_number_of_cores(quick_study, tmp_path):
    again = copy_of_the_study(tmp_path)
    run(again, "figure3", cores=1)
    first, second = tables(quick_study), tables(again)
    assert set(second) <= set(first)
    differing = [name for name in second if first[name] != second[name]]
    assert differing == []


def test_a_killed_study_goes_on_to_the_same_result(quick_study, tmp_path):
    folder = copy_of_the_study(tmp_path)
    process = start(folder, "--cores", "2", "figure3", *QUICK)
    wait_for(folder / "results/bss2_sim/chain/targets/centre.parquet", process)
    time.sleep(1)  # into the training
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    complete = folder / "results/bss2_sim/chain/calibration.parquet"
    before = complete.stat().st_mtime_ns
    run(folder, "figure3")
    assert complete.stat().st_mtime_ns == before
    expected = tables(quick_study)
    found = tables(folder)
    differing = [name for name in found if found[name] != expected[name]]
    assert differing == []


def test_a_running_study_keeps_others_out_and_a_killed_one_does_not(tmp_path):
    folder = copy_of_the_study(tmp_path)
    target = "results/bss2_sim/chain/calibration.parquet"
    process = start(folder, "--cores", "1", "figure3", *QUICK)
    wait_for(folder / target, process)
    (owner,) = (folder / ".snakemake/owners").iterdir()  # jobs are no owners
    assert owner.stem.endswith(f"-{process.pid}")
    planned(folder, "figure3", *QUICK)
    second = snakemake(folder, "figure3", "--cores", "1", *QUICK)
    assert second.returncode != 0
    assert "cannot be locked" in second.stdout + second.stderr
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list((folder / ".snakemake/locks").iterdir())
    run(folder, target, "--force")


@pytest.mark.parametrize("length", [3, 12])
def test_chains_of_other_lengths(length, tmp_path):
    folder = copy_of_the_study(tmp_path)
    overlay = folder / "length.yaml"
    overlay.write_text(f"chain: {{length: {length}}}\n")
    done = snakemake(folder, "--cores", "2", "figure3", *QUICK, str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    grid = pd.read_parquet(folder / "results/bss2_sim/chain/grid.parquet")
    last = chain.height_name(length - 1, length - 1, length)
    assert last == ("h_22" if length == 3 else "h_11_11")
    assert last in grid.columns
    assert (folder / "results/figures/figure3.svg").is_file()


@pytest.mark.parametrize("name", ["chain/grid.parquet", "tau_2d/round_1/posterior.pt"])
def test_a_truncated_artifact_is_named(quick_study, tmp_path, name):
    folder = tmp_path / "study"
    shutil.copytree(quick_study, folder)
    path = folder / "results/bss2_sim" / name
    path.write_bytes(path.read_bytes()[:200])
    targets = ["results/bss2_sim/tau_2d/density.parquet", "results/claims/figure3.parquet"]
    done = snakemake(
        folder, *targets, "--cores", "1", "--rerun-triggers", "input", "--force", *QUICK
    )
    assert done.returncode != 0
    assert f"{path.relative_to(folder)}: expected" in done.stderr


def test_measuring_imports_neither_torch_nor_sbi():
    code = """
import runpy, sys
for name in ("calibrate", "characterize", "record_traces", "measure", "read_target"):
    runpy.run_path(f"workflow/scripts/{name}.py", run_name="imported")
from analog_sbi.backends import make
from tests.setups import setup
make(setup("bss2_sim"))
heavy = {"torch", "sbi", "scipy.special", "scipy.stats", "arbor", "matplotlib"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_rounds_as_jobs_give_the_same_study(quick_study, tmp_path):
    folder = copy_of_the_study(tmp_path)
    target = "results/bss2_sim/tau_2d/predictive.parquet"
    done = snakemake(folder, target, "--cores", "2", *QUICK, "--config", "rounds_as=jobs")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("round_0/parameters", "round_1/parameters", "round_1/observations", "predictive"):
        path = f"results/bss2_sim/tau_2d/{name}.parquet"
        pd.testing.assert_frame_equal(*(pd.read_parquet(r / path) for r in (quick_study, folder)))
    name = "results/bss2_sim/tau_2d/round_1/posterior.pt"
    ours, theirs = (read_plain(root / name)["state"] for root in (quick_study, folder))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_stock_training_gives_the_same_study(quick_study, tmp_path):
    folder = copy_of_the_study(tmp_path)
    target = "results/bss2_sim/first_2d/samples.parquet"
    done = snakemake(folder, target, "--cores", "2", *QUICK, "--config", "training=sbi")
    assert done.returncode == 0, done.stdout + done.stderr
    for number in range(2):
        name = f"results/bss2_sim/first_2d/round_{number}/posterior.pt"
        ours, theirs = (read_plain(root / name) for root in (quick_study, folder))
        for mine, other in zip(ours["history"], theirs["history"], strict=True):
            assert mine["epochs"] == other["epochs"]
            assert abs(mine["best_validation_loss"] - other["best_validation_loss"]) < 1e-3


def test_the_table_of_the_readme_is_filled_from_a_run(quick_study, tmp_path):
    page = tmp_path / "README.md"
    shutil.copy(ROOT / "README.md", page)
    command = [sys.executable, "-m", "analog_sbi.report", "results/claims.parquet", str(page)]
    subprocess.run(command, cwd=quick_study, check=True)
    row = pd.read_parquet(quick_study / "results/claims.parquet").set_index("id").loc["target-tau"]
    assert f"| {cell(row['paper'])} | {cell(row['value'])} |" in page.read_text()
    assert r"tau\* = " in page.read_text()
