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
