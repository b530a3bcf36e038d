"""Measure parameters on a backend: features of its signals as a table.

Shapes: N parameter sets, D parameters, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.backends import Backend, Continued, Progress
from analog_sbi.judging import check_missing, judged
from analog_sbi.models import Observable, Parameterization, Values, features, load

# Parameter sets whose signals are in memory at once.
PART = 100_000
PART_OF_UNKNOWN_SIZE = 100  # of signals whose size is known only afterwards, such as traces


@dataclass(frozen=True)
class Measurements:
    """Features by name, a row a parameter set, their units, and how many rows miss one."""

    table: pd.DataFrame
    units: dict[str, str]
    missing: int


def measure(
    backend: Backend,
    model: str,
    calibration: pd.DataFrame,
    theta: np.ndarray,
    parameterization: str,
    observables: Sequence[str],
    generator: np.random.Generator,
    progress: Progress | None = None,
    max_missing: float = 1.0,
    present: pd.DataFrame | None = None,
) -> Measurements:
    """Measure observables, by name, at parameters (N, D) of a parameterization.

    What cannot be a measurement is missing (``judging``); missing measurements are counted and
    warned of. Raises what the backend raises, ModelError for unknown names, and MeasurementError
    if signals are of another shape or more than a fraction ``max_missing`` has no observable
    without a missing feature. Rows, by position, that ``present`` has the features of are not
    measured; that is for backends that can continue.
    """
    inputs = parameterized(backend, model, parameterization)(theta)
    wanted = [load(model).observable(name, backend.signals) for name in observables]
    needs = sorted({need for observable in wanted for need in observable.needs})
    known = all(None not in backend.signals[need].shape for need in needs)
    size = PART if known else PART_OF_UNKNOWN_SIZE
    parts = []
    for rows, measured in _blocks(len(inputs), size, present):
        if measured:
            assert present is not None
            assert isinstance(backend, Continued)
            backend.skip(generator, len(rows))
            parts.append(present.loc[rows])
            if progress is not None:
                progress(len(rows))
            continue
        signals = backend.measure(calibration, inputs[rows], generator, needs, progress)
        checked = judged(signals, backend.signals, len(rows), f"measuring {model}")
        parts.append(_table(wanted, checked, len(rows)))
    table = pd.concat(parts, ignore_index=True) if parts else _empty(wanted)
    missing = int(table.isna().any(axis=1).sum())
    if missing:
        logging.warning("%d of %d measurements are missing", missing, len(table))
    check_missing(_lost(table, wanted), len(table), max_missing, f"measuring {model}")
    return Measurements(table, units(wanted), missing)


def accept(backend: Backend) -> None:
    """Let a backend forget what it keeps for an unfinished job, whose tables are written now."""
    forget = getattr(backend, "forget", None)
    if forget is not None:
        forget()


def parameterized(backend: Backend, model: str, name: str) -> Parameterization:
    """Parameterization of a model on a backend; raises ModelError for an unknown one."""
    return load(model).parameterization(name, backend.inputs)


def units(observables: Sequence[Observable]) -> dict[str, str]:
    """Units of the features of observables by their names."""
    return {
        name: unit
        for observable in observables
        for name, unit in zip(observable.names, observable.units, strict=True)
    }


def _blocks(
    count: int, size: int, present: pd.DataFrame | None
) -> Iterator[tuple[np.ndarray, bool]]:
    """Successive positions, at most ``size`` of them, and whether they are there already."""
    known = np.zeros(count, dtype=bool)
    if present is not None:
        known[present.index] = True
    edges = np.flatnonzero(np.diff(known)) + 1
    for block in np.split(np.arange(count), edges):
        for start in range(0, len(block), size):
            rows = block[start : start + size]
            yield rows, bool(known[rows[0]])


def _table(observables: Sequence[Observable], signals: Values, count: int) -> pd.DataFrame:
    """Features of ``count`` parameter sets; of signals that are missing in all, missing ones.

    Their unknown sizes are then no signal's, so that no observable could read them.
    """
    if all(np.isnan(values).all() for values in signals.values()):
        return pd.DataFrame(np.nan, index=range(count), columns=list(units(observables)))
    return pd.DataFrame(features(observables, signals))


def _lost(table: pd.DataFrame, observables: Sequence[Observable]) -> int:
    """Number of measurements that none of the observables can use."""
    if not observables:
        return 0
    usable = [table[list(each.names)].notna().all(axis=1) for each in observables]
    return int((~np.any(usable, axis=0)).sum())


def _empty(observables: Sequence[Observable]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(units(observables)), dtype=float)
