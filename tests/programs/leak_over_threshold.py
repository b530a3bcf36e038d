"""A neuron that spikes by itself, as its leak potential lies above its threshold."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.standardmodels.cells import HXNeuron

PARAMETERS = {
    "leak_v_leak": 1000,
    "leak_i_bias": 200,
    "threshold_v_threshold": 300,
    "threshold_enable": True,
    "reset_v_reset": 400,
    "reset_i_bias": 1022,
    "reset_enable_multiplication": True,
    "membrane_capacitance_capacitance": 63,
    "refractory_period_refractory_time": 255,
    "refractory_period_reset_holdoff": 15,
}


def run(runtime: float = 0.5, **parameters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spike times, sample times and the membrane's potential."""
    log = pynn.logger.get("leak_over_threshold")
    pynn.setup(neuronPermutation=[17])
    pop = pynn.Population(1, HXNeuron(**PARAMETERS | parameters))
    pop.record(["v", "spikes"])
    pynn.run(runtime)
    segment = pop.get_data().segments[-1]
    (spikes,), (membrane,) = segment.spiketrains, segment.irregularlysampledsignals
    log.INFO("Number of spikes: ", len(spikes))
    pynn.end()
    return spikes.magnitude, membrane.times.magnitude, membrane.magnitude[:, 0]
