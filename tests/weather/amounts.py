"""How many trials of each kind: a selection of seeded ones, or all, or a share of all.

``WEATHER=1 pytest tests/weather`` runs all of them (``make weather``), ``WEATHER=0.1`` a tenth.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Kind:
    """Trials of a kind: in words, how many are selected and how many there are; what came of it."""

    words: str
    selected: int
    all: int
    tried: int = 0
    survived: int = 0

    @property
    def count(self) -> int:
        """Number of trials of this run."""
        share = os.environ.get("WEATHER")
        return max(1, round(float(share) * self.all)) if share else self.selected

    @contextmanager
    def trials(self, number: int) -> Iterator[None]:
        """Count several trials, which survive together if nothing is raised."""
        self.tried += number
        yield
        self.survived += number

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Count a trial, which survives if nothing is raised."""
        self.tried += 1
        yield
        self.survived += 1


KINDS = {
    "kill": Kind(
        "a run, or one of its jobs, is killed at any time; the same command ends in the tables of "
        "an undisturbed run",
        2,
        120,
    ),
    "changed": Kind(
        "a number, the algorithm or the chip is changed in a finished study and a run or job is "
        "killed; the same command ends in the tables of a fresh run",
        2,
        120,
    ),
    "orphan": Kind(
        "a killed run leaves a job that still works while a run with other settings finishes; the "
        "job does not overwrite its tables",
        1,
        20,
    ),
    "algorithm": Kind(
        "the algorithm or the chip is changed in a finished study, with and without Snakemake's "
        "records; what depends on it is made again",
        1,
        10,
    ),
    "foreign": Kind(
        "a table or posterior is edited, halved, emptied or replaced by one of another chip; it is "
        "refused in one line or made again",
        2,
        60,
    ),
    "disk": Kind(
        "no file may grow beyond some size; nothing half-written is taken for a result afterwards",
        1,
        40,
    ),
    "parquet": Kind("one bit of a table is flipped; noticed or without effect", 60, 300),
    "posterior": Kind("one bit of a posterior is flipped; noticed or without effect", 60, 300),
    "configuration": Kind(
        "one or two values of the configuration are replaced by strange ones; accepted or refused "
        "in one line",
        200,
        5000,
    ),
    "chip": Kind(
        "the chip fails once or for good, in one of many ways; what is good is kept, what is not "
        "is measured again, and never a wrong number",
        6,
        42,
    ),
    "unreachable": Kind(
        "every run of the chip fails in a job; no table is written, and the chip is measured as "
        "soon as it is repaired",
        1,
        8,
    ),
}


def table() -> str:
    """Trials of this run as a table in Markdown."""
    lines = ["| trial | tried | survived | failed |", "|---|---|---|---|"]
    for kind in KINDS.values():
        if kind.tried:
            failed = kind.tried - kind.survived
            lines.append(f"| {kind.words} | {kind.tried} | {kind.survived} | {failed} |")
    return "\n".join(lines) + "\n"
