"""A step of current in three snippets; the membrane relaxes afterwards."""

import pynn_brainscales.brainscales2 as pynn


def run(leak: int, offset: float = 0.2, duration: float = 0.1) -> list:
    """Signals of the three snippets."""
    pynn.setup(neuronPermutation=[3])
    pop = pynn.Population(1, pynn.cells.HXNeuron())
    pop.set(
        membrane_capacitance_capacitance=63,
        leak_v_leak=600,
        leak_i_bias=leak,
        constant_current_i_offset=500,
    )
    pop.record("v")
    pop.set(constant_current_enable=False)
    pynn.run(offset, pynn.RunCommand.APPEND)
    pop.set(constant_current_enable=True)
    pynn.run(duration, pynn.RunCommand.APPEND)
    pop.set(constant_current_enable=False)
    pynn.run(offset, pynn.RunCommand.EXECUTE)
    signals = pop.get_data(clear=True).segments[0].irregularlysampledsignals
    pynn.end()
    return list(signals)
