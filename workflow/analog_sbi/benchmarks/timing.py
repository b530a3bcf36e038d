"""Time two ways of doing the same, in turn, and tell the ratio with its spread."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One comparison: seconds of ours and theirs (medians), ratio and its range, goal."""

    name: str
    ours_s: float
    theirs_s: float
    ratio: float
    ratio_min: float
    ratio_max: float
    goal: float

    @property
    def holds(self) -> bool:
        """Whether the goal is met."""
        return bool(self.ratio >= self.goal)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(
    name: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    goal: float,
    repetitions: int,
    scale: float = 1.0,
) -> Row:
    """Time both in turn after one call of ours to warm up.

    ``scale`` is the work of ours over that of theirs, where theirs does a part of it; its time
    is scaled up. The ratio is the median of the ratios of neighbouring calls.
    """
    ours()
    pairs = np.array([(seconds(ours), seconds(theirs) * scale) for _ in range(repetitions)])
    return row(name, pairs, goal)


def within(name: str, work: Callable[[], object], limit: float, repetitions: int) -> Row:
    """Time work after one call to warm up against the longest time in s that it may take."""
    work()
    return against(name, [seconds(work) for _ in range(repetitions)], limit)


def against(name: str, times: Sequence[float], limit: float) -> Row:
    """Row from times in s and the longest that it may take."""
    pairs = np.array([(time, limit) for time in times])
    return row(f"{name} / {limit:g} s", pairs, 1.0)


def row(name: str, pairs: np.ndarray, goal: float) -> Row:
    """Row from pairs (R, 2) of seconds, ours and theirs."""
    ratios = pairs[:, 1] / pairs[:, 0]
    ours, theirs = np.median(pairs, axis=0)
    return Row(
        name,
        float(ours),
        float(theirs),
        float(np.median(ratios)),
        float(ratios.min()),
        float(ratios.max()),
        goal,
    )
