"""The whole study on small budgets, as a user runs it."""

import os
import shutil
import signal
from pathlib import Path

import pandas as pd
import pytest

from analog_sbi.checks.register import CLAIMS
from tests.workflow import QUICK, copy_of_the_study, planned, snakemake, start, wait_for


def run(folder: Path, *arguments: str, cores: int = 2) -> str:
    done = snakemake(folder, "--cores", str(cores), *arguments, *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tables(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results").rglob("*.parquet"))
    }


def test_it_ends_in_figure_and_table(quick_study):
    assert (quick_study / "results/figures/figure3.svg").stat().st_size > 10_000
    assert (quick_study / "results/figures/figure3.png").stat().st_size > 10_000
    table = pd.read_parquet(quick_study / "results/claims.parquet")
    assert list(table.columns) == ["id", "figure", "paper", "value", "criterion", "holds"]
    assert list(table["id"]) == [claim.id for claim in CLAIMS]
    of_figure = table[table["id"].str.match("grid|tau|first|target|membrane|synapse")]
    assert of_figure["holds"].notna().all()
    assert (quick_study / "results/claims.md").read_text().startswith("# Claims")


def test_a_second_call_has_nothing_to_do(quick_study):
    assert planned(quick_study, "figure3", *QUICK) == {}


def test_every_rule_wrote_its_log(quick_study):
    logs = list((quick_study / "results/logs").rglob("*.log"))
    assert logs
    assert all("done" in log.read_text() for log in logs)


def test_equal_configurations_give_equal_tables_on_any_number_of_cores(quick_study, tmp_path):
    again = copy_of_the_study(tmp_path)
    run(again, "figure3", cores=1)
    first, second = tables(quick_study), tables(again)
    assert set(first) == set(second)
    differing = [name for name in first if first[name] != second[name]]
    assert differing == []


def test_a_killed_study_goes_on_to_the_same_result(quick_study, tmp_path):
    folder = copy_of_the_study(tmp_path)
    process = start(folder, "--cores", "2", "figure3", *QUICK)
    wait_for(folder / "results/bss2_sim/tau_2d/round_0/posterior.pt", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    complete = folder / "results/bss2_sim/calibration.parquet"
    before = complete.stat().st_mtime_ns
    run(folder, "figure3")
    assert complete.stat().st_mtime_ns == before
    expected = tables(quick_study)
    found = tables(folder)
    differing = [name for name in found if found[name] != expected[name]]
    assert differing == []


@pytest.mark.parametrize("length", [3, 6])
def test_chains_of_other_lengths(length, tmp_path):
    folder = copy_of_the_study(tmp_path)
    overlay = folder / "length.yaml"
    overlay.write_text(f"chain: {{length: {length}}}\n")
    done = snakemake(folder, "--cores", "2", "figure3", *QUICK, str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    grid = pd.read_parquet(folder / "results/bss2_sim/grid.parquet")
    assert f"h_{length - 1}{length - 1}" in grid.columns
    assert (folder / "results/figures/figure3.svg").is_file()


@pytest.mark.parametrize("name", ["grid.parquet", "tau_2d/round_0/posterior.pt"])
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
