"""Firing rate over a constant current."""

from collections.abc import Sequence

import numpy as np
import pynn_brainscales.brainscales2 as pynn


def rates(currents: Sequence[int], runtime: float = 1.0, leak: int = 150) -> np.ndarray:
    """Firing rates in kHz."""
    pynn.setup(neuronPermutation=[5])
    pop = pynn.Population(
        1,
        pynn.cells.HXNeuron(
            leak_v_leak=530,
            leak_i_bias=leak,
            threshold_v_threshold=250,
            threshold_enable=True,
            reset_v_reset=300,
            reset_i_bias=1022,
            reset_enable_multiplication=True,
            membrane_capacitance_capacitance=63,
            refractory_period_refractory_time=10,
        ),
    )
    found = np.zeros(len(currents))
    for index, current in enumerate(currents):
        pop.record(["spikes"])
        pop.set(constant_current_enable=True, constant_current_i_offset=current)
        pynn.run(runtime)
        spikes = pop.get_data("spikes").segments[-1].spiketrains[0]
        if len(spikes) > 1:
            found[index] = 1 / np.mean(np.diff(spikes.magnitude))
        pynn.reset()
    pynn.end()
    return found
