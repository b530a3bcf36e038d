"""Kills at random times, many in a run that is started again after each that ends it.

A time is that of the processor, which a job, or the run before its first one, has used: so that
it falls into the same part of the work however busy the machine is.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.weather.studies import command
from tests.workflow import start

STARTING_S, WORKING_S = 5.0, 5.0
"""Longest times until a kill of what starts, and of a job: about what the longest of them uses."""
JOBS = ".snakemake/scripts/"
VICTIMS = {"job": 6, "all": 2, "run": 2, "starting": 1}
"""Whom a kill hits, and how often: a job, a run with its jobs or without, a run without jobs."""


def disturbed(
    folder: Path, rng: random.Random, kills: int, overlay: dict | None = None
) -> list[str]:
    """Run the small study until it is done or has been hit by so many kills; whom they hit."""
    hit: list[str] = []
    while len(hit) < kills:
        process = start(folder, "--keep-going", "--retries", "3", *command(folder, overlay))
        try:
            while len(hit) < kills and (victim := _strike(process, rng)):
                hit.append(victim)
            status = process.wait(timeout=600)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        if status == 0:
            break
    return hit


def _strike(process: subprocess.Popen, rng: random.Random) -> str:
    """Kill at the next random time, whom it names; "" if the run has ended before."""
    victim = rng.choices(list(VICTIMS), list(VICTIMS.values()))[0]
    if victim == "starting":
        reached = _used(process, [psutil.Process(process.pid)], rng.uniform(0.2, STARTING_S))
    else:
        reached = _used(process, None, rng.uniform(0.0, WORKING_S))
    if reached is None:
        return ""
    try:
        if victim == "job":
            reached.kill()
            reached.wait(timeout=60)
        elif victim == "run":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return ""
    return victim


def _used(
    process: subprocess.Popen, watched: Sequence[psutil.Process] | None, seconds: float
) -> psutil.Process | None:
    """The first process that has used so much time: of those watched, or of all jobs."""
    while process.poll() is None:
        for one in _jobs(process) if watched is None else watched:
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            if times.user + times.system >= seconds:
                return one
        time.sleep(0.02)
    return None


def _jobs(process: subprocess.Popen) -> list[psutil.Process]:
    jobs = []
    try:
        for child in psutil.Process(process.pid).children(recursive=True):
            try:
                words = child.cmdline()
            except psutil.NoSuchProcess:
                continue
            if any(word.endswith(".py") and JOBS in word for word in words[1:]):
                jobs.append(child)
    except psutil.NoSuchProcess:
        pass
    return jobs
