"""Inputs by the step in which they arrive.

Shapes: L nodes, K circuits in ascending order, T steps, E inputs. Units: us, LSB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_sbi.chip import circuit
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.pynn import physics
from analog_sbi.chip.pynn.membranes import Late, State
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, Events
from analog_sbi.chip.pynn.stretches import Net

# From the spike of a circuit to its arrival at a membrane.
WAY_US = physics.LOOP_DELAY_US + SYNAPTIC_DELAY_US


@dataclass(frozen=True)
class Arrivals:
    """Inputs of a stretch in the order of their steps: those of step t from ``starts[t]`` on.

    ``starts`` (T + 1,). An input is its line (receptor K + circuit), what it adds to the line by
    the end of its step, its node, and what it adds to the potential there, each (E,).
    """

    starts: np.ndarray
    lines: np.ndarray
    rises: np.ndarray
    nodes: np.ndarray
    pulls: np.ndarray


def arriving(net: Net, state: State, events: Events, begin: float, count: int) -> Arrivals:
    """Inputs of sources, and spikes that are still on their way, in ``count`` steps.

    Those after the last step wait in ``state`` for the next stretch.
    """
    waiting, state.pending = state.pending, []
    receptors = np.where(events.of_receptor(INHIBITORY), INHIBITORY, EXCITATORY)
    mine = (events.times + SYNAPTIC_DELAY_US, receptors, events.circuits, events.weights)
    columns = (np.concatenate(x) for x in zip(mine, *waiting, strict=True))
    times, receptors, circuits, weights = columns
    index = np.maximum(((times - begin) / net.step).astype(int), 0)
    inside, late = net.place[circuits] >= 0, index >= count
    if (inside & late).any():
        state.pending.append(tuple(x[inside & late] for x in (times, receptors, circuits, weights)))
    chosen = np.flatnonzero(inside & ~late)
    chosen = chosen[np.argsort(index[chosen], kind="stable")]
    index, times, receptors, weights = (x[chosen] for x in (index, times, receptors, weights))
    places = net.place[circuits[chosen]]
    since = begin + (index + 1) * net.step - times
    rates, nodes = net.rates[receptors, places], net.node[places]
    # ASSUME the leak of a node without reset here: what arrives in a reset is lost anyway
    shape = circuit.kernel(net.rate[nodes], rates, since) / net.capacitance[nodes]
    return Arrivals(
        starts=np.searchsorted(index, np.arange(count + 1)),
        lines=receptors * len(net.node) + places,
        rises=weights * np.exp(-rates * since),
        nodes=nodes,
        pulls=weights * net.gains[receptors, places] * shape,
    )


def on_their_way(
    net: Net, times: np.ndarray, fired: np.ndarray, begin: float, count: int
) -> list[Late]:
    """What spikes at ``times`` (F,) of circuits at places ``fired`` (F,) send beyond the steps."""
    arrivals = times + WAY_US
    late = ((arrivals - begin) / net.step).astype(int) >= count
    sent: list[Late] = []
    for time, place in zip(arrivals[late], fired[late], strict=True):
        mine = slice(net.reach.starts[place], net.reach.starts[place + 1])
        targets = net.members[net.reach.targets[mine]]
        receptors, weights = net.reach.receptors[mine], net.reach.weights[mine]
        sent.append((np.full(len(targets), time), receptors, targets, weights))
    return sent
