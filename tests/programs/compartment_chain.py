"""A chain of compartments made with the morphology, read by either ADC."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.morphology import (
    PlacedCompartment,
    SharedLineConnection,
    create_mc_neuron,
)


def chain(length: int) -> type:
    """Cell type of a chain; a resistor leads to the right."""
    compartments, connections = [], []
    for n in range(length):
        first, second = 2 * n, 2 * n + 1
        compartments.append(
            PlacedCompartment(
                positions=[first, second],
                label=f"comp{n}",
                connect_shared_line=[first] if n > 0 else [],
                connect_conductance=[(second, 200)] if n < length - 1 else [],
            )
        )
        if n < length - 1:
            connections.append(SharedLineConnection(start=second, stop=second + 1, row=0))
    return create_mc_neuron(
        "Chain", compartments=compartments, connections=connections, single_active_circuit=True
    )


def run(length: int, device: str, conductance: int = 500, isi: float = 0.2) -> np.ndarray:
    """PSP heights (recorded, injected): the MADC in as many runs, the CADC in one short one."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    pop = pynn.Population(1, chain(length)(threshold_enable=False))
    pynn.run(None, pynn.RunCommand.PREPARE)
    pop.set(multicompartment_i_bias_nmda=conductance)
    spikes = (np.arange(length) + 0.3) * isi
    for n, spike in enumerate(spikes):
        source = pynn.Population(10, pynn.cells.SpikeSourceArray(spike_times=[spike]))
        pynn.Projection(
            source,
            pop,
            pynn.AllToAllConnector(location_selector=f"comp{n}"),
            synapse_type=pynn.standardmodels.synapses.StaticSynapse(weight=31),
        )
    labels = [f"comp{n}" for n in range(length)]
    signals = []
    for locations in [labels] if device == "cadc" else [[label] for label in labels]:
        pop.record(["v"], locations=locations, device=device)
        pynn.run(length * isi)
        signals.extend(pop.get_data(clear=True).segments[-1].irregularlysampledsignals)
        pop.record(None)
        pynn.reset()
    pynn.end()
    heights = np.zeros((length, length))
    for i, signal in enumerate(signals):
        times, values = signal.times.magnitude, signal.magnitude[:, 0]
        for j, spike in enumerate(spikes):
            before = (times > spike - 0.2 * isi) & (times < spike)
            after = (times >= spike) & (times < spike + 0.6 * isi)
            heights[i, j] = values[after].max() - values[before].mean()
    return heights
