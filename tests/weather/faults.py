"""Ways in which a chip fails: what its runs raise, and what it records."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from typing import Any

import numpy as np

from analog_sbi.hardware import program

Samples = tuple[np.ndarray, np.ndarray]


def _raising(error: Exception) -> Callable:
    def change(times: np.ndarray, potential: np.ndarray, last: Any) -> Samples:
        raise error

    return change


def _hanging(times: np.ndarray, potential: np.ndarray, last: Any) -> Samples:
    time.sleep(30)
    return times, potential


def _at(values: np.ndarray, place: int, value: float) -> np.ndarray:
    values = values.copy()
    values[place] = value
    return values


FAULTS: dict[str, Callable[[np.ndarray, np.ndarray, Any], Samples]] = {
    "RuntimeError": _raising(RuntimeError("hxcomm: no answer")),
    "ConnectionError": _raising(ConnectionError("refused")),
    "TimeoutError": _raising(TimeoutError("timed out")),
    "KeyError": _raising(KeyError("NeuronConfig")),
    "TypeError": _raising(TypeError("incompatible function arguments")),
    "IndexError": _raising(IndexError("out of range\nof two lines")),
    "hangs": _hanging,
    "nan": lambda t, v, last: (t, _at(v, 100, np.nan)),
    "inf": lambda t, v, last: (t, _at(v, 100, np.inf)),
    "all nan": lambda t, v, last: (t, np.full_like(v, np.nan)),
    "constant": lambda t, v, last: (t, np.full_like(v, 400.0)),
    "lower rail": lambda t, v, last: (t, np.zeros_like(v)),
    "upper rail": lambda t, v, last: (t, np.full_like(v, 1023.0)),
    "off the readout": lambda t, v, last: (t, v - 3000.0 * (np.arange(len(v)) % 2)),
    "stale": lambda t, v, last: (t, v) if last is None else last,
    "no samples": lambda t, v, last: (t[:0], v[:0]),
    "few samples": lambda t, v, last: (t[::200], v[::200]),
    "first half": lambda t, v, last: (t[: len(t) // 2], v[: len(v) // 2]),
    "doubled": lambda t, v, last: (np.repeat(t, 2), np.repeat(v, 2)),
    "times in another unit": lambda t, v, last: (1e3 * t, v),
    "potentials in another unit": lambda t, v, last: (t, 1e-3 * v),
}


class Faults:
    """Spoils the runs of chain programs whose numbers are in ``runs``; ``number`` counts them."""

    def __init__(self, fault: str, runs: Container[int]) -> None:
        self.fault, self.runs, self.number = FAULTS[fault], runs, 0
        self.last: Samples | None = None

    def spoiled(self, times: np.ndarray, potential: np.ndarray) -> Samples:
        """What is recorded of the next run."""
        number, self.number = self.number, self.number + 1
        if number in self.runs:
            times, potential = self.fault(times, potential, self.last)
        self.last = times, potential
        return times, potential


def install(faults: Faults, patch: Callable[[Any, str, Any], None]) -> None:
    """Let programs record what ``faults`` makes of it; ``patch`` sets attributes."""
    samples = program.samples
    patch(program, "samples", lambda signals: faults.spoiled(*samples(signals)))
