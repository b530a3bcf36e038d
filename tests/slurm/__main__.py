"""The quick Figure 3 through Slurm: ``make test-slurm``, or ``python -m tests.slurm [FOLDER]``.

Starts a Slurm of one node, runs the study with profiles/slurm on it, and once more without Slurm,
and compares all tables and posteriors: where jobs run changes no result. Left out of the profile
is what names a chip and its container. FOLDER (default: a temporary one) keeps everything.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import yaml

from tests.slurm.one_node import SlurmError, one_node
from tests.weather.studies import differing
from tests.workflow import QUICK, SNAKEMAKE, copy_of_the_study, environment

PLUGIN = "snakemake_executor_plugin_slurm"
CHIP = ("software-deployment-method", "apptainer-args")
TARGET = "figure3"
ON_SLURM = (
    *("--slurm-status-command", "squeue"),
    *("--slurm-init-seconds-before-status-checks", "5"),
    "--slurm-no-account",
)
PROFILE = "profiles/one_node"


def without_chip(profile: dict) -> dict:
    """profiles/slurm on a cluster that has no chip: no container, no wafer; files appear soon."""
    kept = {name: value for name, value in profile.items() if name not in CHIP}
    rules = {
        rule: {name: value for name, value in resources.items() if name != "slurm_extra"}
        for rule, resources in profile["set-resources"].items()
    }
    return {**kept, "set-resources": rules, "latency-wait": 10}


def copied(folder: Path) -> Path:
    """A copy of the study with a profile for one node."""
    folder.mkdir(parents=True)
    copy_of_the_study(folder)
    shipped = yaml.safe_load((folder / "profiles/slurm/profile.yaml").read_text())
    (folder / PROFILE).mkdir()
    (folder / PROFILE / "profile.yaml").write_text(yaml.safe_dump(without_chip(shipped)))
    return folder


def run(folder: Path, own: dict[str, str], log: Path, *arguments: str) -> float:
    """Run the quick study in a folder, its output in ``log``; the time it took in s."""
    started = time.monotonic()
    with log.open("w") as output:
        done = subprocess.run(
            [str(SNAKEMAKE), *arguments, *QUICK, "--", TARGET],
            cwd=folder,
            env={**own, "PYTHONPATH": environment(folder)["PYTHONPATH"] + _plugins()},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise SlurmError(f"expected {TARGET}, found exit status {done.returncode}; see {log}")
    return time.monotonic() - started


def _plugins() -> str:
    """Where Python finds more than in its environment, behind the copy of the library."""
    more = os.environ.get("PYTHONPATH", "")
    return os.pathsep + more if more else ""


def main(arguments: list[str]) -> int:
    """Print what was run and found; the exit status."""
    if importlib.util.find_spec(PLUGIN) is None:
        print(f"expected {PLUGIN}, found none; pip install --requirement envs/slurm.lock")
        return 2
    where = Path(arguments[0]) if arguments else Path(tempfile.mkdtemp(prefix="slurm-"))
    where = where.resolve()
    on_slurm, without = (copied(where / name) for name in ("on_slurm", "without"))
    cores, memory_mb = psutil.cpu_count() or 1, psutil.virtual_memory().total // 2**20
    try:
        with one_node(where / "slurm", cores, memory_mb) as slurm:
            log = where / "slurm.log"
            seconds = run(on_slurm, slurm, log, "--workflow-profile", PROFILE, *ON_SLURM)
        told = log.read_text()
        jobs = sorted(set(map(int, re.findall(r"SLURM jobid (\d+)", told))))
        print(f"{TARGET} on Slurm: {len(jobs)} Slurm jobs in {seconds:.0f} s; log: {log}")
        log = where / "without.log"
        seconds = run(without, dict(os.environ), log, "--cores", str(cores))
        print(f"{TARGET} without: {seconds:.0f} s; log: {log}")
    except SlurmError as error:
        print(error)
        return 1
    wrong = differing(on_slurm, without)
    print(f"tables and posteriors that differ: {', '.join(wrong) or 'none'}")
    return 1 if wrong or not jobs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
