"""Parts of the stand-in beside its physics: sources, connectors, chip objects, morphology."""

import ast
import copy
import logging
import subprocess
import sys

import numpy as np
import pytest
from pyNN import errors
from pyNN.parameters import ArrayParameter, Sequence

import analog_sbi.chip.pynn as pynn
from analog_sbi.chip.pynn import dlens, routing, simulator
from analog_sbi.chip.pynn.dlens import hal, halco, hxcomm, lola, sta
from analog_sbi.chip.pynn.morphology import (
    Compartment,
    McCircuitParameters,
    SharedLineConnection,
    create_mc_neuron,
)
from tests.unit.pynn_programs import chip, neurons, start, stimulate


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pynn.use(generation="classic", serial=0)
    yield
    simulator.state = None
    pynn.use(generation="classic", serial=0)


# --- the library


def test_it_imports_nothing_of_the_study():
    code = (
        "import sys, analog_sbi.chip.pynn as p; p.register();"
        "print(sorted(n for n in sys.modules if n.startswith('analog_sbi')"
        " and not n.startswith('analog_sbi.chip')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # two leaves beside the chip: how seeds are made, and the exceptions of the chip's model
    leaves = {"analog_sbi", "analog_sbi.errors", "analog_sbi.randomness"}
    assert set(ast.literal_eval(out.stdout)) <= leaves


# --- sources


def test_spike_times_are_read_for_one_source_equal_trains_and_others():
    pynn.setup()
    one = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0, 1, 2]))
    equal = pynn.Population(3, pynn.cells.SpikeSourceArray(spike_times=[0, 1, 2]))
    other = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[[0, 1, 2], [3, 4, 5]]))
    for pop in (one, equal):
        assert pop.get("spike_times") == Sequence([0, 1, 2])
        assert pop[0].spike_times == Sequence([0, 1, 2])
    for found, expected in zip(other.get("spike_times"), ([0, 1, 2], [3, 4, 5]), strict=True):
        assert found == ArrayParameter(expected)
    assert other[1].spike_times == Sequence([3, 4, 5])
    other.set(spike_times=[7.0])
    assert other.get("spike_times") == Sequence([7.0])
    other[1:2].set(spike_times=[8.0, 9.0])
    np.testing.assert_array_equal(other[1].spike_times.value, [8, 9])
    assert pynn.Population(1, pynn.cells.SpikeSourceArray()).get("spike_times") == Sequence([])


def test_spikes_of_sources_are_recorded():
    start()
    source = pynn.Population(4, pynn.cells.SpikeSourceArray(spike_times=[0.05, 0.01, 0.5]))
    source[1:3].record("spikes")
    neurons(1)
    pynn.run(0.1)
    trains = source.get_data("spikes").segments[0].spiketrains
    assert [train.annotations["source_index"] for train in trains] == [1, 2]
    np.testing.assert_allclose(trains[0].magnitude, [0.01, 0.05])
    with pytest.raises(errors.RecordingError):
        source.record("v")


def test_poisson_trains_stay_until_a_parameter_changes_and_repeat_with_the_seed():
    def trains():
        start(seed=7)
        source = pynn.Population(
            3, pynn.cells.SpikeSourcePoisson(start=0.1, rate=5e4, duration=0.8)
        )
        source.record("spikes")
        stimulated = neurons(3)
        pynn.Projection(source, stimulated, pynn.OneToOneConnector())
        found = []
        for rate in (5e4, 5e4, 6e4):
            source.set(rate=rate)
            pynn.run(1.0)
            found.append([t.magnitude for t in source.get_data("spikes").segments[-1].spiketrains])
            pynn.reset()
        return found

    first, again, other = trains()
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert len(a) != len(c) or not np.array_equal(a, c)
        assert 0.1 <= a.min() < a.max() <= 0.9
    np.testing.assert_array_equal(first[0], trains()[0][0])
    assert not np.array_equal(first[0], first[1])


