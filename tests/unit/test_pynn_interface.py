"""The PyNN module over the chip model: calls, units, errors, generations."""

import importlib
import sys

import neo
import numpy as np
import pytest
from pyNN.common import BasePopulation
from pyNN.errors import ConnectionError as PyNNConnectionError
from pyNN.errors import NonExistentParameterError, RecordingError

import analog_sbi.chip.pynn as pynn
from analog_sbi.chip import readout
from analog_sbi.chip.pynn import Chip, simulator
from tests.unit.pynn_programs import SERIAL, chip, height, neurons, start, stimulate, trace


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pynn.use(generation="classic", serial=0)
    yield
    simulator.state = None
    pynn.use(generation="classic", serial=0)


@pytest.fixture
def lazy():
    pynn.use(generation="lazy")


def record(view, runtime=0.1):
    view.record(["v"])
    pynn.run(runtime)
    return view.get_data()


# --- recorded signals


def test_signals_are_those_of_the_real_module():
    start()
    pop = neurons(3)
    block = record(pynn.PopulationView(pop, [1]), runtime=0.8)
    assert isinstance(block, neo.Block)
    segment = block.segments[-1]
    assert segment.name == "segment000"
    (signal,) = segment.irregularlysampledsignals
    assert isinstance(signal, neo.IrregularlySampledSignal)
    assert signal.name == "v"
    assert signal.dtype == np.float32
    assert signal.shape == (len(signal.times), 1)
    assert signal.dimensionality.string == "dimensionless"
    assert signal.times.dimensionality.string == "ms"
    assert signal.annotations == {
        "device": "madc",
        "source_ids": [int(pop.all_cells[1])],
        "source_locations": ["unlabeled"],
        "source_population": pop.label,
        "source_compartments": [0],
    }
    np.testing.assert_array_equal(signal.array_annotations["channel_index"], [1])
    values = signal.magnitude
    np.testing.assert_array_equal(values, np.rint(values))
    assert 250 < values.mean() < 370


def test_samples_fill_the_run_at_the_rate_of_the_madc():
    start()
    signal = record(neurons(1), runtime=0.8).segments[0].irregularlysampledsignals[0]
    times = signal.times.magnitude
    assert times[0] == 0.0
    assert times[-1] < 0.8
    assert len(times) == pytest.approx(0.8e-3 * 500e6 / 17, abs=1)
    assert set(np.round(np.diff(times) * 1e6).astype(int)) == {32, 40}
    assert pynn.get_time_step() == pytest.approx(3.4e-5)


def test_two_runs_differ_by_noise_and_a_seed_repeats_them():
    def two_runs():
        start(seed=7)
        pop = neurons(1)
        stimulate(pop)
        return [trace(pop)[1] for _ in range(2)]

    (first, second), again = two_runs(), two_runs()
    assert not np.array_equal(first, second)
    assert abs(first.max() - second.max()) < 30
    np.testing.assert_array_equal([first, second], again)


def test_noise_without_a_seed_goes_on_over_set_ups():
    values = []
    for _ in range(2):
        pynn.setup(initial_config=Chip.calibrated(SERIAL))
        values.append(trace(neurons(1))[1])
        pynn.end()
    assert not np.array_equal(*values)


def test_baseline_noise_has_the_size_of_recorded_ones():
    start()
    _, potential = trace(neurons(1))
    fast = np.diff(potential).std() / np.sqrt(2)
    assert fast == pytest.approx(np.sqrt(readout.NOISE_LSB**2 + 1 / 12), rel=0.05)


def test_two_neurons_share_the_rate():
    start()
    pop = neurons(2)
    signals = record(pop).segments[0].irregularlysampledsignals
    assert [s.annotations["source_ids"] for s in signals] == [[0], [1]]
    assert np.diff(signals[0].times.magnitude).mean() == pytest.approx(6.8e-5, rel=0.01)


