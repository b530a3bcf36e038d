"""The search over codes, and that calibration equalizes synapses without touching the rest."""

import numpy as np
import pytest

from analog_sbi.chip import calibration, capmem, readout
from analog_sbi.chip.emulation import Stimulus, configure, linear_placement
from analog_sbi.chip.fixed_pattern import fixed_pattern

STIMULUS = Stimulus(interval=200.0, inputs=10, weight=30)


def calibrate(serial, length, seed=3):
    circuits = linear_placement(length)
    return calibration.calibrate(
        fixed_pattern(serial), circuits, STIMULUS, np.random.default_rng(seed)
    )


@pytest.mark.parametrize("rising", [True, False])
def test_every_code_is_found(rising):
    goal = np.arange(capmem.CODES)
    sign = 1 if rising else -1
    found = calibration.search(lambda c: sign * (c - goal), 0.0, len(goal), rising)
    np.testing.assert_array_equal(found, goal)


@pytest.mark.parametrize("rising", [True, False])
@pytest.mark.parametrize("target", [-5.0, 2000.0])
def test_a_target_out_of_reach_gives_the_nearest_end(rising, target):
    sign = 1 if rising else -1
    values = sign * np.arange(capmem.CODES) + (0 if rising else capmem.MAX_CODE)
    found = calibration.search(lambda c: values[c].astype(float), target, 2, rising)
    np.testing.assert_array_equal(values[found], 0 if target < 0 else capmem.MAX_CODE)


def test_the_closest_code_of_a_coarse_and_curved_quantity_is_found():
    tau = capmem.synaptic_time_constant(np.arange(capmem.CODES))
    targets = np.array([6.3, 10.04, 14.9])
    found = calibration.search(lambda c: tau[c] / targets, 1.0, 3, rising=False)
    best = [np.abs(tau - target).argmin() for target in targets]
    np.testing.assert_array_equal(found, best)


def test_measurements_that_are_missing_are_never_chosen():
    def measure(codes):
        return np.where(codes > 400, np.nan, codes).astype(float)

    assert calibration.search(measure, 390.0, 1, rising=True) <= 400


@pytest.mark.parametrize("serial", [0, 1, 7, 59])
@pytest.mark.parametrize("length", [2, 4, 6])
def test_synaptic_time_constants_come_to_10_us_and_close_together(serial, length):
    """Against the true constants of the circuits, which the calibration does not see."""
    table = calibrate(serial, length)
    pattern, circuits = fixed_pattern(serial), linear_placement(length)
    before = capmem.TAU_SYNAPSE_US * pattern.tau_synapse[circuits]
    after = 1 / configure(pattern, calibration.configuration(table), STIMULUS).synaptic_rate
    assert after.mean() == pytest.approx(10.0, rel=0.05)
    assert after.std() < before.std() / 3
    np.testing.assert_allclose(table["tau_synapse"], after, rtol=0.03)
    assert table["success"].all()


@pytest.mark.parametrize("serial", [0, 59])
def test_amplitudes_and_rest_come_close_together(serial):
    table = calibrate(serial, 6)
    assert table["amplitude"].std() < table["amplitude_before"].std() / 3
    chain = configure(fixed_pattern(serial), calibration.configuration(table), STIMULUS)
    level = chain.rest + chain.readout_offset  # what the MADC shows
    np.testing.assert_allclose(level, capmem.REST_TARGET, atol=2.0)


def test_leak_and_axial_conductance_are_left_alone():
    """Deliberately not calibrated (paper, footnote 3)."""
    pattern = fixed_pattern(59)
    table = calibrate(59, 4)
    assert not any("leak_i" in name or "icc" in name for name in table)
    chain = configure(pattern, calibration.configuration(table), STIMULUS)
    np.testing.assert_array_equal(chain.leak_factor, pattern.leak[[0, 2, 4, 6]])
    np.testing.assert_array_equal(chain.axial_factor, pattern.axial[[2, 4, 6]])


def test_a_calibration_is_reproducible_and_in_the_order_of_the_compartments():
    table = calibrate(59, 4)
    assert table.equals(calibrate(59, 4))
    shuffled = calibration.configuration(table.sample(frac=1, random_state=0))
    np.testing.assert_array_equal(shuffled.circuits, [0, 2, 4, 6])


def test_decays_are_fitted_through_the_noise():
    time = readout.sample_times(60.0)
    generator = np.random.default_rng(0)
    trace = readout.sample(generator, 310 + 200 * np.exp(-time / 8.0))
    assert calibration.fit_decay(time, trace) == pytest.approx(8.0, rel=0.02)
