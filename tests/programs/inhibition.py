"""An inhibitory input at the time of an excitatory one."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.standardmodels.cells import SpikeSourceArray
from pynn_brainscales.brainscales2.standardmodels.synapses import StaticSynapse


def run(excitatory: int, inhibitory: int, inputs: int = 5) -> np.ndarray:
    """Deviation of a calibrated neuron from its rest, averaged over four runs."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    pop = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
    pop.record("v")
    source = pynn.Population(inputs, SpikeSourceArray(spike_times=[0.1]))
    for weight, receptor in ((excitatory, "excitatory"), (-inhibitory, "inhibitory")):
        pynn.Projection(
            source,
            pop,
            pynn.AllToAllConnector(),
            synapse_type=StaticSynapse(weight=weight),
            receptor_type=receptor,
        )
    traces = []
    for _ in range(4):
        pynn.run(0.3)
        signal = pop.get_data("v").segments[-1].irregularlysampledsignals[0]
        traces.append(signal.magnitude[:, 0] - signal.magnitude[:2500, 0].mean())
        pynn.reset()
    pynn.end()
    return np.mean(traces, axis=0)
