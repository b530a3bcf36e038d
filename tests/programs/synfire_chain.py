"""A chain of populations that passes a volley of spikes on."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.standardmodels.cells import HXNeuron, SpikeSourceArray
from pynn_brainscales.brainscales2.standardmodels.synapses import StaticSynapse


def run(weight: int, links: int = 3, size: int = 7, closed: bool = False) -> list[list[np.ndarray]]:
    """Spike times of the neurons of every population, kicked at 0.05 ms."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    chain = [
        pynn.Population(size, HXNeuron(refractory_period_refractory_time=50)) for _ in range(links)
    ]
    for pop in chain:
        pop.record(["spikes"])
    chain[0][[0]].record("v", device="pad_0_buffered")
    chain[0][[0]].record("v", device="madc")
    kick = pynn.Population(size, SpikeSourceArray(spike_times=[0.05]))
    ends = list(zip([kick, *chain], chain, strict=False)) + [(chain[-1], chain[0])] * closed
    projections = [
        pynn.Projection(before, after, pynn.AllToAllConnector(), StaticSynapse(weight=0))
        for before, after in ends
    ]
    for projection in projections:
        projection.set(weight=weight)
    pynn.reset()
    pynn.run(0.3)
    found = [
        [t.magnitude for t in pop.get_data("spikes").segments[-1].spiketrains] for pop in chain
    ]
    pynn.end()
    return found
