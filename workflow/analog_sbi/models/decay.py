"""Decay constant of heights along a chain: bounded least squares, all measurements at once.

Shapes: N measurements, L compartments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class FitBounds:
    """Bounds of a exp(-x / tau) + b: largest tau (compartments) and a, largest |b|."""

    tau: float
    offset: float
    amplitude: float


def decay_constant(first: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Decay constant tau (N,) in compartments of heights (N, L) after an input to the first.

    Bounded least squares of a exp(-x / tau) + b over x = 0..L-1. For a fixed ratio
    q = exp(-1 / tau) the problem is linear in a and b, so both are profiled out in closed form
    with their bounds. What is left is one dimension: a scan over q, then the root of the
    profiled error's slope next to the best point of the scan. Heights that do not fall all along
    the chain may have several minima, and are scanned more finely. A chain of two leaves no
    freedom for the offset, which is 0 there. A measurement with a value that is not finite gives
    NaN, and so does one that leaves tau undetermined because no amplitude fits better than none.
    Raises ValueError for any other shape.
    """
    first = np.asarray(first, dtype=float)
    if first.ndim != 2 or first.shape[1] < 2:
        raise ValueError(f"heights have shape (N, L >= 2), found {first.shape}")
    tau = np.full(len(first), np.nan)
    valid = np.isfinite(first).all(axis=1)
    if valid.any():
        tau[valid] = _fit(first[valid], bounds)
    return tau


