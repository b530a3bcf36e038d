"""The line of a synaptic input, beside the membrane of another neuron."""

import pynn_brainscales.brainscales2 as pynn


def run(variable: str) -> tuple:
    """Signals of the line and of the membrane of the neuron beside."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    pop = pynn.Population(2, pynn.cells.HXNeuron(threshold_enable=False))
    source = pynn.Population(5, pynn.cells.SpikeSourceArray(spike_times=[0.1]))
    sign = {"exc_synin": 1, "inh_synin": -1}[variable]
    pynn.Projection(
        source,
        pop,
        pynn.AllToAllConnector(),
        synapse_type=pynn.synapses.StaticSynapse(weight=sign * 63),
        receptor_type="excitatory" if sign > 0 else "inhibitory",
    )
    pop[0:1].record(variable)
    pop[1:2].record("v")
    pynn.run(0.2)
    line, membrane = pop.get_data().segments[-1].irregularlysampledsignals
    pynn.end()
    return line, membrane