def test_a_generator_on_the_chip_is_determined_by_its_seed():
    def train(seed):
        start()
        source = pynn.Population(1, pynn.cells.SpikeSourcePoissonOnChip(rate=2e4, seed=seed))
        source.record("spikes")
        pynn.Projection(source, neurons(1), pynn.AllToAllConnector())
        pynn.run(2.0)
        return source.get_data("spikes").segments[0].spiketrains[0].magnitude

    np.testing.assert_array_equal(train(1234), train(1234))
    assert not np.array_equal(train(1234), train(5))
    assert len(train(5)) == pytest.approx(40, abs=25)


# --- projections


@pytest.mark.parametrize("size", [1, 2, 5])
def test_one_to_one(size):
    start()
    pop = neurons(size)
    source = pynn.Population(size, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    projection = pynn.Projection(source, pop, pynn.OneToOneConnector())
    assert [(c.presynaptic_index, c.postsynaptic_index) for c in projection] == [
        (n, n) for n in range(size)
    ]


def test_connections_are_listed_source_after_source():
    start()
    first, second = neurons(2), neurons(3)
    synapse = pynn.synapses.StaticSynapse(weight=32)
    projection = pynn.Projection(first, second, pynn.AllToAllConnector(), synapse)
    pairs = [(i, j, 32) for i in range(2) for j in range(3)]
    assert projection.get("weight", format="list") == pairs
    projection.set(weight=np.arange(6).reshape(2, 3))
    assert [c.weight for c in projection] == list(range(6))


def test_other_connectors():
    start()
    pop = neurons(4)
    some = pynn.Projection(pop, pop, pynn.FixedProbabilityConnector(0.5))
    assert 0 < len(some) < 16
    listed = pynn.Projection(pop, pop, pynn.FromListConnector([(0, 1, 5.0, 0.0), (2, 3, 7.0, 0.0)]))
    assert listed.get("weight", format="list") == [(0, 1, 5), (2, 3, 7)]
    others = pynn.Projection(pop, pop, pynn.AllToAllConnector(allow_self_connections=False))
    assert len(others) == 12
    assert pynn.AllToAllConnector(source_location_selector=None).source_location_selector is None


@pytest.mark.parametrize(("inputs", "weight"), [(300, 1), (1, 100_000), (200, 100)])
def test_a_column_has_256_synapses(inputs, weight):
    start()
    stimulate(neurons(1), inputs=inputs, weight=weight)
    with pytest.raises(RuntimeError, match="a column has 256"):
        pynn.run(0.1)


def test_synapses_of_a_neuron_differ_in_strength():
    start()
    stimulate(neurons(1), inputs=200, weight=63)
    deviations = np.random.default_rng(0).standard_normal((512, 256))
    (projection,) = simulator.state.projections
    events, _ = routing.route([projection], deviations, 0.1)
    assert events.weights.std() / events.weights.mean() == pytest.approx(0.1, abs=0.015)
    equal, _ = routing.route([projection])
    assert set(equal.weights) == {63.0}
    assert pynn.Chip.calibrated(0).synapse_spread > 0


def test_synapses_are_placed_in_the_columns_of_their_neurons():
    start(neuronPermutation=[300, 7])
    pop = neurons(2)
    source = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    projection = pynn.Projection(
        source, pop, pynn.AllToAllConnector(), pynn.synapses.StaticSynapse(weight=100)
    )
    placed = projection.placed_connections
    assert [len(one) for one in placed] == [2] * 4
    assert [int(one[0].synapse_on_row) for one in placed] == [44, 7, 44, 7]
    assert len({(int(s.synapse_row), int(s.synapse_on_row)) for one in placed for s in one}) == 8


# --- parameters


def test_codes_that_are_no_numbers_are_refused():
    start()
    pop = neurons(1)
    pop.set(leak_v_leak=float("nan"))
    with pytest.raises(ValueError, match="leak_v_leak"):
        pynn.run(0.1)


@pytest.mark.parametrize(
    ("name", "largest"),
    [
        ("refractory_period_reset_holdoff", 15),
        ("refractory_period_input_clock", 1),
        ("constant_current_type", 1),
    ],
)
def test_small_ranges(name, largest):
    start()
    pop = neurons(1, **{name: largest})
    pynn.run(None, pynn.RunCommand.PREPARE)
    pop.set(**{name: largest + 1})
    with pytest.raises(OverflowError, match=name):
        pynn.run(None, pynn.RunCommand.PREPARE)


def test_parameters_of_a_type_are_iterated_over_and_made_into_circuits():
    pynn.setup()
    pop = pynn.Population(2, pynn.cells.HXNeuron(threshold_v_threshold=200, threshold_enable=True))
    first, second = (
        pynn.cells.HXNeuron.create_hw_entity(item) for item in pop.celltype.parameter_space
    )
    assert first == second
    assert first.threshold.v_threshold == 200
    pop[1:2].set(threshold_v_threshold=201)
    changed = list(pop.celltype.parameter_space)[1]
    assert changed["threshold_v_threshold"] == 201
    assert pynn.cells.HXNeuron.create_hw_entity(changed) != first


def test_odds_and_ends():
    pynn.setup()
    pop = pynn.Population(2, pynn.cells.HXNeuron(plasticity_rule=None))
    assert pop.get("bayesian_enable_master") is True
    assert pop.find_units("v") == "dimensionless"
    with pytest.raises(errors.InvalidParameterValueError):
        pop.set(leak_v_leak={})
    with pytest.raises(NotImplementedError, match="plasticity_rule"):
        pynn.cells.HXNeuron(plasticity_rule=object())
    with pytest.raises(NotImplementedError, match=r"Population\.inject"):
        pop.inject(None)


def test_neurons_are_placed_in_the_order_of_their_creation():
    pynn.setup(neuronPermutation=[42, 23, 14])
    pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0]))
    pynn.Population(2, pynn.cells.HXNeuron())
    last = pynn.Population(1, pynn.cells.HXNeuron())
    placement = simulator.state.neuron_placement
    assert placement.id2hwenum([1, 2]) == [42, 23]
    assert placement.id2hwenum(last[0]) == 14
    assert placement.id2atomicneuron(3) == halco.AtomicNeuronOnDLS(14)
    with pytest.raises(KeyError):
        placement.id2hwenum(0)
    pynn.reset()
    assert placement.id2hwenum(1) == 42


