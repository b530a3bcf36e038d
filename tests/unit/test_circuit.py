"""The circuit against closed forms, a numerical solver, and Arbor on the same equations."""

import arbor
import numpy as np
import pytest
from arbor import units
from scipy.integrate import solve_ivp

from analog_sbi.chip.circuit import (
    chain_coupling,
    conductance_matrix,
    kernel,
    modes,
    response,
    rest,
)

TIME = np.linspace(0.0, 150.0, 400)


def integrate(capacitance, leak, axial, source, tau, current):
    """Response of a chain by scipy's solver, (L, T)."""
    matrix = conductance_matrix(leak[None], chain_coupling(axial[None]))[0]

    def slope(t, v):
        drive = np.zeros(len(leak))
        drive[source] = current * np.exp(-t / tau)
        return (drive - matrix @ v) / capacitance

    solution = solve_ivp(
        slope, (0, TIME[-1]), np.zeros(len(leak)), "LSODA", TIME, rtol=1e-10, atol=1e-10
    )
    return solution.y


@pytest.mark.parametrize("length", [2, 4, 6])
@pytest.mark.parametrize("tau", [10.0, 3.0])
def test_chains_agree_with_a_numerical_solver(length, tau):
    generator = np.random.default_rng(length)
    capacitance = generator.uniform(0.2, 2.5, length)
    leak = generator.uniform(0.05, 0.3, length)
    axial = generator.uniform(0.01, 1.0, length - 1)
    network = modes(capacitance, leak[None], chain_coupling(axial[None]))
    for source in range(length):
        found = response(network, source, 1 / tau, 50.0, TIME)[0]
        expected = integrate(capacitance, leak, axial, source, tau, 50.0)
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e-12, 1e-8, 1e-4])
def test_equal_rates_of_membrane_and_synapse(offset):
    rate = 0.1
    found = kernel(np.array(rate * (1 + offset)), np.array(rate), TIME)
    np.testing.assert_allclose(found, TIME * np.exp(-rate * TIME), rtol=2e-3 if offset else 1e-12)
    leak, tau = np.array([0.23]), 10.0
    network = modes(np.array([2.3]), leak[None] * (1 + offset), np.zeros((1, 1, 1)))
    expected = integrate(np.array([2.3]), leak * (1 + offset), np.empty(0), 0, tau, 40.0)
    np.testing.assert_allclose(response(network, 0, 1 / tau, 40.0, TIME)[0], expected, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e-12, 1e-9, 1e-6, 1e-3])
def test_a_chain_with_a_mode_at_the_rate_of_the_synapse(offset):
    """The slowest mode of equal compartments has the rate leak / C, whatever the coupling."""
    capacitance, tau = 2.3, 10.0
    leak = np.full(4, capacitance / tau * (1 + offset))
    axial = np.array([0.3, 0.5, 0.2])
    network = modes(capacitance, leak[None], chain_coupling(axial[None]))
    assert network.rates[0, 0] == pytest.approx((1 + offset) / tau, rel=1e-12)
    expected = integrate(np.full(4, capacitance), leak, axial, 1, tau, 40.0)
    np.testing.assert_allclose(response(network, 1, 1 / tau, 40.0, TIME)[0], expected, atol=1e-6)


def test_a_single_compartment_is_a_difference_of_exponentials():
    capacitance, leak, tau, current = 2.3, 0.15, 8.0, 30.0
    tau_m = capacitance / leak
    expected = current / capacitance / (1 / tau - 1 / tau_m)
    expected = expected * (np.exp(-TIME / tau_m) - np.exp(-TIME / tau))
    network = modes(capacitance, np.array([[leak]]), np.zeros((1, 1, 1)))
    np.testing.assert_allclose(response(network, 0, 1 / tau, current, TIME)[0, 0], expected)


def test_nothing_happens_before_the_input():
    assert np.all(kernel(np.array(0.1), np.array(0.2), np.array([-5.0, -0.1, 0.0])) == 0)


def test_reciprocity():
    leak, axial = np.array([[0.1, 0.2, 0.3, 0.15]]), np.array([[0.4, 0.2, 0.7]])
    network = modes(2.3, leak, chain_coupling(axial))
    forth = response(network, 0, 0.1, 1.0, TIME)[0, 3]
    back = response(network, 3, 0.1, 1.0, TIME)[0, 0]
    np.testing.assert_allclose(forth, back, atol=1e-12)


def test_all_charge_leaves_through_the_leaks():
    """Integrated over time, C dV/dt vanishes and the axial currents cancel in pairs."""
    capacitance = np.array([2.3, 1.1, 0.7, 2.0])
    leak = np.array([[0.1, 0.2, 0.3, 0.15]])
    network = modes(capacitance, leak, chain_coupling(np.array([[0.4, 0.2, 0.7]])))
    time = np.linspace(0.0, 400.0, 40001)
    for source in range(4):
        found = response(network, source, 1 / 10.0, 50.0, time)[0]
        assert leak[0] @ np.trapezoid(found, time) == pytest.approx(50.0 * 10.0, rel=1e-6)


def test_equal_ends_are_mirror_images():
    network = modes(2.3, np.full((1, 4), 0.15), chain_coupling(np.array([[0.4, 0.2, 0.4]])))
    first = response(network, 0, 0.1, 1.0, TIME)[0]
    last = response(network, 3, 0.1, 1.0, TIME)[0]
    np.testing.assert_allclose(first, last[::-1], atol=1e-12)


