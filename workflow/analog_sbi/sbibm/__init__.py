"""An outside yardstick: the ten tasks of sbibm, at its budgets, by its measure.

Lueckmann et al., 2021, "Benchmarking simulation-based inference". Each task is a model of a file in
``tasks``; observations and reference posteriors are those that the package sbibm ships.
Letters for shapes: O observations, N samples, D parameters, F features.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in (FOLDER / "tasks").glob("[a-z]*.py")))
"""Names of the tasks."""

NO_SBIBM = (
    "sbibm: expected the package sbibm, whose observations and reference posteriors are compared "
    "with, found none; pip install --no-deps --requirement envs/sbibm.txt"
)


def task_file(name: str) -> str:
    """Path of the model of a task."""
    return str(FOLDER / "tasks" / f"{name}.py")