def exponential(first: np.ndarray, bounds: FitBounds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit of a exp(-x / tau) + b to heights (N, L): tau, a and b, each (N,)."""
    tau = decay_constant(first, bounds)
    count = first.shape[1]
    with np.errstate(divide="ignore"):
        shape = _powers(np.exp(-1 / tau), count)
    heights = np.asarray(first, dtype=float).T
    sums = shape.sum(axis=0), np.einsum("ln,ln->n", shape, shape)
    a, b = _linear(count, *sums, heights.sum(axis=0), np.sum(shape * heights, axis=0), bounds)
    return tau, a, b


SCAN = 8  # intervals of q; the error has one minimum within two of them
TURNS = 2  # of Ridders' method before only what has not converged goes on
ACCURACY = 1e-8  # of q: how far the root is if the slope rises evenly between its ends
FINE = 64  # intervals of q where the error may have several minima
BETTER = 1e-9  # of the squared heights: by how much another minimum has to be lower


def _fit(first: np.ndarray, bounds: FitBounds) -> np.ndarray:
    heights = np.ascontiguousarray(first.T)
    ratio = _minimum(SCAN, heights, bounds)
    several = (np.diff(heights, axis=0) >= 0).any(axis=0)
    if several.any():
        ratio[several] = _lowest(ratio[several], heights[:, several], bounds)
    with np.errstate(divide="ignore"):
        tau = np.where(ratio > 0, -1 / np.log(ratio), 0.0)
    return np.where(_amplitude(ratio, heights, bounds) > 0, tau, np.nan)


def _lowest(ratio: np.ndarray, heights: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """The lowest of the minima over q (N,): ``ratio`` unless another one is lower."""
    other = _minimum(FINE, heights, bounds)
    margin = BETTER * np.einsum("ln,ln->n", heights, heights)
    better = _error(other, heights, bounds) < _error(ratio, heights, bounds) - margin
    return np.where(better, other, ratio)


def _minimum(intervals: int, heights: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """The minimum over q (N,) beside the best point of a scan; a bound where there is none."""
    scan = np.linspace(0.0, np.exp(-1 / bounds.tau), intervals + 1)
    errors, slopes = _scan(scan, heights, bounds)
    each = np.arange(heights.shape[1])
    best = errors.argmin(axis=0)
    low = np.clip(best - (slopes[best, each] > 0), 0, intervals - 1)
    falls, rises = slopes[low, each], slopes[low + 1, each]
    ratio = scan[best]
    inner = (falls < 0) & (rises > 0)
    if inner.any():
        ends = scan[low[inner]], scan[low[inner] + 1], falls[inner], rises[inner]
        ratio[inner] = _root(*ends, heights[:, inner], bounds)
    return ratio


def _error(ratio: np.ndarray, heights: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Least squared error (N,) over a and b at q (N,)."""
    shape = _powers(ratio, len(heights))
    a, b = _profiled(shape, heights, bounds)
    residuals = a * shape + b - heights
    return np.einsum("ln,ln->n", residuals, residuals)


def _amplitude(ratio: np.ndarray, heights: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Amplitude a (N,) that fits best at q (N,)."""
    return _profiled(_powers(ratio, len(heights)), heights, bounds)[0]


def _profiled(
    shape: np.ndarray, heights: np.ndarray, bounds: FitBounds
) -> tuple[np.ndarray, np.ndarray]:
    """Best a and b, each (N,), for shapes (L, N) of heights (L, N)."""
    sums = shape.sum(axis=0), np.einsum("ln,ln->n", shape, shape)
    products = heights.sum(axis=0), np.einsum("ln,ln->n", shape, heights)
    return _linear(len(heights), *sums, *products, bounds)


def _scan(
    scan: np.ndarray, heights: np.ndarray, bounds: FitBounds
) -> tuple[np.ndarray, np.ndarray]:
    """Least squared error over a and b, less a constant, and its slope, for each q: (Q, N) each."""
    powers = np.arange(len(heights))
    shape = scan[:, None] ** powers
    rise = powers[1:] * shape[:, :-1]
    s1, s2 = shape.sum(axis=1, keepdims=True), (shape * shape).sum(axis=1, keepdims=True)
    r1, rs = rise.sum(axis=1, keepdims=True), (rise * shape[:, 1:]).sum(axis=1, keepdims=True)
    y1, sy = heights.sum(axis=0), shape @ heights
    a, b = _linear(len(heights), s1, s2, y1, sy, bounds)
    error = a * (a * s2 + 2 * (b * s1 - sy)) + b * (len(heights) * b - 2 * y1)
    return error, 2 * a * (a * rs + b * r1 - rise @ heights[1:])


def _root(
    low: np.ndarray,
    high: np.ndarray,
    at_low: np.ndarray,
    at_high: np.ndarray,
    heights: np.ndarray,
    bounds: FitBounds,
) -> np.ndarray:
    """Roots (N,) of slopes that rise from low to high, by Ridders' method, all at once."""
    for _ in range(TURNS):
        middle = (low + high) / 2
        at_middle = _slope(middle, heights, bounds)
        width = np.sqrt(at_middle**2 - at_low * at_high)
        step = np.divide(at_middle, width, out=np.zeros_like(width), where=width > 0)
        found = middle - (middle - low) * step
        at_found = _slope(found, heights, bounds)
        for point, value in ((middle, at_middle), (found, at_found)):
            below = (value <= 0) & (point >= low)
            above = (value >= 0) & (point <= high)
            low, at_low = np.where(below, point, low), np.where(below, value, at_low)
            high, at_high = np.where(above, point, high), np.where(above, value, at_high)
    open_ = np.abs(at_found) * (high - low) > ACCURACY * found * (at_high - at_low)
    if open_.any():
        ends = low[open_], high[open_], at_low[open_], at_high[open_]
        found[open_] = _root(*ends, heights[:, open_], bounds)
    return found


def _linear(
    count: int,
    s1: np.ndarray | float,
    s2: np.ndarray | float,
    y1: np.ndarray,
    sy: np.ndarray,
    bounds: FitBounds,
) -> tuple[np.ndarray, np.ndarray]:
    """Bounded least squares of a p + b for a shape p, from sums over the compartments.

    ``s1``, ``s2``, ``y1`` and ``sy`` are the sums of p, p p, y and p y. One variable after the
    other is minimized and clamped; from the free solution on, two turns reach the minimum in
    the box because the error is convex.
    """
    offset_bound = 0.0 if count == 2 else bounds.offset
    a = (count * sy - s1 * y1) / (count * s2 - s1 * s1)
    for _ in range(2):
        b = np.minimum(np.maximum((y1 - a * s1) / count, -offset_bound), offset_bound)
        a = np.minimum(np.maximum((sy - b * s1) / s2, 0.0), bounds.amplitude)
    return a, b


def _slope(ratio: np.ndarray, heights: np.ndarray, bounds: FitBounds) -> np.ndarray:
    """Slope (N,) in q of the least squared error over a and b.

    At that minimum it is the partial derivative in q (envelope theorem).
    """
    count = len(heights)
    shape = _powers(ratio, count)
    s1, s2 = shape.sum(axis=0), np.einsum("ln,ln->n", shape, shape)
    y1, sy = heights.sum(axis=0), np.einsum("ln,ln->n", shape, heights)
    a, b = _linear(count, s1, s2, y1, sy, bounds)
    residuals = a * shape[1:] + b - heights[1:]
    residuals *= shape[:-1]
    return 2 * a * (np.arange(1.0, count) @ residuals)


def _powers(ratio: np.ndarray, count: int) -> np.ndarray:
    """Powers 0 to ``count`` - 1 of the ratios (N,): (count, N)."""
    powers = np.ones((count, len(ratio)))
    for exponent in range(1, count):
        np.multiply(powers[exponent - 1], ratio, out=powers[exponent])
    return powers
