"""The network follows the switches that a program sets."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import analog_sbi.chip.pynn as pynn
from analog_sbi.chip import capmem, circuit, readout, trial
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn import execution, experiment, simulator, topology
from analog_sbi.chip.pynn.mismatch import mismatch
from analog_sbi.chip.pynn.routing import Events, Synapses
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, to_codes
from tests.unit.pynn_programs import SERIAL, chip, height, neurons, start, stimulate, tail, trace

PATTERN = fixed_pattern(SERIAL)
SOMA = "multicompartment_connect_soma"
SOMA_RIGHT = "multicompartment_connect_soma_right"
RIGHT = "multicompartment_connect_right"
VERTICAL = "multicompartment_connect_vertical"
RESISTOR = "multicompartment_enable_conductance"
AXIAL = "multicompartment_i_bias_nmda"


@pytest.fixture(autouse=True)
def _quiet():
    yield
    simulator.state = None


def circuits(settings, base=None):
    """Codes of all circuits: ``settings`` maps circuits to parameters."""
    values = {name: np.full(CIRCUITS, value) for name, value in DEFAULTS.items()}
    if base is not None:
        values |= {name: column.copy() for name, column in base.parameters.items()}
    for number, parameters in settings.items():
        for name, value in parameters.items():
            values[name][number] = value
    return topology.Circuits(**to_codes(values))


def network(settings, seen, base=None):
    (found,) = topology.networks(circuits(settings, base), PATTERN, seen)
    return found


def chain(length):
    """Switches of a chain of two circuits a compartment (original experiment)."""
    settings = {}
    for i in range(length):
        settings[2 * i] = {RIGHT: True, RESISTOR: i > 0, AXIAL: 511.0}
        settings[2 * i] |= {"multicompartment_enable_conductance_division": True}
        settings[2 * i] |= {"leak_i_bias": 511.0, "leak_enable_division": True}
        last = i == length - 1
        settings[2 * i + 1] = {"leak_i_bias": 0.0, "membrane_capacitance_capacitance": 0.0}
        settings[2 * i + 1] |= {SOMA: not last, SOMA_RIGHT: not last}
    return settings


def test_the_chain_is_that_of_the_batched_model():
    found = network(chain(4), [0], chip())
    np.testing.assert_array_equal(found.node[:8], [0, 0, 1, 1, 2, 2, 3, 3])
    assert (found.node[8:] == -1).all()
    np.testing.assert_allclose(found.capacitance, capmem.REFERENCE_PF, rtol=1e-12)
    np.testing.assert_array_equal(found.ends, [[1, 0], [2, 1], [3, 2]])
    even = np.arange(0, 8, 2)
    leak = capmem.leak_conductance(511) * PATTERN.leak[even]
    np.testing.assert_allclose(found.leak, leak, rtol=1e-12)
    axial = capmem.axial_conductance(511) * PATTERN.axial[even[1:]]
    np.testing.assert_allclose(found.axial, axial, rtol=1e-12)
    codes = chip().parameters["leak_v_leak"][even]
    np.testing.assert_allclose(found.potential, capmem.rest_potential(codes) + PATTERN.rest[even])


@pytest.mark.parametrize(
    ("division", "multiplication", "mode", "axial_factor"),
    [(True, False, -1, 1 / 4), (False, False, 0, 1), (False, True, 1, 4), (True, True, 0, 1)],
)
def test_modes_of_leak_and_resistor(division, multiplication, mode, axial_factor):
    settings = {
        0: {
            "leak_i_bias": 511.0,
            "leak_enable_division": division,
            "leak_enable_multiplication": multiplication,
            RESISTOR: True,
            "multicompartment_enable_conductance_division": division,
            "multicompartment_enable_conductance_multiplication": multiplication,
            AXIAL: 700.0,
        },
    }
    found = network(settings, [0], chip())
    leak = capmem.leak_conductance(511, mode) * PATTERN.leak[0]
    np.testing.assert_allclose(found.leak[0], leak)
    axial = capmem.axial_conductance(700, 0) * PATTERN.axial[0]
    np.testing.assert_allclose(found.axial[0], axial * axial_factor)


def test_what_switches_join():
    cases = [
        ({0: {RIGHT: True}}, {0, 1}),
        ({0: {RIGHT: True}, 1: {RIGHT: True}}, {0, 1, 2}),
        ({0: {VERTICAL: True}}, {0, 256}),
        ({0: {SOMA: True, SOMA_RIGHT: True}, 1: {SOMA: True}}, {0, 1}),
        ({0: {SOMA: True, SOMA_RIGHT: True}, 1: {SOMA_RIGHT: True}, 2: {SOMA: True}}, {0, 2}),
        ({0: {SOMA: True}, 1: {SOMA: True}}, {0}),  # the line is open between them
        ({0: {SOMA_RIGHT: True}, 1: {SOMA: True}}, {0}),  # the first one is not at the line
        ({0: {SOMA_RIGHT: True}}, {0}),
    ]
    for settings, expected in cases:
        found = network(settings, [0], chip())
        assert set(np.flatnonzero(found.node == found.node[0])) == expected
        joined = len(expected)
        capacitance = joined * capmem.CAPACITANCE_PF + (joined - 1) * capmem.PARASITIC_PF
        np.testing.assert_allclose(found.capacitance[0], capacitance)


def test_switches_end_at_the_border_of_a_quadrant():
    settings = {127: {RIGHT: True}, 511: {RIGHT: True}, 126: {RIGHT: True}}
    assert set(np.flatnonzero(network(settings, [127], chip()).node == 0)) == {126, 127}
    assert network(settings, [511], chip()).node[0] == -1


def test_a_resistor_needs_a_line_that_leads_somewhere():
    alone = {0: {RESISTOR: True, AXIAL: 1022.0}}
    found = network(alone, [0], chip())
    assert len(found.capacitance) == 2  # the membrane and its segment of the line
    assert found.capacitance[1] == capmem.PARASITIC_PF
    assert found.leak[1] == 0
    shorted = {0: {RESISTOR: True, SOMA: True, AXIAL: 1022.0}}
    assert len(network(shorted, [0], chip()).axial) == 0


def test_two_resistors_at_one_line_act_in_series():
    """Their line in the middle has next to no capacitance (Kron reduction)."""
    settings = {
        0: {RESISTOR: True, SOMA_RIGHT: True, AXIAL: 900.0},
        1: {RESISTOR: True, AXIAL: 900.0},
    }
    found = network(settings, [0], chip())
    assert len(found.leak) == 3
    g = found.coupling(np.ones(2))
    line = found.node.max() + 1
    series = g[0, line] * g[1, line] / (g[0, line] + g[1, line])
    ones = np.ones((1, 3))
    reduced = found.coupling(np.ones(2))[:2, :2].copy()
    reduced[0, 1] = reduced[1, 0] = series
    full = circuit.modes(found.capacitance, found.leak[None] * ones, g[None]).rates[0][:2]
    small = circuit.modes(found.capacitance[:2], found.leak[None, :2], reduced[None]).rates[0]
    np.testing.assert_allclose(full, small, rtol=0.06)


def test_a_star_of_compartments():
    """Three arms at one line: a branched neuron."""
    settings = {1: {SOMA: True, SOMA_RIGHT: True}, 0: {RIGHT: True}}
    settings |= {arm: {RESISTOR: True, SOMA_RIGHT: arm < 4, AXIAL: 600.0} for arm in (2, 3, 4)}
    found = network(settings, [3], chip())
    centre = found.node[0]
    assert sorted(found.ends[:, 1]) == [centre] * 3
    assert len(set(found.ends[:, 0])) == 3


def test_membranes_without_any_leak_keep_their_potential():
    settings = {0: {"leak_i_bias": 0.0, "membrane_capacitance_capacitance": 0.0}}
    settings[0]["leak_enable_division"] = True
    found = network(settings, [0], chip())
    np.testing.assert_allclose(found.leak, topology.FLOATING_US)
    code = chip().parameters["leak_v_leak"][0]
    np.testing.assert_allclose(found.potential, capmem.rest_potential(code) + PATTERN.rest[0])


def test_groups_are_separate_networks():
    settings = {0: {RIGHT: True}, 4: {RIGHT: True}}
    found = topology.networks(circuits(settings, chip()), PATTERN, [0, 1, 4, 9])
    assert [sorted(np.flatnonzero(n.node >= 0)) for n in found] == [[0, 1], [4, 5], [9]]


def solve(codes, events, seen, duration):
    """Record the membrane of a circuit in a network that does not spike."""
    probe = experiment.Probe("madc", seen, "v")
    snippet = experiment.Snippet(
        begin=0.0,
        end=duration,
        circuits=codes,
        events=events,
        synapses=Synapses(),
        clocks=np.full((CIRCUITS, 2), 0.064),
        probes=(probe,),
    )
    (outcome,) = experiment.run(
        [snippet], np.arange(7), PATTERN, mismatch(SERIAL), np.random.default_rng(0)
    )
    return outcome.traces[probe]


def test_responses_solve_the_equations(monkeypatch):
    """A branched network, inputs that repeat and overlap, against a numerical solution."""
    for name in ("LEAK_JITTER", "AXIAL_JITTER", "DRIFT_LSB"):
        monkeypatch.setattr(trial, name, 0.0)
    monkeypatch.setattr(readout, "sample", lambda generator, potential: potential)
    settings = chain(3) | {6: {RESISTOR: True, AXIAL: 300.0}}
    settings[5] |= {SOMA: True, SOMA_RIGHT: True}
    codes = replace(circuits(settings, chip()), threshold_enable=np.zeros(CIRCUITS, dtype=bool))
    events = Events(
        times=np.array([20.0, 20.0, 33.0, 60.0]),
        circuits=np.array([0, 6, 0, 5]),
        weights=np.array([300.0, 100.0, 300.0, 200.0]),
    )
    times, potential = solve(codes, events, 2, 150.0)
    net = network(settings, [2], chip())
    coupling = net.coupling(np.ones(len(net.axial)))
    gm = codes.excitatory_input_i_bias_gm
    tau = capmem.synaptic_time_constant(codes.excitatory_input_i_bias_tau) * PATTERN.tau_synapse

    def slope(t, v):
        current = np.zeros(len(v))
        for time, target, weight in zip(events.times, events.circuits, events.weights, strict=True):
            since = t - time - execution.SYNAPTIC_DELAY_US
            if since >= 0:
                size = capmem.synaptic_current(gm[target], weight) * PATTERN.strength[target]
                current[net.node[target]] += size * np.exp(-since / tau[target])
        flow = coupling @ v - coupling.sum(axis=1) * v
        return (net.leak * (net.potential - v) + flow + current) / net.capacitance

    rest = np.linalg.solve(
        np.diag(net.leak + coupling.sum(axis=1)) - coupling, net.leak * net.potential
    )
    solved = solve_ivp(
        slope, (0, 150), rest, t_eval=times[times < 150], rtol=1e-8, atol=1e-8, max_step=0.2
    )
    expected = solved.y[net.node[2]] + PATTERN.readout[2]
    np.testing.assert_allclose(potential, expected, atol=5e-3)


@pytest.mark.parametrize("distance", [0.0, 1e-9, -3e-7, 8e-7, 1e-5])
def test_a_mode_may_agree_with_a_synaptic_rate(distance):
    """Two uncoupled membranes: t exp(-rate t) is the limit of equal rates."""
    rate = np.array([0.1, 0.1 * (1 + 1.5e-6)])
    modes = circuit.Modes(rates=rate[None], vectors=np.eye(2)[None])
    inputs = execution.Inputs(
        rates=np.array([0.1 * (1 + distance)]),
        nodes=np.array([0]),
        times=np.zeros(1),
        currents=np.ones((1, 1)),
    )
    varied = execution.Varied(modes=modes, level=np.zeros(2), drift=np.zeros((1, 2)))
    times = np.linspace(0, 100, 50)
    found = execution.response(varied, inputs, [0, 1], times)
    np.testing.assert_allclose(found[0], times * np.exp(-0.1 * times), atol=1e-3)
    np.testing.assert_allclose(found[1], 0, atol=1e-6)


# --- what a program sees


def test_the_leak_code_changes_the_time_constant():
    tails = []
    for code in (0, 511, 1022):
        start()
        pop = neurons(1, leak_i_bias=code)
        stimulate(pop)
        tails.append(np.median([tail(pop) for _ in range(3)]))
    assert tails[0] > tails[1] + 2 > tails[2] + 4


def test_division_and_multiplication_change_it_further():
    tails = []
    for division, multiplication in ((True, False), (False, False), (False, True)):
        start()
        pop = neurons(1, leak_enable_division=division, leak_enable_multiplication=multiplication)
        stimulate(pop, weight=63, inputs=15)
        tails.append(tail(pop))
    assert tails[0] > tails[1] > tails[2]


def test_without_capacitor_the_membrane_follows_its_input():
    rises = []
    for code in (63, 0):
        start()
        pop = neurons(1, membrane_capacitance_capacitance=code)
        stimulate(pop, weight=5)
        times, potential = trace(pop)
        smooth = np.convolve(potential, np.ones(9) / 9, "same")[:-20]
        rises.append(times[smooth.argmax()] - 100)
    assert rises[0] > 8
    assert rises[1] < 5


def test_the_synaptic_codes_set_strength_and_time_constant():
    def run(**codes):
        start()
        pop = neurons(1, **codes)
        stimulate(pop, weight=15)
        return height(pop), tail(pop)

    base = run(excitatory_input_i_bias_gm=400, excitatory_input_i_bias_tau=500)
    strong = run(excitatory_input_i_bias_gm=800, excitatory_input_i_bias_tau=500)
    slow = run(excitatory_input_i_bias_gm=400, excitatory_input_i_bias_tau=200)
    assert strong[0] == pytest.approx(2 * base[0], rel=0.1)
    assert slow[1] > base[1] + 10
    off = run(excitatory_input_enable=False)
    assert off[0] < 15


def test_weights_add_over_inputs_synapses_and_repetitions():
    def peak(*projections):
        start()
        pop = neurons(1)
        for weight, inputs in projections:
            stimulate(pop, weight=weight, inputs=inputs)
        return np.mean([height(pop) for _ in range(4)])

    one = peak((20, 5))
    assert peak((10, 10)) == pytest.approx(one, abs=4)
    assert peak((10, 5), (10, 5)) == pytest.approx(one, abs=4)
    assert peak((100, 1)) == pytest.approx(one, abs=4)  # takes two hardware synapses


def test_inputs_repeat_and_add_up():
    start()
    pop = neurons(1)
    stimulate(pop, times=(0.1, 0.3, 0.5), weight=20)
    times, potential = trace(pop, runtime=0.7)
    peaks = [potential[(times >= t) & (times < t + 100)].max() for t in (100, 300, 500)]
    assert np.ptp(peaks) < 8
    start()
    pop = neurons(1)
    stimulate(pop, times=(0.1, 0.102), weight=10)
    twice = height(pop)
    start()
    pop = neurons(1)
    stimulate(pop, times=(0.1,), weight=10)
    assert twice > 1.5 * height(pop)


def test_inputs_after_the_end_of_a_run_are_not_sent():
    start()
    pop = neurons(1)
    stimulate(pop, times=(0.1, 0.5))
    _, potential = trace(pop, runtime=0.09)
    assert np.ptp(potential) < 15


def test_potentials_clip_at_the_range_of_the_madc():
    start()
    pop = neurons(1)
    stimulate(pop, weight=63, inputs=60)
    _, potential = trace(pop)
    assert potential.max() == 1023
    pynn.setup()
    _, potential = trace(neurons(1))  # leak potential at code 0
    assert potential.min() == 0


@pytest.mark.parametrize(
    ("wiring", "coupled"),
    [
        ({}, True),
        ({"line": False}, False),  # the shared line stays open
        ({"soma": False}, False),  # the first compartment is not at the line
        ({"resistor": False}, False),  # the second one is not
        ({"axial": 0}, False),  # next to no conductance
    ],
)
def test_only_a_right_wiring_propagates(wiring, coupled):
    right = {"line": True, "soma": True, "resistor": True, "axial": 1022} | wiring
    start()
    pop = neurons(4)
    view = pynn.PopulationView
    view(pop, [0, 2]).set(**{RIGHT: True})
    view(pop, [1, 3]).set(leak_i_bias=0, membrane_capacitance_capacitance=0)
    view(pop, [1]).set(**{SOMA: right["soma"], SOMA_RIGHT: right["line"]})
    view(pop, [2]).set(**{RESISTOR: right["resistor"], AXIAL: right["axial"]})
    view(pop, [2]).set(multicompartment_enable_conductance_division=True)
    stimulate(view(pop, [0]))
    near, far = height(view(pop, [0])), height(view(pop, [2]))
    assert near > 90
    assert (far > 40) if coupled else (far < 15)


def test_circuits_of_one_membrane_record_the_same():
    start()
    pop = neurons(2)
    pynn.PopulationView(pop, [0]).set(**{RIGHT: True})
    stimulate(pynn.PopulationView(pop, [0]), weight=63)
    pop.record("v")
    pynn.run(0.3)
    first, second = pop.get_data().segments[-1].irregularlysampledsignals
    first, second = first.magnitude[:, 0], second.magnitude[:, 0]
    offset = PATTERN.readout[0] - PATTERN.readout[1]
    count = min(len(first), len(second))
    difference = (first[:count] - second[:count]).mean()
    assert difference == pytest.approx(offset, abs=0.2)
