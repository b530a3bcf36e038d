"""One neuron of BrainScaleS-2 under a step of current, as a PyNN program: leak and capacitor?

It runs on the model of the chip. On the chip the real module stands in its place, and the nightly
calibration (``pynn.helper.chip_from_nightly()``) in place of a chip whose noise is seeded.
"""

import numpy as np

import analog_sbi.chip.pynn as pynn  # on the chip: pynn_brainscales.brainscales2
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.models import Features, Signal
from analog_sbi.space import Space

REST, STEP = 0.03, 0.06  # ms before and during the step
CURRENT, V_LEAK = 300, 500  # codes
SERIAL = 59

space = Space(("leak", "capacitance"), ("DAC code", "DAC code"), [100.0, 20.0], [600.0, 63.0])
signals = {"relaxation": Signal((3,), "1")}


def measure(inputs, generator):
    """Rest and rise (LSB), and time constant (us), (N, 3), of a neuron at codes (N, 2)."""
    chip = Chip.calibrated(SERIAL, noise_seed=int(generator.integers(2**31)))
    pynn.setup(neuronPermutation=[3], initial_config=chip)
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    neuron.set(threshold_enable=False, leak_v_leak=V_LEAK, constant_current_i_offset=CURRENT)
    neuron.record("v")
    found = np.stack([relaxation(neuron, leak, capacitance) for leak, capacitance in inputs])
    pynn.end()
    return {"relaxation": found}


def relaxation(neuron, leak, capacitance):
    """Run once: rest, rise, and the area between trace and plateau over the rise."""
    neuron.set(leak_i_bias=round(leak), membrane_capacitance_capacitance=round(capacitance))
    for enabled, duration in ((False, REST), (True, STEP)):
        neuron.set(constant_current_enable=enabled)
        pynn.run(duration, pynn.RunCommand.APPEND)
    pynn.run(None, pynn.RunCommand.EXECUTE)
    quiet, driven = neuron.get_data(clear=True).segments[-1].irregularlysampledsignals
    pynn.reset()
    time, trace = np.asarray(driven.times.rescale("us")), np.asarray(driven.magnitude)[:, 0]
    rest = np.asarray(quiet.magnitude).mean()
    plateau = trace[len(trace) * 3 // 4 :].mean()
    return rest, plateau - rest, np.trapezoid(plateau - trace, time) / (plateau - rest)


def step(signals):
    """Rest, rise and time constant."""
    return Features(
        ("rest", "rise", "tau"),
        ("MADC LSB", "MADC LSB", "us"),
        ("relaxation",),
        lambda s: s["relaxation"],
    )


observables = {"step": step}
