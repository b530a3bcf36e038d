"""Inputs by the step in which they arrive, from sources and from neurons.

Shapes: L nodes, K circuits in ascending order. Units: us, LSB.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analog_sbi.chip import circuit
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.pynn.membranes import State
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, Events
from analog_sbi.chip.pynn.stretches import Net


@dataclass
class Arrivals:
    """Inputs that arrive in each of the coming steps of a stretch.

    An input is its line (receptor K + circuit), what it adds to the line by the end of its step,
    its node, and what it adds to the potential there.
    """

    net: Net
    state: State
    begin: float
    step: float
    count: int
    rows: dict[int, list[tuple[np.ndarray, ...]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, net: Net, state: State, events: Events, begin: float, step: float, count: int
    ) -> Arrivals:
        """Inputs of sources, and spikes that are still on their way."""
        waiting, state.pending = state.pending, []
        parts = [
            (
                events.times + SYNAPTIC_DELAY_US,
                np.where(events.of_receptor(INHIBITORY), INHIBITORY, EXCITATORY),
                events.circuits,
                events.weights,
            ),
            *waiting,
        ]
        columns = (np.concatenate(x) for x in zip(*parts, strict=True))
        times, receptors, circuits, weights = columns
        arrivals = cls(net, state, begin, step, count)
        inside = net.place[circuits] >= 0
        if inside.any():
            places = net.place[circuits[inside]]
            arrivals.add(times[inside], receptors[inside], places, weights[inside])
        return arrivals

    def add(
        self, times: np.ndarray, receptors: np.ndarray, places: np.ndarray, weights: np.ndarray
    ) -> None:
        """Put inputs into their steps; those after the last one wait for the next stretch."""
        net = self.net
        index = np.maximum(((times - self.begin) / self.step).astype(int), 0)
        if index.max() >= self.count:
            late = index >= self.count
            circuits = net.members[places[late]]
            self.state.pending.append((times[late], receptors[late], circuits, weights[late]))
            index, times, receptors, places, weights = (
                x[~late] for x in (index, times, receptors, places, weights)
            )
            if not len(index):
                return
        since = self.begin + (index + 1) * self.step - times
        rates = net.rates[receptors, places]
        nodes = net.node[places]
        # ASSUME the leak of a node without reset here: what arrives in a reset is lost anyway
        shape = circuit.kernel(net.rate[nodes], rates, since) / net.capacitance[nodes]
        entry = (
            receptors * len(net.node) + places,
            weights * np.exp(-rates * since),
            nodes,
            weights * net.gains[receptors, places] * shape,
        )
        first = index[0]
        if (index == first).all():
            self.rows.setdefault(int(first), []).append(entry)
            return
        order = np.argsort(index, kind="stable")
        steps, starts = np.unique(index[order], return_index=True)
        for number, chosen in zip(steps, np.split(order, starts[1:]), strict=True):
            self.rows.setdefault(int(number), []).append(tuple(x[chosen] for x in entry))

    def receive(self, index: int, state: State) -> None:
        """Add the inputs of a step to lines and potentials at its end."""
        lines, v = state.lines.ravel(), state.potential.copy()
        for line, rise, nodes, pull in self.rows.pop(index):
            np.add.at(lines, line, rise)
            np.add.at(v, nodes, np.where(state.held[line % len(state.held)], 0.0, pull))
        state.lines, state.potential = lines.reshape(state.lines.shape), v