@pytest.mark.parametrize("make", [list, np.array, Sequence])
def test_spike_times_may_be_lists_arrays_and_sequences(make):
    pynn.setup()
    first, second = [0.01, 0.03], [0.01, 0.03, 0.1]
    for given, expected in (
        (make(first), [first, first]),
        ([make(first), make(second)], [first, second]),
        ([make(first), Sequence(second)], [first, second]),
    ):
        pop = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=given))
        for cell, times in zip(pop, expected, strict=True):
            np.testing.assert_allclose(cell.spike_times.value, times)


def test_one_type_for_two_populations():
    pynn.setup()
    cell = pynn.cells.HXNeuron(leak_v_leak=400)
    first, second = pynn.Population(2, cell), pynn.Population(3, cell)
    first.set(leak_v_leak=500)
    assert second.get("leak_v_leak") == 400


# --- snippets and recording


def test_recording_is_switched_between_snippets():
    start()
    pop = neurons(1)
    pop.record("v")
    pynn.run(0.1, pynn.RunCommand.APPEND)
    pop.record(None)
    pynn.run(0.1, pynn.RunCommand.APPEND)
    pop.record(["v", "spikes"])
    pynn.run(0.1)
    segment = pop.get_data().segments[0]
    starts = [round(float(s.t_start), 3) for s in segment.irregularlysampledsignals]
    assert starts == [0.0, 0.2]
    assert [(float(t.t_start), float(t.t_stop)) for t in segment.spiketrains] == [
        (pytest.approx(0.2), pytest.approx(0.3))
    ]
    assert pynn.get_current_time() == pytest.approx(0.3)


def test_inputs_go_over_the_border_of_snippets():
    start()
    pop = neurons(1)
    stimulate(pop, times=(0.0999,), weight=63)
    pop.record("v")
    pynn.run(0.1, pynn.RunCommand.APPEND)
    pynn.run(0.1)
    first, second = pop.get_data().segments[0].irregularlysampledsignals
    assert np.ptp(first.magnitude) < 15
    assert second.magnitude.max() > first.magnitude.mean() + 50


