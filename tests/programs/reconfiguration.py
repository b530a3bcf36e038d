"""Weights that change from snippet to snippet, seen by neurons that forward events."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from dlens_vx_v3 import hal


def run(image: np.ndarray, runtime: float = 1.0, spikes: int = 20) -> np.ndarray:
    """Spike counts (snippets, neurons) for an image of weights of that shape."""
    assert image.max() <= hal.SynapseWeightQuad.Value.max
    pynn.setup(enable_neuron_bypass=True)
    source = pynn.Population(
        1,
        pynn.cells.SpikeSourceArray(
            spike_times=np.linspace(0.01, len(image) * runtime - 0.01, len(image) * spikes)
        ),
    )
    pop = pynn.Population(image.shape[1], pynn.cells.HXNeuron())
    pop.record("spikes")
    projection = pynn.Projection(
        source, pop, pynn.AllToAllConnector(), pynn.synapses.StaticSynapse(weight=32)
    )
    for row in image:
        projection.set(weight=row)
        pynn.run(runtime, pynn.RunCommand.APPEND)
    pynn.run(None, pynn.RunCommand.EXECUTE)
    trains = pop.get_data("spikes").segments[0].spiketrains
    counts = np.array([len(train) for train in trains]).reshape(image.shape)
    pynn.end()
    return counts
