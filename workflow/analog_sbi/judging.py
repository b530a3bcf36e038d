"""What cannot be a measurement: signals of another shape, without numbers, off the readout.

Whoever measures judges here, so that what is implausible counts as missing where it arises, not
where somebody trains on it. Shapes: N parameter sets.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from analog_sbi.errors import MeasurementError
from analog_sbi.models import Signal, Signals, Values


def judged(signals: Values, expected: Signals, count: int, source: str) -> dict[str, np.ndarray]:
    """Signals (N, ...) of ``count`` parameter sets, NaN where they cannot be measurements.

    Infinities become NaN; a parameter set of which a signal lies outside the range of its readout,
    or does not vary at all, is missing in all signals. Raises MeasurementError for anything but
    numbers of the expected shape; ``source`` names who measured.
    """
    found = {
        name: _numbers(values, expected[name], count, f"{source}: {name}")
        for name, values in signals.items()
    }
    reasons = {
        name: _implausible(values, expected[name])
        for name, values in found.items()
        if expected[name].limits is not None and count
    }
    wrong = np.zeros(count, dtype=bool)
    for name, kinds in reasons.items():
        for kind, rows in kinds.items():
            if rows.any():
                logging.warning("%s: %s of %d of %d %s", source, name, rows.sum(), count, kind)
            wrong |= rows
    if not wrong.any():
        return found
    return {
        name: np.where(wrong.reshape(-1, *[1] * (values.ndim - 1)), np.nan, values)
        for name, values in found.items()
    }


def check_missing(missing: int, count: int, max_missing: float, what: str) -> None:
    """Raise MeasurementError if more than a fraction ``max_missing`` of ``count`` is missing."""
    if missing > max_missing * count:
        raise MeasurementError(
            f"{what}: expected at most {100 * max_missing:g} % missing measurements "
            f"(inference.max_missing), found {missing} of {count}"
        )


def _numbers(values: Any, signal: Signal, count: int, what: str) -> np.ndarray:
    expected = (count, *signal.shape)
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise MeasurementError(f"{what}: expected numbers, found {error}") from error
    if len(numbers.shape) != len(expected) or any(
        size not in (None, there) for size, there in zip(expected, numbers.shape, strict=True)
    ):
        shown = ", ".join("any" if size is None else str(size) for size in expected)
        raise MeasurementError(f"{what}: expected shape ({shown}), found {numbers.shape}")
    infinite = np.isinf(numbers)
    return np.where(infinite, np.nan, numbers) if infinite.any() else numbers


def _implausible(values: np.ndarray, signal: Signal) -> Mapping[str, np.ndarray]:
    """Parameter sets (N,) by what is wrong with them; missing values are not judged."""
    assert signal.limits is not None
    low, high = signal.limits
    flat = values.reshape(len(values), -1)
    outside = np.any((flat < low) | (flat > high), axis=1)
    if not np.isfinite([low, high]).all() or flat.shape[1] < 2:
        return {"lie outside the range of the readout": outside}
    # A readout has noise: equal values are those of a converter that is stuck, maybe at a rail.
    stuck = np.all(flat == flat[:, :1], axis=1)
    return {"lie outside the range of the readout": outside, "do not vary": stuck}
