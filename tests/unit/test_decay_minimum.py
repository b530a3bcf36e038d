"""The decay constant is that of the lowest error, or missing where no amplitude fits."""

import numpy as np
import pytest

from analog_sbi.models.decay import FitBounds, decay_constant

BOUNDS = FitBounds(tau=20.0, offset=10.0, amplitude=1022.0)


def error(tau: float, heights: np.ndarray) -> float:
    """Least squared error over amplitude and offset, by a fine grid of offsets."""
    shape = np.exp(-np.arange(len(heights)) / tau) if tau else np.eye(len(heights))[0]
    offsets = np.linspace(-BOUNDS.offset, BOUNDS.offset, 4001)[:, None]
    amplitude = ((heights - offsets) @ shape / (shape @ shape)).clip(0, BOUNDS.amplitude)
    return ((amplitude[:, None] * shape + offsets - heights) ** 2).sum(axis=1).min()


def test_the_lowest_of_several_minima_is_found():
    assert decay_constant(np.array([[6.0, 7.0, 14.0, 15.0]]), BOUNDS)[0] == pytest.approx(20.0)
    noise = np.random.default_rng(0).normal(5, 4, (200, 4))
    taus = np.linspace(0.02, 20, 300)
    for tau, heights in zip(decay_constant(noise, BOUNDS), noise, strict=True):
        if np.isfinite(tau):
            assert error(tau, heights) <= min(error(t, heights) for t in taus) + 1e-4


@pytest.mark.parametrize("heights", [[0, 0, 0, 0], [5, 5, 5, 5], [1, 2, 3, 4]])
def test_tau_is_missing_where_no_amplitude_fits(heights):
    assert np.isnan(decay_constant(np.array([heights], dtype=float), BOUNDS)[0])


def test_tau_is_there_where_an_amplitude_fits():
    known = decay_constant(np.array([[5.1, 5.0, 5.0, 5.0], [20.0, 9.0, 4.0, 2.0]]), BOUNDS)
    assert known[0] == pytest.approx(0, abs=0.2)
    assert 1.0 < known[1] < 1.5


def test_the_error_is_no_lower_beside_it():
    decays = np.random.default_rng(0).uniform(0.1, 30, (5000, 1))
    noise = np.random.default_rng(1).normal(0, 1, (5000, 6))
    heights = 80 * np.exp(-np.arange(6) / decays) + noise
    tau = decay_constant(heights, BOUNDS)
    inner = (tau > 0.05) & (tau < 19.9)
    errors = [least_squares(factor * tau[inner], heights[inner]) for factor in (0.9995, 1, 1.0005)]
    assert inner.sum() > 2000
    assert (errors[1] <= np.minimum(errors[0], errors[2])).all()


def least_squares(tau: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Least squared errors (N,) over amplitude and offset: each free, or at one of its bounds."""
    shape = np.exp(-np.arange(heights.shape[1]) / tau[:, None])
    mean = shape.mean(axis=1, keepdims=True)
    slope = ((shape - mean) * heights).sum(axis=1) / ((shape - mean) ** 2).sum(axis=1)
    offset = heights.mean(axis=1) - slope * mean[:, 0]
    inside = (np.abs(offset) <= BOUNDS.offset) & (slope >= 0) & (slope <= BOUNDS.amplitude)
    results = [np.where(inside, squared(slope, offset, shape, heights), np.inf)]
    for edge in (-BOUNDS.offset, BOUNDS.offset):
        best = ((heights - edge) * shape).sum(axis=1) / (shape**2).sum(axis=1)
        results.append(squared(best.clip(0, BOUNDS.amplitude), edge, shape, heights))
    return np.min(results, axis=0)


def squared(a, b, shape, heights):
    """Squared errors (N,) of a p + b."""
    fitted = a[:, None] * shape + np.broadcast_to(b, len(a))[:, None]
    return ((fitted - heights) ** 2).sum(axis=1)
