"""A study of few measurements that is disturbed, and whether its tables are those of another."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import yaml

from tests.workflow import QUICK, SOURCES, planned, snakemake

CHAIN = "results/bss2_sim/chain"
EXPERIMENT = "results/bss2_sim/tau_2d"
TARGETS = (f"{CHAIN}/grid.parquet", f"{EXPERIMENT}/samples.parquet")
TINY = {
    "grid": {"steps": 4},
    "target": {"trials": 5},
    "predictive": {"samples": 20, "shown": 20},
    "inference": {"stop_after_epochs": 1},
    "experiments": {"tau_2d": {"rounds": [30, 20], "estimator": {"transforms": 1}}},
}
OTHER_CHIP = {"chip": {"serial": 7}}
MEASURED_TIMES = "cost.parquet"  # of a run, so that no two are equal


def options(folder: Path, overlay: dict | None = None) -> list[str]:
    """Configuration of the small study, changed by an overlay."""
    paths = []
    for name, content in (("tiny", TINY), ("overlay", overlay or {})):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
        paths.append(f"{name}.yaml")
    return [*QUICK, *paths]


def command(folder: Path, overlay: dict | None = None, targets: tuple = TARGETS) -> list[str]:
    """Arguments of Snakemake that make the small study."""
    return ["--cores", "2", *options(folder, overlay), "--", *targets]


def run(
    folder: Path, overlay: dict | None = None, targets: tuple = TARGETS
) -> subprocess.CompletedProcess:
    """Run the small study."""
    return snakemake(folder, *command(folder, overlay, targets))


def plan(folder: Path, overlay: dict | None = None) -> dict[str, int]:
    """Jobs of each rule that would run."""
    return planned(folder, *TARGETS, *options(folder, overlay))


def copied(folder: Path, to: Path) -> Path:
    """Copy of a study with all that it has made, times of files included."""
    for name in (*SOURCES, "results", ".snakemake"):
        source = folder / name
        if source.is_dir():
            shutil.copytree(source, to / name)
        elif source.exists():
            shutil.copy2(source, to / name)
    return to


def differing(folder: Path, expected: Path) -> list[str]:
    """Tables and posteriors of a finished study that a folder lacks or has with other values."""
    names = [
        path.relative_to(expected)
        for path in sorted((expected / "results").rglob("*"))
        if path.suffix in (".parquet", ".pt") and path.name != MEASURED_TIMES
    ]
    assert names
    return [str(name) for name in names if not _same(folder / name, expected / name)]


def _same(one: Path, other: Path) -> bool:
    if not one.is_file():
        return False
    if one.suffix == ".pt":
        return one.read_bytes() == other.read_bytes()
    return pd.read_parquet(one).equals(pd.read_parquet(other))


def leftovers(folder: Path) -> list[str]:
    """Files below the results that are none: temporary ones."""
    return [
        str(path)
        for path in (folder / "results").rglob("*")
        if path.is_file() and (path.name.startswith(".") or path.suffix == ".part")
    ]