def test_snippets_that_do_not_change_anything_are_one_run(monkeypatch):
    traces = []
    for cuts in (1, 3):
        start(seed=3)
        pop = neurons(1)
        stimulate(pop, times=(0.1, 0.17), weight=40)
        pop.record("v")
        for _ in range(cuts):
            pynn.run(0.3 / cuts, pynn.RunCommand.APPEND)
        pynn.run(None)
        signals = pop.get_data().segments[0].irregularlysampledsignals
        times = np.concatenate([s.times.magnitude for s in signals])
        values = np.concatenate([s.magnitude[:, 0] for s in signals])
        grid = np.linspace(0.01, 0.29, 100)
        smooth = np.convolve(values, np.ones(25) / 25, "same")
        traces.append(np.interp(grid, times, smooth))
    assert np.abs(traces[0] - traces[1]).max() < 12  # drift and variation of the runs


def test_pads_show_a_neuron_and_record_nothing():
    start()
    pop = neurons(2)
    pop[0:1].record("v", device="pad_0_buffered")
    with pytest.raises(ValueError, match="pad_0"):
        pop[1:2].record("v", device="pad_0_unbuffered")
    pop[1:2].record("v", device="pad_1")
    pynn.run(0.05)
    assert not pop.get_data().segments[0].irregularlysampledsignals


def test_the_cadc_reads_8_bit_of_many_neurons_and_loses_samples():
    start()
    pop = neurons(20)
    pop.record("v", device="cadc")
    pynn.run(0.4)
    signals = pop.get_data().segments[0].irregularlysampledsignals
    assert len(signals) == 20
    assert {s.annotations["device"] for s in signals} == {"cadc"}
    for signal in signals:
        assert float(signal.times[-1]) < 0.15
        np.testing.assert_array_equal(signal.magnitude, np.rint(signal.magnitude))
    assert np.mean([s.magnitude.mean() for s in signals]) == pytest.approx(80, abs=3)


# --- logger


def test_the_logger_is_pythons(caplog):
    pynn.logger.default_config(level=pynn.logger.LogLevel.INFO)
    log = pynn.logger.get("a program")
    pynn.logger.set_loglevel(log, pynn.logger.LogLevel.INFO)
    with caplog.at_level(logging.INFO, logger="a program"):
        log.INFO("Number of spikes: ", 3)
        log.DEBUG("not shown")
    assert caplog.messages == ["Number of spikes: 3"]
    pynn.logger.reset()
    assert pynn.logger.LogLevel.TRACE < pynn.logger.LogLevel.DEBUG
    start()
    simulator.state.log.WARN("a state has a logger")


# --- chip objects and dlens


def test_a_chip_object_is_looked_into_and_changed_as_lola():
    config = lola.Chip()
    for number, neuron in enumerate(config.neuron_block.atomic_neurons):
        neuron.leak.v_leak = number
        neuron.threshold.enable = True
    config.neuron_block.backends[halco.CommonNeuronBackendConfigOnDLS(0)].clock_scale_slow = 5
    pynn.setup(initial_config=config, neuronPermutation=[9, 4])
    pop = pynn.Population(2, pynn.cells.HXNeuron())
    np.testing.assert_array_equal(pop.get("leak_v_leak"), [9, 4])
    assert pop.get("threshold_enable") is True
    with pytest.raises(AttributeError, match="no_such"):
        _ = config.neuron_block.atomic_neurons[0].leak.no_such
    with pytest.raises(AttributeError):
        config.neuron_block.atomic_neurons[0].leak.no_such = 1
    assert simulator.state._clocks()[0, 0] == pytest.approx(2**6 / 250)
    again = copy.deepcopy(config.neuron_block.atomic_neurons[3].flat())
    assert again["leak_v_leak"] == 3
    assert pynn.helper.get_values_of_atomic_neuron(lola.AtomicNeuron())["leak_v_leak"] == 0
    assert pynn.helper.decompose_in_member_names("refractory_period_input_clock") == (
        "refractory_period",
        "input_clock",
    )


