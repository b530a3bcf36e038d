"""Heights from traces, and the batched exponential fit against scipy's."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from analog_sbi.backends import make
from analog_sbi.chain import grid
from analog_sbi.observables import (
    FitBounds,
    decay_constant,
    exponential,
    extract_heights,
    feature_names,
    height_names,
    heights_of_traces,
)

BOUNDS = FitBounds(tau=20.0, offset=10.0, amplitude=1022.0)


def reference_fit(heights: np.ndarray, bounds: FitBounds) -> float:
    """Decay constant by scipy's bounded fit with tight tolerances."""
    ratio = heights[0] / heights[1]
    guess = 1 / np.log(ratio) if ratio > 1 else 1.0
    fitted, _ = curve_fit(
        lambda x, a, tau, b: a * np.exp(-x / tau) + b,
        np.arange(len(heights), dtype=float),
        heights,
        p0=(heights[0], np.clip(guess, 0.01, bounds.tau - 0.01), 0.0),
        bounds=([0, 0, -bounds.offset], [bounds.amplitude, bounds.tau, bounds.offset]),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
        max_nfev=10000,
    )
    return fitted[1]


def test_names_are_row_major():
    assert height_names(2) == ["h_00", "h_01", "h_10", "h_11"]
    assert feature_names("first", 3) == ["h_00", "h_10", "h_20"]
    assert feature_names("tau", 3) == ["tau"]
    with pytest.raises(ValueError, match="found 'width'"):
        feature_names("width", 4)


def test_heights_are_maximum_minus_mean_before_the_spike():
    time = np.arange(0.0, 400.0, 1.0)
    trace = np.full((2, 400), 100.0)
    trace[0, 120] = 130.0  # after the first spike, at 100
    trace[1, 310] = 95.0
    trace[1, 350] = 107.0  # after the second spike, at 300
    trace[1, 200:300] += 1.0  # raises the mean before the second spike
    heights = extract_heights(time, trace, np.array([100.0, 300.0]))
    np.testing.assert_allclose(heights, [[30.0, 0.0], [0.0, 6.0]])


@pytest.mark.parametrize("length", [3, 4, 6])
def test_exact_exponentials_are_recovered(length):
    x = np.arange(length)
    tau = np.array([0.3, 0.9, 1.17, 3.0, 8.0])
    heights = 120 * np.exp(-x / tau[:, None]) + 4.0
    np.testing.assert_allclose(decay_constant(heights, BOUNDS), tau, rtol=1e-6)


def test_a_chain_of_two_is_fitted_without_offset():
    heights = np.array([[100.0, 100.0 * np.exp(-1 / 1.5)]])
    np.testing.assert_allclose(decay_constant(heights, BOUNDS), [1.5], rtol=1e-6)


def test_fit_agrees_with_scipy_on_the_grid():
    settings = {
        "length": 4,
        "limits": {"leak": [0, 1022], "axial": [0, 1022]},
        "spike_interval": 200.0,
        "inputs": 10,
        "weight": 30,
        "serial": 59,
    }
    backend = make("bss2_sim", settings)
    generator = np.random.default_rng(7)
    calibration = backend.calibrate(generator)
    heights = backend.measure(calibration, grid(14, backend.limits), generator)[:, :, 0]
    expected = [reference_fit(row, BOUNDS) for row in heights]
    np.testing.assert_allclose(decay_constant(heights, BOUNDS), expected, rtol=1e-4)


def test_what_cannot_be_fitted_is_nan_and_bounds_hold():
    heights = np.array(
        [[np.nan, 1, 1, 1], [np.inf, 1, 1, 1], [100, 100, 100, 100], [1, 2, 50, 90], [0, 0, 0, 0]],
        dtype=float,
    )
    tau = decay_constant(heights, BOUNDS)
    assert np.isnan(tau[:2]).all()
    assert np.isfinite(tau[2:]).all()
    assert ((tau[2:] >= 0) & (tau[2:] <= BOUNDS.tau + 1e-9)).all()
    with pytest.raises(ValueError, match="shape"):
        decay_constant(np.zeros((3, 1)), BOUNDS)


def test_the_whole_exponential_is_recovered():
    tau, a, b = np.array([0.5, 1.2, 4.0]), np.array([120.0, 90.0, 60.0]), np.array([3.0, -2.0, 9.0])
    heights = a[:, None] * np.exp(-np.arange(4) / tau[:, None]) + b[:, None]
    for found, expected in zip(exponential(heights, BOUNDS), (tau, a, b), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_heights_of_recorded_traces():
    time = np.arange(0.0, 800.0, 0.5)
    parts = []
    for point in (1, 2):
        potentials = {f"v_{i}": np.full(len(time), 300.0) for i in range(4)}
        for source, spike in enumerate((100.0, 300.0, 500.0, 700.0)):
            for i in range(4):
                potentials[f"v_{i}"][time == spike + 10] += 10 * point + 4 * i + source
        parts.append(pd.DataFrame(potentials).assign(time=time, point=point))
    heights = heights_of_traces(pd.concat(parts), 200.0)
    expected = np.arange(16.0).reshape(4, 4)
    np.testing.assert_allclose(heights, [10 + expected, 20 + expected])
