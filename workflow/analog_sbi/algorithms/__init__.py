"""Algorithms beside SNPE in rounds of jobs: each runs as a whole, asking for emulations as it goes.

Every module here offers functions ``run(simulate, task, seed) -> Outcome``; ``ALGORITHMS`` names
them. Letters for shapes: N emulations or samples, D parameters, F features of the observation.
"""

from __future__ import annotations

import contextlib
import io
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rules ask for names only, and need not wait for torch
    from analog_sbi.algorithms.task import Outcome, Simulate, Task

ALGORITHMS = {
    "snpe_c": "snpe.atomic",
    "tsnpe": "snpe.truncated",
    "snle": "surrogate.likelihood",
    "snre": "surrogate.ratio",
    "mcabc": "approximate.rejection",
    "smcabc": "approximate.sequential",
    "fmpe": "vector_field.flow_matching",
    "npse": "vector_field.score",
    "random_search": "search.random",
    "genetic": "search.genetic",
}
SEARCHES = ("random_search", "genetic")
"""Algorithms that find points instead of a posterior."""
AMORTIZED = ("fmpe", "npse")
"""Algorithms whose posterior answers for any observation, so that tests can be put to it."""


def modules() -> list[str]:
    """Names of the modules that algorithms are imported from when they run."""
    return sorted({_module(path) for path in ALGORITHMS.values()})


def run(name: str, simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Run an algorithm by name; equal seeds give equal outcomes."""
    path = ALGORITHMS[name]
    algorithm = getattr(import_module(_module(path)), path.partition(".")[2])
    printed = io.StringIO()  # sbi and its progress bars print, wherever they are asked not to
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        return algorithm(simulate, task, seed)


def _module(path: str) -> str:
    return f"{__name__}.{path.partition('.')[0]}"
