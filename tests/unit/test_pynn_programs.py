"""Whole programs as the documentation of PyNN for BrainScaleS-2 would have them written."""

import numpy as np
import pandas as pd
import pytest
import quantities as pq

import analog_sbi.chip.pynn as stand_in
from analog_sbi.backends import Setup, make
from analog_sbi.chip.pynn import Chip, simulator
from analog_sbi.models.chain import extract_heights
from tests.unit.pynn_programs import STUDY


@pytest.fixture(autouse=True, params=["classic", "lazy"])
def _registered(request, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with stand_in.registered(generation=request.param, serial=59):
        yield
    simulator.state = None


def test_a_chain_of_five_records_two_compartments_in_turn():
    import pynn_brainscales.brainscales2 as pynn
    from pynn_brainscales.brainscales2.standardmodels.synapses import StaticSynapse

    length = 5
    pynn.setup(initial_config=pynn.helper.chip_from_file(pynn.helper.nightly_calib_path()))
    chain = pynn.Population(2 * length, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    chain.set(threshold_enable=False)
    chain[0::2].set(multicompartment_connect_right=True, leak_i_bias=511, leak_enable_division=True)
    chain[1::2].set(leak_i_bias=0, leak_enable_division=True, membrane_capacitance_capacitance=0)
    chain[1:-1:2].set(multicompartment_connect_soma=True, multicompartment_connect_soma_right=True)
    chain[2::2].set(
        multicompartment_enable_conductance=True,
        multicompartment_enable_conductance_division=True,
        multicompartment_i_bias_nmda=511,
    )
    inputs = pynn.Population(15, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    pynn.Projection(
        inputs, chain[0:1], pynn.AllToAllConnector(), synapse_type=StaticSynapse(weight=63)
    )
    heights = []
    for compartment in (0, 3):
        view = pynn.PopulationView(chain, [2 * compartment])
        view.record(["v"])
        pynn.run(0.2)
        signal = view.get_data().segments[-1].irregularlysampledsignals[0]
        before = signal.time_slice(0 * pq.ms, 0.1 * pq.ms)
        heights.append(float(signal.magnitude.max() - before.magnitude.mean()))
        view.record(None)
        pynn.reset()
    pynn.end()
    codes = {name: column[0:10:2] for name, column in Chip.calibrated(59).parameters.items()}
    table = pd.DataFrame({"compartment": range(length), "circuit": range(0, 10, 2), **codes})
    settings = STUDY | {"length": length, "inputs": 15, "weight": 63}
    batched = make(Setup("bss2_sim", "chain", settings))
    generator = np.random.default_rng(0)
    codes = np.full((200, 2 * length - 1), 511.0)
    expected = batched.measure(table, codes, generator)["heights"]
    np.testing.assert_allclose(heights, expected.mean(axis=0)[[0, 3], 0], rtol=0.15)
    assert 350 < heights[0] < 500


def test_the_sequence_of_the_original_experiment():
    """Names, order and units of calls as in the attenuation experiment, one set of heights."""
    import pynn_brainscales.brainscales2 as pynn
    from pynn_brainscales.brainscales2.standardmodels.synapses import StaticSynapse

    length, interval, averages = 4, 0.2 * pq.ms, 2
    runtime = interval * length * averages
    spikes = np.arange(length) * interval + interval / 2
    pynn.setup(initial_config=pynn.helper.chip_from_file(pynn.helper.nightly_calib_path()))
    pop = pynn.Population(length * 2, pynn.cells.HXNeuron())
    if simulator.state.lazy:
        pynn.run(None, pynn.RunCommand.PREPARE)
    even = pynn.PopulationView(pop, np.arange(0, 2 * length, 2))
    even.set(multicompartment_connect_right=True)
    pynn.PopulationView(pop, np.arange(1, 2 * length, 2)).set(
        leak_i_bias=0, leak_enable_division=True, membrane_capacitance_capacitance=0
    )
    pynn.PopulationView(pop, np.arange(1, 2 * length - 1, 2)).set(
        multicompartment_connect_soma=True, multicompartment_connect_soma_right=True
    )
    pynn.PopulationView(pop, np.arange(2, 2 * length, 2)).set(
        multicompartment_connect_soma=False,
        multicompartment_enable_conductance=True,
        multicompartment_enable_conductance_division=True,
        multicompartment_enable_conductance_multiplication=False,
        multicompartment_i_bias_nmda=511.0,
    )
    pop.set(threshold_enable=False)
    compartments = [pynn.PopulationView(pop, [n]) for n in range(0, 2 * length, 2)]
    for spike, compartment in zip(spikes, compartments, strict=True):
        times = np.arange(
            spike.rescale(pq.ms), runtime.rescale(pq.ms), length * interval.rescale(pq.ms)
        )
        source = pynn.Population(10, pynn.cells.SpikeSourceArray(spike_times=times))
        pynn.Projection(
            source,
            compartment,
            pynn.AllToAllConnector(),
            synapse_type=StaticSynapse(weight=30),
        )
    heights = []
    for number, compartment in enumerate(compartments):
        compartment.record(["v"])
        pynn.run(float(runtime.rescale(pq.ms)))
        signal = compartment.get_data(clear=True).segments[-1].irregularlysampledsignals[0]
        signal.annotate(compartment=number, input_spikes=spikes, n_average=averages)
        compartment.record(None)
        pynn.reset()
        first = signal.time_slice(signal.t_start, signal.t_start + signal.duration / averages)
        heights.append(
            extract_heights(
                first.times.rescale("us").magnitude,
                first.magnitude[:, 0],
                spikes.rescale("us").magnitude,
            )
        )
    heights = np.array(heights)
    diagonal = np.diag(heights)
    assert (diagonal > 80).all()
    assert (diagonal < 180).all()
    assert (np.diff(heights[:, 0]) < 0).all()
    assert (np.diff(heights[:, 3]) > 0).all()
