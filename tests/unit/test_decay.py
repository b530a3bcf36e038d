"""The batched exponential fit: against scipy's, on analytic truths, and what cannot be fitted."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from analog_sbi.models.chain import shared
from analog_sbi.models.decay import FitBounds, decay_constant, exponential
from tests.setups import chain_on

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
    backend = chain_on("bss2_sim")
    generator = np.random.default_rng(7)
    calibration = backend.calibrate(generator)
    mapping = shared(backend.inputs)
    signals = backend.measure(calibration, mapping(mapping.space.grid(14)), generator, ["heights"])
    first = signals["heights"][:, :, 0]
    expected = [reference_fit(row, BOUNDS) for row in first]
    np.testing.assert_allclose(decay_constant(first, BOUNDS), expected, rtol=1e-4)


def test_what_cannot_be_fitted_is_nan_and_bounds_hold():
    missing = [[np.nan, 1, 1, 1], [np.inf, 1, 1, 1], [-np.inf, 1, 1, 1]]
    undetermined = [[0, 0, 0, 0], [-30, -20, -10, -5]]  # no amplitude is better than none
    fitted = [[100, 100, 100, 100], [1, 2, 50, 90], [100, 0, 0, 0]]
    heights = np.array([*missing, *undetermined, *fitted], dtype=float)
    tau = decay_constant(heights, BOUNDS)
    assert np.isnan(tau).tolist() == [True] * 5 + [False] * 3
    assert ((tau[5:] >= 0) & (tau[5:] <= BOUNDS.tau + 1e-9)).all()


@pytest.mark.parametrize("shape", [(3, 1), (4,), (2, 3, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        decay_constant(np.zeros(shape), BOUNDS)


def test_no_measurements_have_no_decay_constants():
    assert decay_constant(np.zeros((0, 4)), BOUNDS).shape == (0,)


def test_the_whole_exponential_is_recovered():
    tau, a, b = np.array([0.5, 1.2, 4.0]), np.array([120.0, 90.0, 60.0]), np.array([3.0, -2.0, 9.0])
    heights = a[:, None] * np.exp(-np.arange(4) / tau[:, None]) + b[:, None]
    for found, expected in zip(exponential(heights, BOUNDS), (tau, a, b), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("offset", "free"), [(9.9, True), (10.1, False)])
def test_the_offset_stays_within_its_bound(offset, free):
    heights = 100 * np.exp(-np.arange(4.0) / 1.5)[None] + offset
    tau, _, b = exponential(heights, BOUNDS)
    assert (abs(tau[0] - 1.5) < 1e-6) == free
    assert b[0] <= 10
