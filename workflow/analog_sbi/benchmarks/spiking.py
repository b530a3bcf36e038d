"""How long the stand-in of the PyNN module takes for a network that spikes."""

from __future__ import annotations

from analog_sbi.benchmarks.timing import Row, within

NEURONS, RUN_MS = 64, 1.0
LIMIT_S = 0.2


def network() -> float:
    """Mean number of spikes of 64 neurons in 1 ms, driven by 64 Poisson sources of 20 kHz."""
    from analog_sbi.chip import pynn

    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    neurons = pynn.Population(NEURONS, pynn.cells.HXNeuron())
    neurons.record("spikes")
    source = pynn.cells.SpikeSourcePoisson(start=0, rate=2e4, duration=RUN_MS)
    sources = pynn.Population(NEURONS, source)
    synapse = pynn.synapses.StaticSynapse
    pynn.Projection(sources, neurons, pynn.AllToAllConnector(), synapse_type=synapse(weight=8))
    pynn.Projection(neurons, neurons, pynn.OneToOneConnector(), synapse_type=synapse(weight=20))
    pynn.run(RUN_MS)
    count = float(neurons.mean_spike_count())
    pynn.end()
    return count


def millisecond(repetitions: int) -> Row:
    """A program with its set-up, its run of 1 ms and its spikes read."""
    return within("1 ms of 64 spiking neurons in PyNN", network, LIMIT_S, repetitions)