def test_networks_of_a_batch_do_not_touch():
    generator = np.random.default_rng(8)
    capacitance = generator.uniform(0.5, 2.5, (5, 3))
    leak, axial = generator.uniform(0.05, 0.5, (5, 3)), generator.uniform(0.01, 1.0, (5, 2))
    rate, current = generator.uniform(0.05, 0.3, 5), generator.uniform(1.0, 50.0, 5)
    coupling = chain_coupling(axial)
    together = response(modes(capacitance, leak, coupling), 1, rate, current, TIME)
    for n in range(5):
        alone = modes(capacitance[n], leak[[n]], coupling[[n]])
        expected = response(alone, 1, rate[n], current[n], TIME)[0]
        np.testing.assert_allclose(together[n], expected, atol=1e-10)


def test_steady_state():
    leak = np.array([[0.1, 0.2]])
    apart = rest(leak, chain_coupling(np.array([[0.0]])), np.array([300.0, 320.0]))
    np.testing.assert_allclose(apart, [[300.0, 320.0]])
    joined = rest(leak, chain_coupling(np.array([[1e6]])), np.array([300.0, 320.0]))
    np.testing.assert_allclose(joined, (0.1 * 300 + 0.2 * 320) / 0.3, rtol=1e-6)


LENGTH_UM, DIAMETER_UM, CAPACITANCE_PF = 1000.0, 4.0, 125.0
TAU_M_MS, TAU_AXIAL_MS, TAU_SYN_MS = 17.0, 6.6, 10.0
REVERSAL_MV, CURRENT_NA = 1e6, 0.02


class Chain(arbor.recipe):
    """Four passive compartments with a synapse on the first that acts as a current source.

    A reversal potential of 10^6 mV leaves the driving force constant to 10^-6 for a PSP below
    1 mV, so that the conductance-based synapse of Arbor carries an exponential current.
    """

    def __init__(self):
        super().__init__()
        area_um2 = np.pi * DIAMETER_UM * LENGTH_UM
        capacitance = CAPACITANCE_PF * 1e-12 / (area_um2 * 1e-12)  # F/m2
        leak = CAPACITANCE_PF * 1e-12 / (TAU_M_MS * 1e-3) / (area_um2 * 1e-12)  # S/m2
        axial = CAPACITANCE_PF * 1e-12 / (TAU_AXIAL_MS * 1e-3)  # S
        section = np.pi * (DIAMETER_UM * 1e-6) ** 2 / 4
        resistivity = section / (axial * LENGTH_UM * 1e-6)  # Ohm m
        tree = arbor.segment_tree()
        parent = arbor.mnpos
        for i in range(4):
            ends = [arbor.mpoint(x * LENGTH_UM, 0, 0, DIAMETER_UM / 2) for x in (i, i + 1)]
            parent = tree.append(parent, *ends, tag=1)
        decor = (
            arbor.decor()
            .set_property(
                Vm=0 * units.mV,
                cm=capacitance * units.F / units.m2,
                rL=resistivity * 100 * units.Ohm * units.cm,
            )
            .paint("(all)", arbor.density("pas/e=0", {"g": leak * 1e-4}))
            .place(
                "(location 0 0.125)",
                arbor.synapse("expsyn", {"e": REVERSAL_MV, "tau": TAU_SYN_MS}),
                "input",
            )
        )
        policy = arbor.cv_policy_fixed_per_branch(4)
        self.cell = arbor.cable_cell(tree, decor, arbor.label_dict({}), policy)

    def num_cells(self):
        return 1

    def cell_kind(self, gid):
        return arbor.cell_kind.cable

    def cell_description(self, gid):
        return self.cell

    def global_properties(self, kind):
        return arbor.neuron_cable_properties()

    def probes(self, gid):
        places = [f"(location 0 {(2 * i + 1) / 8})" for i in range(4)]
        return [arbor.cable_probe_membrane_voltage(p, f"v{i}") for i, p in enumerate(places)]

    def event_generators(self, gid):
        schedule = arbor.explicit_schedule([0 * units.ms])
        return [arbor.event_generator("input", CURRENT_NA / REVERSAL_MV, schedule)]


def test_agrees_with_arbor_on_the_same_equations():
    simulation = arbor.simulation(Chain())
    handles = [
        simulation.sample((0, f"v{i}"), arbor.regular_schedule(0.5 * units.ms)) for i in range(4)
    ]
    simulation.run(100 * units.ms, 0.002 * units.ms)
    samples = [simulation.samples(handle)[0][0] for handle in handles]
    time = samples[0][:, 0]
    # The same numbers read as ms instead of us, and nS for uS: the equations have no other scale.
    leak = np.full((1, 4), CAPACITANCE_PF / TAU_M_MS)
    axial = np.full((1, 3), CAPACITANCE_PF / TAU_AXIAL_MS)
    network = modes(CAPACITANCE_PF, leak, chain_coupling(axial))
    expected = response(network, 0, 1 / TAU_SYN_MS, CURRENT_NA * 1e3, time)[0]
    found = np.array([s[:, 1] for s in samples])
    assert expected.max() > 0.4
    # First order in the time step of 2 us, and the driving force changes by 10^-6.
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.max())
