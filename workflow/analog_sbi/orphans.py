"""Jobs whose run is gone end themselves, before they write what a later run no longer wants.

A killed Snakemake leaves its jobs running. Their results would overwrite those of the next run,
and on the chip both would measure.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

INTERVAL_S = 1.0
STATUS = 1  # of a job that ends for this reason


def runs() -> list[psutil.Process]:
    """The Snakemake processes of this host that this one descends from."""
    try:
        return [process for process in psutil.Process().parents() if _is_snakemake(process)]
    except psutil.Error:
        return []


def gone(processes: Sequence[psutil.Process]) -> bool:
    """Whether one of these has ended; a process that follows under its number is another one."""
    return any(not _running(process) for process in processes)


@contextmanager
def ending_with_the_run() -> Iterator[None]:
    """End this process within seconds when one of the runs that it belongs to ends."""
    parents, done = runs(), threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL_S):
            if gone(parents):
                logging.error("the run that this job belongs to has ended; nothing is written")
                os._exit(STATUS)

    if parents:
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _is_snakemake(process: psutil.Process) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(word.rpartition("/")[2] == "snakemake" for word in words[:3])
