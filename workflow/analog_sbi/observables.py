"""Observables of the chain: heights from traces, first column, decay constant.

Shapes: N measurements, L compartments, T samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OBSERVABLES = ("tau", "first", "all")


@dataclass(frozen=True)
class FitBounds:
    """Bounds of a exp(-x / tau) + b: largest tau (compartments) and a, largest |b|."""

    tau: float
    offset: float
    amplitude: float


def height_names(length: int) -> list[str]:
    """Columns of the heights, row-major: measured compartment, then input compartment."""
    return [f"h_{i}{j}" for i in range(length) for j in range(length)]


def feature_names(observable: str, length: int) -> list[str]:
    """Columns of an observable: ``tau``, the heights after an input to 0, or all heights.

    Raises ValueError for an unknown observable.
    """
    if observable == "tau":
        return ["tau"]
    if observable == "first":
        return [f"h_{i}0" for i in range(length)]
    if observable == "all":
        return height_names(length)
    raise ValueError(f"observable is one of {', '.join(OBSERVABLES)}, found {observable!r}")


def extract_heights(time: np.ndarray, traces: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """PSP heights (..., L inputs) of traces (..., T) at times (T,).

    The window of an input reaches from midpoint to midpoint between the spikes (L,); the height
    is the maximum in the window minus the mean before the spike in that window.
    """
    middles = (spikes[1:] + spikes[:-1]) / 2
    starts = np.concatenate([[-np.inf], middles])
    ends = np.concatenate([middles, [np.inf]])
    columns = []
    for spike, start, end in zip(spikes, starts, ends, strict=True):
        window = traces[..., (time >= start) & (time < end)]
        before = traces[..., (time >= start) & (time < spike)]
        columns.append(window.max(axis=-1) - before.mean(axis=-1))
    return np.stack(columns, axis=-1)


def decay_constant(first: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Decay constant tau (N,) in compartments of heights (N, L) after an input to the first.

    Bounded least squares of a exp(-x / tau) + b over x = 0..L-1. For fixed tau the problem is
    linear in a and b, so both are profiled out in closed form with their bounds, and one
    dimension is searched: a scan of exp(-1 / tau), then golden sections. A chain of two leaves
    no freedom for the offset, which is 0 there. A measurement with a value that is not finite
    gives NaN.
    """
    first = np.asarray(first, dtype=float)
    if first.ndim != 2 or first.shape[1] < 2:
        raise ValueError(f"heights have shape (N, L >= 2), found {first.shape}")
    tau = np.full(len(first), np.nan)
    valid = np.isfinite(first).all(axis=1)
    if valid.any():
        tau[valid] = _fit(first[valid], bounds)
    return tau


SCAN = 64
# Golden sections until the interval has shrunk by 1e-9 of the scan's step.
SECTIONS = 44
GOLDEN = (np.sqrt(5) - 1) / 2


def _fit(first: np.ndarray, bounds: FitBounds) -> np.ndarray:
    largest = np.exp(-1 / bounds.tau)
    scan = np.linspace(0.0, largest, SCAN + 1)
    errors = np.stack(
        [_profile(np.full(len(first), ratio), first, bounds) for ratio in scan], axis=1
    )
    best = errors.argmin(axis=1)
    low = scan[np.maximum(best - 1, 0)]
    high = scan[np.minimum(best + 1, SCAN)]
    left = high - GOLDEN * (high - low)
    right = low + GOLDEN * (high - low)
    error_left = _profile(left, first, bounds)
    error_right = _profile(right, first, bounds)
    for _ in range(SECTIONS):
        take = error_left <= error_right
        low, high = np.where(take, low, left), np.where(take, right, high)
        fresh = np.where(take, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        error = _profile(fresh, first, bounds)
        left, right = np.where(take, fresh, right), np.where(take, left, fresh)
        error_left, error_right = (
            np.where(take, error, error_right),
            np.where(take, error_left, error),
        )
    ratio = (low + high) / 2
    with np.errstate(divide="ignore"):
        return np.where(ratio > 0, -1 / np.log(ratio), 0.0)


def _profile(ratio: np.ndarray, first: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Least squared error (N,) over a and b for fixed ratio = exp(-1 / tau) (N,).

    Convex in (a, b), so the bounded minimum has b clamped where the free one is out of bounds
    and a refitted and clamped after it (and the other way round); the better one counts.
    """
    count = first.shape[1]
    shape = ratio[:, None] ** np.arange(count)
    offset_bound = 0.0 if count == 2 else bounds.offset
    s1, s2 = shape.sum(axis=1), (shape**2).sum(axis=1)
    y1, sy = first.sum(axis=1), (shape * first).sum(axis=1)
    free = (count * sy - s1 * y1) / (count * s2 - s1**2)

    def error(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ((a[:, None] * shape + b[:, None] - first) ** 2).sum(axis=1)

    a = np.clip(free, 0.0, bounds.amplitude)
    b = np.clip((y1 - a * s1) / count, -offset_bound, offset_bound)
    b_first = np.clip((y1 - free * s1) / count, -offset_bound, offset_bound)
    a_after = np.clip((sy - b_first * s1) / s2, 0.0, bounds.amplitude)
    return np.minimum(error(a, b), error(a_after, b_first))