def test_segments_count_runs_and_clear_drops_them():
    start()
    pop = neurons(1)
    pop.record("v")
    for _ in range(3):
        pynn.run(0.05)
        pynn.reset()
    pynn.run(0.05)
    block = pop.get_data()
    assert [s.name for s in block.segments] == [f"segment00{i}" for i in range(4)]
    assert all(len(s.irregularlysampledsignals) == 1 for s in block.segments)
    pop.get_data(clear=True)
    with pytest.raises(IndexError):
        _ = pop.get_data().segments[-1].irregularlysampledsignals[0]
    pynn.reset()
    pynn.run(0.05)
    assert [s.name for s in pop.get_data().segments] == ["segment004"]


def test_an_unrecorded_view_has_no_signal():
    start()
    pop = neurons(2)
    record(pynn.PopulationView(pop, [0]))
    with pytest.raises(IndexError):
        _ = pynn.PopulationView(pop, [1]).get_data().segments[-1].irregularlysampledsignals[0]


def test_record_none_on_a_view_ends_recording_of_the_population():
    start()
    pop = neurons(2)
    pynn.PopulationView(pop, [0]).record("v")
    pynn.PopulationView(pop, [1]).record(None)
    pynn.run(0.05)
    assert not pop.get_data().segments[-1].irregularlysampledsignals


def test_reset_keeps_network_parameters_and_recording():
    start()
    pop = neurons(1)
    stimulate(pop)
    pop.set(leak_i_bias=37)
    pop.record("v")
    pynn.run(0.2)
    assert pynn.get_current_time() == 0.2
    pynn.reset()
    assert pynn.get_current_time() == 0
    assert pop.get("leak_i_bias") == 37
    pynn.run(0.2)
    signal = pop.get_data().segments[-1].irregularlysampledsignals[0]
    assert signal.magnitude.max() > signal.magnitude[:1000].mean() + 30


def test_end_writes_what_was_asked_for(tmp_path):
    start()
    pop = neurons(1)
    pop.record("v", to_file=str(tmp_path / "v.pkl"))
    pynn.run(0.05)
    pynn.end()
    assert (tmp_path / "v.pkl").exists()
    assert simulator.state is None


def test_a_silent_neuron_records_no_spikes():
    start()
    pop = neurons(2)
    pop.record("spikes")
    pynn.run(0.05)
    trains = pop.get_data("spikes").segments[0].spiketrains
    assert [len(train) for train in trains] == [0, 0]
    assert pop.get_spike_counts() == {0: 0, 1: 0}


# --- parameters


def test_calibration_is_in_the_parameters_and_own_values_take_precedence():
    start()
    pop = pynn.Population(2, pynn.cells.HXNeuron(leak_v_leak=123))
    np.testing.assert_array_equal(pop.get("leak_v_leak"), 123)
    expected = chip().parameters["excitatory_input_i_bias_tau"][:2]
    np.testing.assert_array_equal(pop.get("excitatory_input_i_bias_tau"), expected)
    assert pop.get("membrane_capacitance_capacitance") == 63


def test_defaults_without_a_configuration_are_silent():
    pynn.setup()
    pop = neurons(1)
    assert pop.get("membrane_capacitance_capacitance") == 0
    assert pop.get("excitatory_input_enable") is False
    stimulate(pop)
    _, potential = trace(pop)
    assert np.ptp(potential) < 20


def test_parameters_are_set_for_populations_views_and_cells():
    start()
    pop = neurons(3)
    pop.set(leak_i_bias=400)
    pop[0:2].set(leak_i_bias=150)
    pop[2].leak_i_bias = 350
    np.testing.assert_array_equal(pop.get("leak_i_bias"), [150, 150, 350])
    assert pop[1:][1:].get("leak_i_bias") == 350
    pop.set(leak_i_bias=[1, 2, 3], leak_enable_division=[True, False, True])
    assert pop[1].leak_i_bias == 2
    np.testing.assert_array_equal(
        pop.get(["leak_i_bias", "leak_enable_division"]), [[1, 2, 3], [True, False, True]]
    )
    assert isinstance(pop[0:1], BasePopulation)


def test_floats_are_truncated():
    def run(code):
        start()
        pop = neurons(1, leak_i_bias=code)
        stimulate(pop)
        return trace(pop)[1]

    np.testing.assert_array_equal(run(300), run(300.9))
    assert not np.array_equal(run(300), run(301))


