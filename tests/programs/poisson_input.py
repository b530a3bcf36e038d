"""Poisson sources, one to one onto neurons that only integrate."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.standardmodels.cells import SpikeSourcePoisson


def run(rate: float, size: int = 20, runtime: float = 5.0) -> list[np.ndarray]:
    """Spike times of the sources."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    sources = pynn.Population(
        size, SpikeSourcePoisson(start=0.5, rate=rate, duration=runtime - 1.0)
    )
    sources.record("spikes")
    pop = pynn.Population(size, pynn.cells.HXNeuron(threshold_enable=False))
    pynn.Projection(
        sources,
        pop,
        pynn.OneToOneConnector(),
        synapse_type=pynn.synapses.StaticSynapse(weight=10),
    )
    pynn.run(runtime)
    trains = sources.get_data("spikes").segments[0].spiketrains
    pynn.end()
    return [train.magnitude for train in trains]
