"""Neuron bypass: circuits forward every event that reaches their synaptic inputs as a spike.

ASSUME an event of any weight above 0 is forwarded; on the chip a comparator decides, so that weak
ones may be lost. Times in us.
"""

from __future__ import annotations

import heapq

import numpy as np

from analog_sbi.chip.pynn.physics import LOOP_DELAY_US
from analog_sbi.chip.pynn.routing import EXCITATORY, Events, Synapses
from analog_sbi.chip.pynn.topology import Circuits

# ASSUME the time from an event to the spike that forwards it, and the least time between two
# spikes of a circuit.
FORWARD_US = 0.1
DEAD_TIME_US = 0.1


def forward(
    circuits: Circuits, events: Events, synapses: Synapses, begin: float, end: float
) -> dict[int, np.ndarray]:
    """Spike times in [begin, end) of every circuit that forwards events."""
    through = (
        circuits.event_routing_enable_bypass_excitatory,
        circuits.event_routing_enable_bypass_inhibitory,
    )
    receptors = np.where(events.of_receptor(EXCITATORY), 0, 1)
    felt = np.where(receptors == 0, through[0][events.circuits], through[1][events.circuits])
    kept = felt & (events.weights > 0) & (events.times >= begin) & (events.times < end)
    queue = list(zip(events.times[kept].tolist(), events.circuits[kept].tolist(), strict=True))
    heapq.heapify(queue)
    reach = {int(source): synapses.of(source) for source in np.unique(synapses.sources)}
    spikes: dict[int, list[float]] = {}
    while queue:
        time, circuit = heapq.heappop(queue)
        spike = time + FORWARD_US
        train = spikes.setdefault(circuit, [])
        if spike >= end or (train and spike - train[-1] < DEAD_TIME_US):
            continue
        train.append(spike)
        for receptor, targets, weights in reach.get(circuit, ()):
            for target, weight in zip(targets.tolist(), weights.tolist(), strict=True):
                if weight > 0 and through[receptor][target]:
                    heapq.heappush(queue, (spike + LOOP_DELAY_US, target))
    return {circuit: np.array(train) for circuit, train in spikes.items() if train}
