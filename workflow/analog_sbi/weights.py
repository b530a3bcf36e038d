"""Weights of importance sampling, by their logarithms.

Shapes: K particles, any leading shape (...).
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp


def log_effective(weights: np.ndarray) -> np.ndarray:
    """Log of the effective number (...) of particles with log weights (..., K) (Kish).

    -inf where all weights are zero.
    """
    some = np.isfinite(weights).any(axis=-1)
    told = np.where(some[..., None], weights, 0.0)
    found: np.ndarray = 2 * logsumexp(told, axis=-1) - logsumexp(2 * told, axis=-1)
    return np.where(some, found, -np.inf)


def longest_power(
    weights: np.ndarray, largest: np.ndarray, share: float, bisections: int
) -> np.ndarray:
    """Powers (...), at most ``largest``, of weights that leave a share of particles effective.

    Of log weights (..., K); to ``largest`` times 2^-``bisections``, from below.
    """
    least = np.log(share * weights.shape[-1])

    def enough(power: np.ndarray) -> np.ndarray:
        return log_effective(power[..., None] * weights) >= least

    low, high, whole = np.zeros_like(largest), largest.copy(), enough(largest)
    for _ in range(bisections):
        middle = (low + high) / 2
        fine = enough(middle)
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(whole, largest, low)
