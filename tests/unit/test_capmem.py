"""What codes of the analog parameter memory set: end points, modes, range, truncation."""

import numpy as np
import pytest

from analog_sbi.chip import capmem

CODES = np.arange(capmem.MAX_CODE + 1)


def test_leak_codes_span_30_to_12_us_linearly_in_the_rate():
    rates = capmem.leak_conductance(CODES) / capmem.REFERENCE_PF
    assert 1 / rates[0] == pytest.approx(30.0)
    assert 1 / rates[1022] == pytest.approx(12.0)
    assert rates[511] == pytest.approx((1 / 30 + 1 / 12) / 2)
    np.testing.assert_allclose(np.diff(rates), (1 / 12 - 1 / 30) / 1022)


def test_axial_codes_rise_from_nearly_nothing():
    tau = capmem.REFERENCE_PF / capmem.axial_conductance(CODES)
    assert (np.diff(tau) < 0).all()
    assert tau[1022] == pytest.approx(capmem.TAU_AXIAL_US)
    assert tau[0] > 100 * capmem.TAU_AXIAL_US
    assert tau[500] == pytest.approx(6.8, rel=0.15)  # seen in recorded traces


@pytest.mark.parametrize(
    ("parameter", "mode", "code"),
    [(0, -1, 0), (1022, -1, 1022), (1023, 0, 0), (2045, 0, 1022), (2046, 1, 0), (3068, 1, 1022)],
)
def test_numbers_are_split_at_the_ends_of_the_modes(parameter, mode, code):
    assert capmem.mode(np.array([parameter])) == (mode, code)


def test_a_mode_multiplies_the_axial_conductance_at_every_code():
    division, normal, multiplication = (capmem.axial_conductance(CODES, m) for m in (-1, 0, 1))
    np.testing.assert_allclose(normal, 4.0 * division)
    np.testing.assert_allclose(multiplication, 4.0 * normal)
    np.testing.assert_array_equal(capmem.axial_conductance(CODES), division)


def test_a_mode_multiplies_what_a_code_adds_to_the_leak():
    division, normal, multiplication = (capmem.leak_conductance(CODES, m) for m in (-1, 0, 1))
    np.testing.assert_allclose(np.diff(normal), 8.0 * np.diff(division))
    np.testing.assert_allclose(np.diff(multiplication), 8.0 * np.diff(normal))
    np.testing.assert_array_equal(capmem.leak_conductance(CODES), division)  # the study's mode


def test_leaks_in_normal_mode_are_those_recorded():
    rates = capmem.leak_conductance(CODES, 0) / capmem.CAPACITANCE_PF
    assert 10.5 < 1 / rates[150] < 18.0  # us, at full capacitor
    assert 1.7 < rates[251] / rates[126] < 2.1  # "about doubles" in raw data
    taus = 1 / rates
    assert taus[0] > 11.5 > taus[200] > 3.6 > taus[1022]


@pytest.mark.parametrize("parameter", [-1, -1000, 3069, 1e6])
def test_numbers_out_of_range_are_named(parameter):
    with pytest.raises(ValueError, match=f"from 0 to 3068, found {parameter:.0f}"):
        capmem.mode(np.array([511.0, parameter]))


def test_numbers_are_truncated_before_anything_else():
    np.testing.assert_array_equal(capmem.truncate([0.999, 511.5, -0.9, -1.5]), [0, 511, 0, -1])
    mode, code = capmem.mode(np.array([1022.9, 3068.9, -0.9]))  # in range once truncated
    np.testing.assert_array_equal(mode, [-1, 1, -1])
    np.testing.assert_array_equal(code, [1022, 1022, 0])


def test_nominal_synapse_and_rest():
    assert capmem.synaptic_time_constant(capmem.SYNAPSE_CODE) == pytest.approx(10.0)
    assert np.isfinite(capmem.synaptic_time_constant(CODES)).all()
    slope = capmem.synaptic_current(capmem.SYNAPSE_CODE, 310) / capmem.REFERENCE_PF
    assert 42 < slope < 57  # LSB/us in recorded traces
    assert capmem.rest_potential(700) == pytest.approx(374, abs=2)  # a published figure
    assert capmem.capacitance(63) == pytest.approx(2.2)
