"""OR and AND with spiking neurons."""

import pynn_brainscales.brainscales2 as pynn


def fires(first: list[float], second: list[float], weight: int) -> bool:
    """Whether the output neuron fires for the spikes of two inputs."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    output = pynn.Population(1, pynn.cells.HXNeuron())
    output.record(["spikes", "v"])
    for times in (first, second):
        source = pynn.Population(6, pynn.cells.SpikeSourceArray(spike_times=times))
        pynn.Projection(
            source,
            output,
            pynn.AllToAllConnector(),
            synapse_type=pynn.synapses.StaticSynapse(weight=weight),
            receptor_type="excitatory",
        )
    pynn.run(0.5)
    segment = output.get_data("spikes").segments[0]
    pynn.end()
    return len(segment.spiketrains[0]) > 0
