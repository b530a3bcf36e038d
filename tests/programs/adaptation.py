"""A neuron that adapts to a step of current; a second circuit shows its membrane."""

import numpy as np
import pyhalco_hicann_dls_vx_v3 as halco
import pylola_vx_v3 as lola
import pynn_brainscales.brainscales2 as pynn


def initial_config() -> lola.Chip:
    """Chip with the clocks of the experiment."""
    config = lola.Chip()
    for coordinate in halco.iter_all(halco.CommonNeuronBackendConfigOnDLS):
        config.neuron_block.backends[coordinate].enable_clocks = True
        config.neuron_block.backends[coordinate].clock_scale_fast = 3
        config.neuron_block.backends[coordinate].clock_scale_slow = 3
    return config


def run(first: int = 1, **parameters: int) -> tuple[list[np.ndarray], list, list]:
    """Spikes of the three snippets, signals of adaptation and membrane."""
    pynn.setup(neuronPermutation=[first, first + 1], initial_config=initial_config())
    pop = pynn.Population(2, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    neuron, dummy = pop[0], pop[1]
    settings = {
        "leak_v_leak": 700,
        "leak_i_bias": 70,
        "reset_v_reset": 600,
        "reset_i_bias": 1022,
        "reset_enable_multiplication": True,
        "membrane_capacitance_capacitance": 63,
        "refractory_period_refractory_time": 30,
        "refractory_period_enable_pause": True,
        "threshold_v_threshold": 620,
        "threshold_enable": True,
        "adaptation_enable": True,
        "adaptation_enable_pulse": True,
        "adaptation_v_leak": 500,
        "adaptation_v_ref": 643,
        "adaptation_i_bias_tau": 100,
        "multicompartment_connect_right": True,
    }
    for name, value in (settings | parameters).items():
        setattr(neuron, name, value)
    dummy.membrane_capacitance_capacitance = 0
    dummy.leak_i_bias = 0
    dummy.leak_enable_division = True
    dummy.threshold_enable = False
    pop[0:1].record(["adaptation", "spikes"])
    pop[1:2].record(["v"])
    for enabled, duration in ((False, 0.1), (True, 0.6), (False, 0.3)):
        pop[0:1].set(constant_current_enable=enabled)
        pynn.run(duration, pynn.RunCommand.APPEND)
    pynn.run(None, pynn.RunCommand.EXECUTE)
    own, other = (pop[i : i + 1].get_data().segments[0] for i in (0, 1))
    pynn.end()
    return (
        [train.magnitude for train in own.spiketrains],
        own.irregularlysampledsignals,
        other.irregularlysampledsignals,
    )
