"""A job as its script sees it: its log, what its inputs must be, the maker of what it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from analog_sbi.artifacts import Maker
from analog_sbi.lineage import check_inputs
from analog_sbi.logs import job_log


class Run(Protocol):
    """What a script is given: its rule, params and log."""

    rule: str
    params: Mapping[str, Any]
    log: Sequence[str]


@contextmanager
def job(run: Run) -> Iterator[Maker]:
    """Log a job, refuse inputs of another lineage, and give the maker of what it writes.

    Ends like ``job_log``.
    """
    params = dict(run.params.items())
    with job_log(run.log[0]):
        check_inputs(params.get("input_keys", {}))
        yield Maker.of(run.rule, params)
