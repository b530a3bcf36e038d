"""Measure parameters on a backend: features of its signals as a table.

Shapes: N parameter sets, D parameters, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.backends import Backend, Progress, hold
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
) -> Measurements:
    """Measure observables, by name, at parameters (N, D) of a parameterization.

    What cannot be a measurement is missing (``judging``); missing measurements are counted and
    warned of. Raises what the backend raises, ModelError for unknown names, and MeasurementError
    if signals are of another shape or more than a fraction ``max_missing`` has no observable
    without a missing feature.
    """
    return measure_members(
        backend,
        model,
        calibration,
        [theta],
        parameterization,
        observables,
        [generator],
        progress,
        max_missing,
    )


def measure_members(
    backend: Backend,
    model: str,
    calibration: pd.DataFrame,
    theta: Sequence[np.ndarray],
    parameterization: str,
    observables: Sequence[str],
    generators: Sequence[np.random.Generator],
    progress: Progress | None = None,
    max_missing: float = 1.0,
    present: Mapping[int, pd.DataFrame] | None = None,
) -> Measurements:
    """The same at the parameters (N, D) of several members, such as seeds, one after another.

    A member's measurements depend on its own parameters and generator alone, whichever others are
    measured beside it. Members, by position, that ``present`` has the features of are not measured.
    """
    mapping = parameterized(backend, model, parameterization)
    wanted = [load(model).observable(name, backend.signals) for name in observables]
    present = present or {}
    parts: list[pd.DataFrame] = []
    counts = [len(own) for number, own in enumerate(theta) if number not in present]
    with hold(backend, sum(counts)) if len(counts) > 1 else nullcontext():
        for number, (own, generator) in enumerate(zip(theta, generators, strict=True)):
            if number not in present:
                inputs = mapping(own)
                parts += _measured(backend, model, calibration, inputs, wanted, generator, progress)
                continue
            parts.append(present[number])
            if progress is not None:
                progress(len(own))
    table = pd.concat(parts, ignore_index=True) if parts else _empty(wanted)
    missing = int(table.isna().any(axis=1).sum())
    if missing:
        logging.warning("%d of %d measurements are missing", missing, len(table))
    check_missing(_lost(table, wanted), len(table), max_missing, f"measuring {model}")
    return Measurements(table, units(wanted), missing)


def _measured(
    backend: Backend,
    model: str,
    calibration: pd.DataFrame,
    inputs: np.ndarray,
    wanted: Sequence[Observable],
    generator: np.random.Generator,
    progress: Progress | None,
) -> list[pd.DataFrame]:
    """Features at inputs (N, I), in parts whose signals are in memory at once."""
    needs = sorted({need for observable in wanted for need in observable.needs})
    known = all(None not in backend.signals[need].shape for need in needs)
    size = PART if known else PART_OF_UNKNOWN_SIZE
    parts = []
    for start in range(0, len(inputs), size):
        some = inputs[start : start + size]
        signals = backend.measure(calibration, some, generator, needs, progress)
        checked = judged(signals, backend.signals, len(some), f"measuring {model}")
        parts.append(_table(wanted, checked, len(some)))
    return parts


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
