"""Tables that belong to a problem: nothing is compared across problems."""

from __future__ import annotations

from analog_sbi.artifacts import read_metadata
from analog_sbi.problem import expect_same


def expect_problem(key: str, *paths: str) -> None:
    """Raise ProblemError that names both keys for the first table that is of another problem."""
    for path in paths:
        expect_same(key, str(read_metadata(path).get("problem")), path)
