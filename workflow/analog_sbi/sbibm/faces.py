"""What all tasks look like: parameters and data without units, by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from analog_sbi.models import Features, Observable, Signal, Signals
from analog_sbi.space import Space

DATA = "data"


def parameters(low: list[float], high: list[float], name: str = "theta") -> Space:
    """Space of parameters theta_1, theta_2, ... from ``low`` to ``high``."""
    names = tuple(f"{name}_{i + 1}" for i in range(len(low)))
    return Space(names, ("1",) * len(low), np.array(low), np.array(high))


def unbounded(count: int, name: str = "theta") -> Space:
    """Space of as many parameters without bounds."""
    return parameters([-np.inf] * count, [np.inf] * count, name)


def data(
    count: int, of_each: Callable[[np.ndarray], np.ndarray] = np.asarray, name: str = DATA
) -> tuple[Signals, Mapping[str, Callable[[Signals], Observable]]]:
    """Signals and observables of a task with as many data, which networks see by a function."""
    names = tuple(f"{name}_{i + 1}" for i in range(count))

    def observable(signals: Signals) -> Observable:
        return Features(names, ("1",) * count, (DATA,), lambda values: of_each(values[DATA]))

    return {DATA: Signal((count,), "1")}, {name: observable}


def rungekutta(
    slope: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    step: float,
    every: int,
    count: int,
) -> np.ndarray:
    """States (count, ...) of an autonomous equation, every so many steps of order 4 from a start.

    The first is the start itself.
    """
    states, state = [start], start
    for number in range(1, every * (count - 1) + 1):
        first = slope(state)
        second = slope(state + 0.5 * step * first)
        third = slope(state + 0.5 * step * second)
        fourth = slope(state + step * third)
        state = state + step / 6 * (first + 2 * second + 2 * third + fourth)
        if number % every == 0:
            states.append(state)
    return np.stack(states)