def test_clocks_of_the_running_experiment_are_changed():
    pynn.setup()
    for coordinate in halco.iter_all(halco.CommonNeuronBackendConfigOnDLS):
        block = pynn.simulator.state.grenade_chip_config.neuron_block
        block.backends[coordinate].clock_scale_slow = 0
    assert simulator.state._clocks()[300, 0] == pytest.approx(0.008)


def test_coordinates_have_ranges():
    assert halco.AtomicNeuronOnDLS(halco.common.Enum(5)).toEnum() == 5
    with pytest.raises(OverflowError):
        halco.AtomicNeuronOnDLS(512)
    with pytest.raises(TypeError):
        halco.AtomicNeuronOnDLS(-1)
    assert hal.SynapseWeightQuad.Value.max == 63
    assert len(list(halco.iter_all(halco.AtomicNeuronOnDLS))) == 512


@pytest.mark.parametrize(
    "access",
    [
        lambda: hal.CrossbarOutputConfig(),
        lambda: lola.SynapseWeightRow(),
        lambda: halco.SynapseDriverOnDLS(3),
        lambda: sta.run(None, None),
        lambda: hxcomm.ZeroMockConnection(),
        lambda: sta.PlaybackProgramBuilder().write(1, 2),
    ],
)
def test_the_rest_of_dlens_is_refused_when_called(access):
    with pytest.raises(NotImplementedError, match="not part of the chip model"):
        access()
    assert dlens.hxcomm is hxcomm


def test_a_connection_is_passed_in():
    with hxcomm.ManagedConnection() as connection:
        pynn.setup(connection=connection)
        assert connection.get_unique_identifier() == ["model-0"]
    pynn.setup(injected_config=pynn.InjectedConfiguration(), injected_readout=None)
    late = pynn.InjectedConfiguration()
    pynn.setup(injected_config=late)
    neurons(1)
    late.pre_realtime[1] = 2
    with pytest.raises(NotImplementedError, match="injected_config with pre_realtime"):
        pynn.run(0.1)


def test_calibrations_leave_something_over():
    """Rests of calibrated neurons are recorded to spread by 7 LSB."""
    from analog_sbi.chip import capmem
    from analog_sbi.chip.fixed_pattern import fixed_pattern
    from analog_sbi.chip.pynn import topology
    from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, to_codes

    pattern, parameters = fixed_pattern(59), chip().parameters
    values = {name: np.full(512, value) for name, value in DEFAULTS.items()} | parameters
    leak, rests = topology.leaks(topology.Circuits(**to_codes(values)), pattern)
    assert (rests + pattern.readout).std() == pytest.approx(7, rel=0.15)
    assert (rests + pattern.readout).mean() == pytest.approx(capmem.REST_TARGET, abs=1.5)
    tau = capmem.CAPACITANCE_PF / leak
    assert np.median(tau) == pytest.approx(10.0, rel=0.02)


# --- morphology


def two(**kwargs):
    comps = [
        Compartment(positions=[0], label="a", connect_shared_line=[0]),
        Compartment(positions=[1, 2], label="b", connect_conductance=[(1, 200)]),
    ]
    return create_mc_neuron("Two", comps, [SharedLineConnection(start=0, stop=1, row=0)], **kwargs)


@pytest.mark.parametrize(
    "arguments",
    [
        {"positions": [0, 1, 0, 1]},
        {"connect_shared_line": 0},
        {"connect_shared_line": [[0]]},
        {"connect_shared_line": [2]},
        {"connect_conductance": 0},
        {"connect_conductance": [(1, 100), (1, 200)]},
        {"connect_conductance": [(2, 100)]},
        {"connect_conductance": ([0], 100)},
        {"label": 3},
    ],
)
def test_compartments_that_are_none(arguments):
    with pytest.raises(TypeError):
        Compartment(**({"positions": [0, 1], "label": "x"} | arguments))


