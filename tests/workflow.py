"""Run Snakemake on this checkout, or on a copy of it, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SNAKEMAKE = Path(sys.executable).with_name("snakemake")
QUICK = ("--configfile", "config/quick.yaml")
STAND_IN = "bss2={module: analog_sbi.chip.pynn}"
SOURCES = ("Snakefile", "workflow", "config", "profiles", "article", "pyproject.toml")


def copy_of_the_study(folder: Path) -> Path:
    """Copy what Snakemake needs, so that a test may edit it, and byte code that is there."""
    being_written = "*.pyc.*"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("*.egg-info", being_written)
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / name)
    return folder


def snakemake(
    folder: Path, *arguments: str, timeout: int = 1800, path: Path | None = None
) -> subprocess.CompletedProcess:
    """Run Snakemake in a folder with its own copy of the study; output as text.

    Commands in the folder ``path`` are found before others.
    """
    own = environment(folder)
    if path is not None:
        own["PATH"] = os.pathsep.join((str(path), own["PATH"]))
    return subprocess.run(
        [str(SNAKEMAKE), *arguments],
        cwd=folder,
        env=own,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def environment(folder: Path) -> dict[str, str]:
    """Environment in which the library of the copy is imported."""
    return {**os.environ, "PYTHONPATH": str(folder / "workflow")}


def start(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start Snakemake in the background, as leader of a process group of its own."""
    return subprocess.Popen(
        [str(SNAKEMAKE), *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(path: Path, process: subprocess.Popen, seconds: float = 120) -> None:
    """Wait until a file is there while a process runs."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, f"ended with {process.returncode} before {path}"
        assert time.monotonic() < end, f"no {path} after {seconds} s"
        time.sleep(0.05)


def planned(folder: Path, *arguments: str) -> dict[str, int]:
    """Jobs of each rule that a dry-run would run, without target rules."""
    done = snakemake(folder, *arguments, "--dry-run", "--quiet", "host", "reason")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", output, re.MULTILINE | re.DOTALL)
    if table is None:
        return {}
    pairs = (line.rsplit(maxsplit=1) for line in table.group(1).splitlines() if line.strip())
    return {
        name: int(count) for name, count in pairs if not re.fullmatch(r"figure\d+|all|claims", name)
    }