@pytest.mark.parametrize(
    "name",
    [
        "tau_m",
        "event_routing_analog_output",
        "event_routing_enable_digital",
        "leak_reset_i_bias_source_follower",
        "readout_enable_amplifier",
        "readout_source",
        "readout_enable_buffered_access",
        "readout_i_bias",
    ],
)
def test_unknown_and_hidden_parameters(name):
    start()
    pop = neurons(1)
    with pytest.raises(NonExistentParameterError):
        pop.set(**{name: 1})
    with pytest.raises(NonExistentParameterError):
        pynn.cells.HXNeuron(**{name: 1})


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("leak_i_bias", 1023, OverflowError),
        ("leak_v_leak", -1, TypeError),
        ("membrane_capacitance_capacitance", 64, OverflowError),
        ("refractory_period_refractory_time", 256, OverflowError),
    ],
)
def test_ranges_are_checked_when_the_network_is_mapped(name, value, error):
    start()
    pop = neurons(1)
    pop.set(**{name: value})
    with pytest.raises(error, match=name):
        pynn.run(0.1)


def test_placement_follows_the_permutation():
    start(neuronPermutation=[5, 3, 8])
    first, second = neurons(2), neurons(1)
    values = chip().parameters["excitatory_input_i_bias_gm"]
    np.testing.assert_array_equal(first.get("excitatory_input_i_bias_gm"), values[[5, 3]])
    assert second.get("excitatory_input_i_bias_gm") == values[8]
    with pytest.raises(ValueError, match="3 IDs"):
        neurons(1)


# --- misuse


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"unknown": 1}, KeyError),
        ({"neuronPermutation": [1, 1]}, ValueError),
        ({"neuronPermutation": [512]}, OverflowError),
        ({"neuronPermutation": range(513)}, OverflowError),
        ({"neuronPermutation": [-1]}, TypeError),
        ({"initial_config": {}}, TypeError),
        ({"injected_config": object()}, TypeError),
        ({"injected_config": pynn.InjectedConfiguration(pre_realtime={1: 2})}, NotImplementedError),
        ({"injected_readout": pynn.InjectedReadout(post_realtime={1})}, NotImplementedError),
        ({"connection": object()}, TypeError),
        ({"injected_calib_target": object()}, NotImplementedError),
    ],
)
def test_set_up(arguments, error):
    with pytest.raises(error):
        pynn.setup(**arguments)


def test_set_up_replaces_the_experiment():
    start()
    neurons(5)
    start()
    assert int(neurons(1).all_cells[0]) == 0


@pytest.mark.parametrize(
    ("variables", "options", "error"),
    [
        (["v", "inh_synin"], {}, ValueError),
        ("unknown", {}, RuntimeError),
        ("unknown", {}, RecordingError),
        ("v", {"sampling_interval": 0.1}, NotImplementedError),
        ("v", {"device": "oscilloscope"}, ValueError),
        ("v", {"device": "pad_2"}, ValueError),
        ("v", {"locations": ["soma"]}, RuntimeError),
    ],
)
def test_recording(variables, options, error):
    start()
    with pytest.raises(error):
        neurons(1).record(variables, **options)


def test_another_variable_of_a_recorded_neuron():
    start()
    pop = neurons(1)
    pop.record("v")
    with pytest.raises(ValueError, match="one analog variable"):
        pop.record("inh_synin")


def test_the_madc_reaches_one_even_and_one_odd_column():
    start()
    pop = neurons(4)
    with pytest.raises(ValueError, match="at most two"):
        pop.record("v")
    pynn.PopulationView(pop, [0, 2]).record("v")
    with pytest.raises(ValueError, match="even or odd"):
        pynn.run(0.1)
    other = neurons(1)
    with pytest.raises(ValueError, match="at most two"):
        other.record("v")


@pytest.mark.parametrize(
    ("weight", "receptor", "error"),
    [
        (-1, "excitatory", PyNNConnectionError),
        (1, "inhibitory", PyNNConnectionError),
        (1, "nmda", PyNNConnectionError),
    ],
)
def test_signs_of_weights(weight, receptor, error):
    start()
    pop = neurons(1)
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    with pytest.raises(error):
        pynn.Projection(
            source,
            pop,
            pynn.AllToAllConnector(),
            synapse_type=pynn.synapses.StaticSynapse(weight=weight),
            receptor_type=receptor,
        )