def test_morphologies_that_are_none():
    first = Compartment(positions=[0], label="a", connect_shared_line=[0])
    second = Compartment(positions=[1], label="b", connect_conductance=[(1, 200)])
    line = SharedLineConnection(start=0, stop=1, row=0)
    create_mc_neuron("Fine", compartments=[first, second], connections=[line])
    for compartments, connections in (
        (first, [line]),
        ([first, second], line),
        ([first, second], [(0, 1, 0)]),
    ):
        with pytest.raises(TypeError):
            create_mc_neuron("X", compartments=compartments, connections=connections)
    direct = Compartment(positions=[1], label="b", connect_shared_line=[1])
    both = Compartment(
        positions=[1], label="b", connect_shared_line=[1], connect_conductance=[(1, 2)]
    )
    same = Compartment(positions=[1, 0], label="b", connect_conductance=[(1, 2)])
    for compartments, connections in (
        ([first, second], []),
        ([first, direct], [line]),
        ([first, both], [line]),
        ([first, same], [line]),
        ([], []),
    ):
        with pytest.raises(RuntimeError):
            create_mc_neuron("X", compartments=compartments, connections=connections)


def test_labels_name_compartments():
    cell = two()
    assert cell.get_labels() == ["a", "b"]
    assert cell.get_label(halco.CompartmentOnLogicalNeuron(1)) == "b"
    with pytest.raises(KeyError):
        cell.get_label(4)
    pynn.setup()
    pop = pynn.Population(1, cell())
    pop.record("v", locations=["b"])
    pop.record(None)
    pop[0:1].record("spikes", locations=["a", "b"])
    with pytest.raises(ValueError, match="does not exist"):
        pop.record("v", locations=["c"])
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    with pytest.raises(ValueError, match="does not exist"):
        pynn.Projection(source, pop, pynn.AllToAllConnector(location_selector="c"))
    with pytest.raises(ValueError, match="no compartment"):
        pynn.Projection(source, neurons(1), pynn.AllToAllConnector(location_selector="a"))


def test_parameters_of_circuits_and_compartments():
    v_leak = [[1], [2, 3], [4, 4]]
    comps = [
        Compartment(positions=[0], label="x", connect_shared_line=[0], leak_v_leak=v_leak[0]),
        Compartment(
            positions=[1, 2], label="x", connect_conductance=[(1, 200)], leak_v_leak=v_leak[1]
        ),
        Compartment(positions=[3, 4], label="x", connect_conductance=[(3, 200)], leak_v_leak=4),
    ]
    cell = create_mc_neuron("Mc", comps, [SharedLineConnection(start=0, stop=3, row=0)])
    pynn.setup()
    for size in (1, 5):
        pop = pynn.Population(size, cell())
        expected = McCircuitParameters(v_leak)
        assert pop.get("leak_v_leak") == expected
        assert pop.get(["leak_v_leak"]) == [expected]
        higher = McCircuitParameters([[2], [3, 4], [5, 5]])
        pop.set(leak_v_leak=higher)
        assert pop.get("leak_v_leak") == higher
    pop = pynn.Population(2, cell())
    pop.set(leak_v_leak=np.array([expected, higher]))
    assert all(a == b for a, b in zip(pop.get("leak_v_leak"), [expected, higher], strict=True))
    assert pynn.Population(1, cell(leak_v_leak=100)).get("leak_v_leak") == 100
    with pytest.raises(errors.NonExistentParameterError):
        pop.set(multicompartment_connect_soma=True)


def test_neurons_of_several_circuits_are_placed_and_configured():
    start(neuronPermutation=[126, 0, 1, 2, 3, 4, 5])
    pop = pynn.Population(2, two(single_active_circuit=True)())
    # three circuits do not fit at 126, at the border of a quadrant
    np.testing.assert_array_equal(pop.circuits, [[0, 1, 2], [3, 4, 5]])
    column = chip().parameters["excitatory_input_i_bias_tau"]
    np.testing.assert_array_equal(
        pop.parameter_arrays["excitatory_input_i_bias_tau"], column[pop.circuits]
    )
    assert (pop.parameter_arrays["membrane_capacitance_capacitance"][:, 2] == 0).all()
    codes = simulator.state.prepare()
    np.testing.assert_array_equal(
        codes.multicompartment_connect_right[:6], [False, True, False] * 2
    )
    np.testing.assert_array_equal(
        codes.multicompartment_enable_conductance[:6], [False, True, False] * 2
    )
    assert codes.multicompartment_i_bias_nmda[1] == 200
    with pytest.raises(ValueError, match="Cannot register"):
        pynn.Population(1, two()())
