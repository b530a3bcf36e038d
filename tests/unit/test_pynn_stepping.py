"""Stepping through networks: against the exact solution and numerical integration."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analog_sbi.chip import capmem, circuit, readout, trial
from analog_sbi.chip.adex import laws
from analog_sbi.chip.adex import mismatch as of_neurons
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn import experiment, physics, stepping, topology
from analog_sbi.chip.pynn.mismatch import mismatch
from analog_sbi.chip.pynn.routing import Events, Synapses
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, to_codes
from analog_sbi.chip.pynn.stretches import STEP_US, Stretch
from tests.unit.pynn_programs import SERIAL, chip
from tests.unit.test_pynn_circuits import AXIAL, RESISTOR, RIGHT, SOMA, SOMA_RIGHT, chain

PATTERN, EXTRA = fixed_pattern(SERIAL), mismatch(SERIAL)
CLOCKS = np.full((CIRCUITS, 2), 0.064)
NONE = Events(*(np.empty(0, dtype=t) for t in (float, int, float)))


@pytest.fixture(autouse=True)
def _noiseless(monkeypatch):
    for name in ("LEAK_JITTER", "AXIAL_JITTER", "DRIFT_LSB"):
        monkeypatch.setattr(trial, name, 0.0)
    monkeypatch.setattr(readout, "sample", lambda generator, potential: potential)
    for name in ("THRESHOLD_NOISE_LSB", "NOISE_LSB_PER_US", "JITTER"):
        monkeypatch.setattr(of_neurons, name, 0.0)


def codes(settings, base=None):
    values = {name: np.full(CIRCUITS, value) for name, value in DEFAULTS.items()}
    if base is not None:
        values |= {name: column.copy() for name, column in base.parameters.items()}
        values["threshold_enable"][:] = False
    for number, parameters in settings.items():
        for name, value in parameters.items():
            values[name][number] = value
    return topology.Circuits(**to_codes(values))


def run(stretches, members, events=NONE, watched=(0,), variables=("v",)):
    return stepping.run(
        stretches,
        np.array(members),
        PATTERN,
        EXTRA,
        events,
        list(watched),
        variables,
        np.random.default_rng(0),
    )


def stretch(circuits, begin, end, synapses=None):
    return Stretch(begin, end, circuits, synapses or Synapses(), CLOCKS)


def test_a_passive_network_goes_as_the_exact_solution():
    """A branched network; inputs of both signs that overlap, at any times within a step."""
    settings = chain(3) | {6: {RESISTOR: True, AXIAL: 300.0}}
    settings[5] |= {SOMA: True, SOMA_RIGHT: True}
    circuits = codes(settings, chip())
    events = Events(
        times=np.array([20.03, 20.03, 33.1, 60.17]),
        circuits=np.array([0, 6, 0, 4]),
        weights=np.array([300.0, 100.0, 200.0, 200.0]),
        receptors=np.array([0, 0, 1, 0]),
    )
    probe = experiment.Probe("madc", 2, "v")
    snippet = experiment.Snippet(0.0, 150.0, circuits, events, Synapses(), CLOCKS, (probe,))
    (outcome,) = experiment.run([snippet], np.arange(7), PATTERN, EXTRA, np.random.default_rng(0))
    times, exact = outcome.traces[probe]
    (course,) = run([stretch(circuits, 0.0, 150.0)], [2], events, [2])
    stepped = np.interp(times, course.times, course.potential[2]) + PATTERN.readout[2]
    assert np.ptp(exact) > 60
    np.testing.assert_allclose(stepped, exact, atol=0.35)


def test_an_adapting_neuron_goes_as_its_equations():
    """C dV/dt = g (E - V) + I - s (w - w0), dw/dt = d (V - V0) - (w - w0) / tau."""
    settings = {
        0: {
            "leak_v_leak": 700.0,
            "leak_i_bias": 70.0,
            "membrane_capacitance_capacitance": 63.0,
            "constant_current_i_offset": 150.0,
            "adaptation_enable": True,
            "adaptation_v_leak": 490.0,
            "adaptation_v_ref": 530.0,
            "adaptation_i_bias_tau": 200.0,
            "adaptation_i_bias_a": 120.0,
        }
    }
    before = codes(settings)
    settings[0] = settings[0] | {"constant_current_enable": True}
    during = codes(settings)
    courses = run(
        [stretch(before, 0.0, 50.0), stretch(during, 50.0, 250.0)],
        [0],
        variables=("v", "adaptation"),
    )
    leak, rest = topology.leaks(before, PATTERN)
    rate = laws.adaptation_rate(200.0) * EXTRA.adaptation_rate[0]
    drive = laws.adaptation_drive(120.0) * EXTRA.adaptation_drive[0]
    low = laws.adaptation_leak(490.0) + EXTRA.adaptation_leak[0]
    reference = laws.adaptation_reference(530.0) + EXTRA.adaptation_reference[0]
    strength = laws.ADAPTATION_RATE_PER_US * capmem.REFERENCE_PF * EXTRA.adaptation_strength[0]
    push = physics.constant_current(150.0, False) * EXTRA.current[0]

    def slope(t, state):
        v, w = state
        current = leak[0] * (rest[0] - v) + push * (t >= 50)
        current -= strength * (w - reference)
        return current / capmem.CAPACITANCE_PF, drive * (v - low) - rate * (w - reference)

    start = courses[0].potential[0][0], courses[0].adaptation[0][0]
    np.testing.assert_allclose(slope(0, start), 0, atol=5e-3)  # starts at rest
    solved = solve_ivp(slope, (0, 250), start, t_eval=courses[1].times[1:], max_step=0.5, rtol=1e-8)
    np.testing.assert_allclose(courses[1].potential[0][1:], solved.y[0], atol=0.5)
    np.testing.assert_allclose(courses[1].adaptation[0][1:], solved.y[1], atol=0.5)
    assert np.ptp(solved.y[0]) > 60


def test_neurons_joined_between_snippets_share_their_charge():
    neuron = {"leak_i_bias": 0.0, "membrane_capacitance_capacitance": 63.0}
    neuron |= {"leak_enable_division": True}
    settings = {0: neuron | {"leak_v_leak": 800.0}, 1: neuron | {"leak_v_leak": 600.0}}
    apart = codes(settings)
    joined = codes({0: settings[0] | {RIGHT: True}, 1: settings[1]})
    first, second = run(
        [stretch(apart, 0.0, 10.0), stretch(joined, 10.0, 20.0)], [0, 1], watched=(0, 1)
    )
    before = [first.potential[n][-1] for n in (0, 1)]
    assert before[0] - before[1] > 100
    np.testing.assert_allclose(second.potential[0][0], np.mean(before))
    np.testing.assert_array_equal(second.potential[0], second.potential[1])


def test_a_spike_arrives_after_the_delay_of_the_loop():
    fires = {
        "leak_v_leak": 1000.0,
        "leak_i_bias": 200.0,
        "threshold_v_threshold": 300.0,
        "threshold_enable": True,
        "reset_v_reset": 400.0,
        "reset_i_bias": 1022.0,
        "reset_enable_multiplication": True,
        "membrane_capacitance_capacitance": 63.0,
        "refractory_period_refractory_time": 255.0,
    }
    listens = {name: column[1] for name, column in chip().parameters.items()}
    circuits = codes({0: fires, 1: listens | {"threshold_enable": False}})
    synapses = Synapses(*(np.array([x]) for x in (0, 1, 200.0, 0)))
    (course,) = run([stretch(circuits, 0.0, 60.0, synapses)], [0, 1], watched=(1,))
    spike = course.spikes[0][1]
    arrival = spike + physics.LOOP_DELAY_US + SYNAPTIC_DELAY_US
    slopes = np.diff(course.potential[1])
    before = (course.times[1:] > arrival - 5) & (course.times[1:] < arrival)
    after = (course.times[:-1] > arrival) & (course.times[:-1] < arrival + 3)
    assert (slopes[before] < 0).all()  # decays from the spike before
    assert (slopes[after] > 0).all()


def test_a_step_divides_its_stretch():
    (course,) = run([stretch(codes({}, chip()), 3.0, 13.1)], [0])
    assert course.times[0] == 3.0
    assert course.times[-1] == pytest.approx(13.1)
    assert np.diff(course.times).max() <= STEP_US
    assert circuit.kernel(np.array(0.1), np.array(0.1), np.array(2.0)) == pytest.approx(
        2 * np.exp(-0.2)
    )
