"""Small PyNN programs that the tests of the stand-in and of its backend share."""

import numpy as np

import analog_sbi.chip.pynn as pynn
from analog_sbi.chip.pynn import Chip

SERIAL = 59
STUDY = {
    "length": 4,
    "limits": {"leak": [0, 1022], "axial": [0, 1022]},
    "spike_interval": 200.0,
    "inputs": 10,
    "weight": 30,
    "serial": SERIAL,
    "module": "analog_sbi.chip.pynn",
}


def chip(seed=1):
    return Chip.calibrated(SERIAL, noise_seed=seed)


def start(seed=1, **arguments):
    pynn.setup(initial_config=chip(seed), **arguments)


def neurons(count, **parameters):
    parameters = {"threshold_enable": False} | parameters
    return pynn.Population(count, pynn.cells.HXNeuron(**parameters))


def stimulate(target, times=(0.1,), weight=30, inputs=10):
    source = pynn.Population(inputs, pynn.cells.SpikeSourceArray(spike_times=list(times)))
    synapse = pynn.synapses.StaticSynapse(weight=weight)
    return pynn.Projection(source, target, pynn.AllToAllConnector(), synapse_type=synapse)


def trace(view, runtime=0.3):
    """Record a view for once: times in us and potential in LSB."""
    view.record(["v"])
    pynn.run(runtime)
    signal = view.get_data(clear=True).segments[-1].irregularlysampledsignals[0]
    view.record(None)
    pynn.reset()
    return signal.times.rescale("us").magnitude, signal.magnitude[:, 0]


def height(view, spike=100.0, runtime=0.3):
    times, potential = trace(view, runtime)
    return potential.max() - potential[times < spike].mean()


def tail(view, spike=100.0, runtime=0.3):
    """Time in us that the potential takes from its maximum to a third of it."""
    times, potential = trace(view, runtime)
    smooth = np.convolve(potential - potential[times < spike].mean(), np.ones(15) / 15, "same")
    top = smooth.argmax()
    return times[top + np.argmax(smooth[top:] < smooth[top] / 3)] - times[top]