def test_synapses_have_no_delay_and_round_weights():
    start()
    pop = neurons(1)
    source = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    with pytest.raises(ValueError, match="delay"):
        pynn.Projection(
            source,
            pop,
            pynn.AllToAllConnector(),
            synapse_type=pynn.synapses.StaticSynapse(weight=1, delay=1),
        )
    projection = stimulate(pop, weight=12.6, inputs=2)
    assert projection.get("weight", format="list") == [(0, 0, 13), (1, 0, 13)]
    projection.set(weight=5.2)
    assert [c.weight for c in projection] == [5, 5]
    with pytest.raises(PyNNConnectionError):
        projection.set(weight=-5)


def test_projections_outside_the_subset_are_named():
    start()
    pop = neurons(2)
    source = pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    with pytest.raises(NotImplementedError, match="onto spike sources"):
        pynn.Projection(pop, source, pynn.AllToAllConnector())


def test_runs_that_have_nothing_to_do():
    start()
    neurons(1)
    with pytest.raises(ValueError, match="no time"):
        pynn.run(None, pynn.RunCommand.APPEND)
    with pytest.raises(ValueError, match="command"):
        pynn.run(1.0, "execute")
    with pytest.raises(ValueError, match="to long"):
        pynn.run(1e6)
    with pytest.raises(ValueError, match="positive"):
        pynn.run(-1)
    assert pynn.get_current_time() == 0
    pynn.run(None)  # only maps the network in this generation


FEATURES = (
    "bayesian_enable",
    "leak_enable_degeneration",
    "excitatory_input_enable_coba_mode",
    "inhibitory_input_enable_high_resistance",
)


@pytest.mark.parametrize("name", FEATURES)
def test_features_outside_the_subset_are_named(name):
    start()
    neurons(1, **{name: True})
    with pytest.raises(NotImplementedError, match=name):
        pynn.run(0.1)


@pytest.mark.parametrize(
    "access",
    [
        lambda: pynn.PlasticityRule(),
        lambda: pynn.plasticity_rules.Timer(start=0),
        lambda: pynn.get_post_realtime_read(),
        lambda: pynn.cells.CalibHXNeuronCuba(v_rest=80),
        lambda: pynn.cells.OffChipSource(),
        lambda: pynn.synapses.PlasticSynapse(weight=1),
        lambda: pynn.helper.nightly_calib_url(),
        lambda: pynn.morphology.MorphologyBuilder(),
        lambda: pynn.Assembly(),
    ],
)
def test_names_outside_the_subset_are_refused_when_they_are_called(access):
    with pytest.raises(NotImplementedError, match="not part of the chip model"):
        access()
    with pytest.raises(AttributeError):
        _ = pynn.no_such_name


def test_what_is_refused_can_be_imported_and_derived_from():
    class Rule(pynn.PlasticityRule):
        pass

    with pytest.raises(NotImplementedError, match="PlasticityRule"):
        Rule()
    assert pynn.errors.ConnectionError is PyNNConnectionError


# --- generations


def test_lazy_parameters_wait_for_the_mapping(lazy):
    start()
    pop = pynn.Population(2, pynn.cells.HXNeuron(leak_v_leak=123))
    for access in (lambda: pop.get("leak_i_bias"), lambda: pop.set(leak_i_bias=1)):
        with pytest.raises(RuntimeError, match="Initial config not yet applied"):
            access()
        with pytest.raises(RuntimeError, match="Initial config not yet applied"):
            pynn.PopulationView(pop, [0]).set(leak_i_bias=1)
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert pop.get("membrane_capacitance_capacitance") == 63
    assert pop.get("leak_v_leak") == 123
    pop.set(leak_i_bias=17)
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert pop.get("leak_i_bias") == 17  # applied once, not again


def test_lazy_without_a_configuration_does_not_wait(lazy):
    pynn.setup()
    pop = neurons(1)
    pop.set(leak_i_bias=3)
    assert pop.get("leak_i_bias") == 3


