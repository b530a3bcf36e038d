"""Garbage collection of processes that mostly import and end: Snakemake's own and those of jobs."""

from __future__ import annotations

import atexit
import gc

# ASSUME: so many that an import of sbi takes no longer than without any collection; mypy, which
# does the same, takes 200 000.
ALLOCATIONS = 50_000
YOUNGER_COLLECTIONS = 30


def collect_seldom() -> None:
    """Collect garbage seldom, and not at the end of this process.

    With Python's thresholds a quarter of a dry-run and a third of a short job are collections that
    find nothing: of the objects of imported modules, while these are made and once more at the end.
    """
    gc.set_threshold(ALLOCATIONS, YOUNGER_COLLECTIONS, YOUNGER_COLLECTIONS)
    atexit.register(gc.freeze)
