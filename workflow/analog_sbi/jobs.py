"""A job as its script sees it: its log, what its inputs must be, the maker of what it writes.

A script imports this before anything else, so that garbage of what it imports is collected seldom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from analog_sbi import garbage  # before what it is about
from analog_sbi.artifacts import Maker
from analog_sbi.lineage import check_inputs, check_unmixed
from analog_sbi.logs import job_log


class Run(Protocol):
    """What a script is given: its rule, input, params and log."""

    rule: str
    input: Sequence[str]
    params: Mapping[str, Any]
    log: Sequence[str]


@contextmanager
def job(run: Run, unmixed: bool = False) -> Iterator[Maker]:
    """Log a job, refuse inputs of another lineage, and give the maker of what it writes.

    ``unmixed``: refuse inputs that do not go together, even where any lineage is taken, as by a
    run that takes results as they are. Ends like ``job_log``.
    """
    garbage.as_usual()
    params = dict(run.params.items())
    with job_log(run.log[0]):
        check_inputs(params.get("input_keys", {}))
        if unmixed:
            check_unmixed(map(str, run.input))
        yield Maker.of(run.rule, params)