@pytest.mark.parametrize("generation", simulator.GENERATIONS)
def test_a_second_run_needs_a_reset(generation):
    pynn.use(generation=generation)
    start()
    neurons(1)
    pynn.run(0.05)
    with pytest.raises(RuntimeError, match=r"Call pynn\.reset"):
        pynn.run(0.05)
    pynn.reset()
    pynn.run(0.05)


def test_lazy_execution_needs_something_to_execute(lazy):
    start()
    neurons(1)
    with pytest.raises(ValueError, match="No experiment scheduled"):
        pynn.run(None)


@pytest.mark.parametrize("generation", simulator.GENERATIONS)
def test_a_snippet_is_the_network_as_it_was_appended(generation):
    pynn.use(generation=generation)
    heights = []
    for weight in (30, 15):
        start()
        pop = neurons(1)
        projection = stimulate(pop)
        pop.record("v")
        if weight == 15:
            projection.set(weight=15)
        pynn.run(0.3, pynn.RunCommand.APPEND)
        projection.set(weight=0)
        pynn.run(None)
        signal = pop.get_data().segments[-1].irregularlysampledsignals[0].magnitude
        heights.append(signal.max() - signal[:1000].mean())
    assert heights[0] == pytest.approx(2 * heights[1], rel=0.1)


def test_unknown_generation():
    with pytest.raises(ValueError, match="classic, lazy"):
        pynn.use(generation="modern")


# --- import paths and files


def test_the_real_name_is_free_unless_asked_for():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("pynn_brainscales.brainscales2")
    with pynn.registered(generation="lazy", serial=3):
        import pynn_brainscales.brainscales2 as real
        from pynn_brainscales.brainscales2.helper import nightly_calib_path
        from pynn_brainscales.brainscales2.standardmodels.synapses import StaticSynapse

        assert real is pynn
        assert StaticSynapse is pynn.synapses.StaticSynapse
        assert nightly_calib_path is pynn.helper.nightly_calib_path
        assert real.helper.get_unique_identifier() == ["model-3"]
        real.setup()
        assert simulator.state.generation == "lazy"
        from pynn_brainscales.brainscales2.morphology import create_mc_neuron

        assert create_mc_neuron is pynn.morphology.create_mc_neuron
        from dlens_vx_v3 import halco, hxcomm, lola

        with hxcomm.ManagedConnection() as connection:
            assert connection.get_unique_identifier()[0] == "model-3"
        assert lola.Chip is Chip
        with pytest.raises(NotImplementedError, match=r"halco\.SynapseDriverOnDLS"):
            halco.SynapseDriverOnDLS()
    assert simulator.world.generation == "classic"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("pynn_brainscales.brainscales2")


def test_the_real_library_is_not_replaced_once_imported(monkeypatch, tmp_path):
    (tmp_path / "pynn_brainscales.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("pynn_brainscales")
    try:
        with pytest.raises(RuntimeError, match="already imported"):
            pynn.register()
        pynn.unregister()
        assert "pynn_brainscales" in sys.modules
    finally:
        del sys.modules["pynn_brainscales"]


def test_chip_objects_are_files_of_plain_data(tmp_path):
    path = tmp_path / "chip.pbin"
    chip(seed=4).save(path)
    read = pynn.helper.chip_from_file(path)
    assert (read.serial, read.noise_seed) == (SERIAL, 4)
    for name, column in chip().parameters.items():
        np.testing.assert_array_equal(read.parameters[name], column)
        assert read.parameters[name].dtype == column.dtype
    assert read.with_noise(None).noise_seed is None
    with pytest.raises(FileNotFoundError):
        pynn.helper.chip_from_file(tmp_path / "none.pbin")
    path.write_text(path.read_text()[:1000])
    with pytest.raises(RuntimeError, match=r"chip\.pbin: expected a chip object"):
        pynn.helper.chip_from_file(path)


def test_the_nightly_calibration_is_that_of_the_chip():
    pynn.use(serial=12)
    path = pynn.helper.nightly_calib_path()
    assert path.name == "spiking_cocolist.pbin"
    assert pynn.helper.chip_from_file(path).serial == 12
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    pop = neurons(1)
    stimulate(pop)
    assert height(pop) > 50
