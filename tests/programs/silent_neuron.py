"""Resting potential over the leak code, and over the bias of the leak."""

import pynn_brainscales.brainscales2 as pynn


def resting_potential(v_leak: int, i_bias: int) -> float:
    """Mean of a silent neuron in LSB of the MADC."""
    pynn.setup()
    pop = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=v_leak, leak_i_bias=i_bias))
    pop.set(membrane_capacitance_capacitance=63)
    pop.record(["v"])
    pynn.run(0.2)
    membrane = pop.get_data("v").segments[-1].irregularlysampledsignals[0]
    pynn.end()
    return float(membrane.magnitude.mean())
