"""The chain in Arbor: time constants, batches, threads, and the shape of its heights."""

import numpy as np
import pytest

from analog_sbi.backends import make
from analog_sbi.backends.arbor import Cable
from analog_sbi.chip.circuit import chain_coupling, modes, response
from analog_sbi.observables import extract_heights

SETTINGS = {
    "length": 4,
    "spike_interval": 200.0,
    "weight": 0.05,
    "tau_synapse": 10.0,
    "tau_membrane": [12.0, 30.0],
    "tau_axial": [3.0, 30.0],
    "compartment_length": 1000.0,
    "compartment_diameter": 4.0,
    "capacitance": 125.0,
}


@pytest.fixture(scope="module")
def chain():
    return make("arbor", SETTINGS)


def corners(chain):
    leak, axial = chain.limits.leak, chain.limits.axial
    return np.array([(g, a) for g in leak for a in axial])


def test_limits_are_the_time_constants_of_the_configuration():
    cable = Cable(1000.0, 4.0, 125.0)
    area_cm2 = np.pi * 4e-4 * 0.1
    assert cable.leak_conductance(12.0) * area_cm2 == pytest.approx(125e-12 / 12e-3)
    section_cm2 = np.pi * (2e-4) ** 2
    assert cable.axial_conductivity(3.0) * section_cm2 / 0.1 == pytest.approx(125e-12 / 3e-3)


def test_a_batch_on_two_threads_equals_single_simulations(chain):
    points = corners(chain)
    alone = np.concatenate([chain.measure(None, row[None], None) for row in points])
    together = make("arbor", SETTINGS | {"threads": 2}).measure(None, points, None)
    np.testing.assert_allclose(together, alone, rtol=1e-9)


def test_heights_attenuate_and_both_ends_are_alike(chain):
    heights = chain.measure(None, corners(chain), None)
    for h in heights:
        assert (np.diff(h[:, 0]) < 0).all()
        # not equal: later inputs meet the tails of earlier ones
        np.testing.assert_allclose(h[0, 0], h[3, 3], rtol=0.02)


def test_individual_conductances_reach_their_compartments(chain):
    middle = np.mean(corners(chain), axis=0)
    same = chain.measure(None, middle[None], None)
    theta = np.repeat(middle, [4, 3])[None]
    np.testing.assert_allclose(chain.measure(None, theta, None), same, rtol=1e-9)
    weak = theta.copy()
    weak[0, 6] = chain.limits.axial[0]  # connection between 2 and 3
    changed = chain.measure(None, weak, None)[0]
    assert changed[3, 0] < 0.8 * same[0, 3, 0]
    assert changed[1, 0] == pytest.approx(same[0, 1, 0], rel=0.05)


def test_small_inputs_agree_with_the_exact_circuit():
    """A weak synapse far from its reversal carries an exponential current."""
    weak = make("arbor", SETTINGS | {"weight": 1e-6})
    middle = np.mean(corners(weak), axis=0)
    heights = weak.measure(None, middle[None], None)[0]
    tau_m = weak.cable.leak_conductance(1.0) / middle[0]
    tau_axial = weak.cable.axial_conductivity(1.0) / middle[1]
    network = modes(
        125.0,
        np.full((1, 4), 125.0 / tau_m),
        chain_coupling(np.full((1, 3), 125.0 / tau_axial)),
    )
    time = np.arange(-100.0, 100.0, 0.1)
    current = 1e-6 * 65.0 * 1e3  # uS mV = nA; pA for a capacitance in pF
    expected = response(network, 0, 1 / 10.0, current, time)[0]
    found = extract_heights(time, expected, np.array([0.0]))[:, 0]
    # First order in the time step of 0.025 ms, and the sampling of 0.1 ms.
    np.testing.assert_allclose(heights[:, 0], found, rtol=0.01)
