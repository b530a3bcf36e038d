"""State of circuits and nodes between two steps, and what a step does to them.

Shapes: L nodes, K circuits in ascending order. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from analog_sbi.chip import circuit
from analog_sbi.chip.fixed_pattern import CIRCUITS
from analog_sbi.chip.pynn.routing import RECEPTORS
from analog_sbi.chip.pynn.stretches import Net


@dataclass
class State:
    """State between two steps: of nodes (L,) and of circuits (K,)."""

    net: Net
    potential: np.ndarray
    lines: np.ndarray  # (2, K), in weight units
    adaptation: np.ndarray
    held: np.ndarray  # whether a circuit is reset
    release: np.ndarray  # end of its reset
    ready: np.ndarray  # end of its refractory time
    thresholds: np.ndarray  # those in force; inf while refractory
    noise: np.ndarray  # of the comparators
    free: bool = False
    spikes: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    pending: list = field(default_factory=list)  # inputs of later stretches, by circuit

    @classmethod
    def at_rest(cls, net: Net, generator: np.random.Generator) -> State:
        """Steady state without inputs; neurons that spike by themselves are anywhere below."""
        count = len(net.members)
        adapting = net.w_strength * net.w_drive / net.w_rate
        conductance = net.per_node(net.leak[0] + adapting) + net.floating
        drive = (
            net.per_node(net.drive[0] + net.current + adapting * net.w_from) + net.floating_drive
        )
        coupling = np.zeros((len(drive),) * 2) if net.coupling is None else net.coupling
        if net.coupling is None:
            potential = drive / np.where(conductance > 0, conductance, 1.0)
        else:
            matrix = circuit.conductance_matrix(conductance[None], coupling[None])[0]
            potential = np.linalg.solve(matrix, drive)
        active = net.exponential.any() or (net.w_strength > 0).any()
        above = potential[net.node] >= net.thresholds
        phase = generator.random(count)
        for i in np.flatnonzero(above):
            low = min(net.drive[1, i] / max(net.leak[1, i], 1e-12), net.thresholds[i])
            potential[net.node[i]] = low + phase[i] * (net.thresholds[i] - low)
        adaptation = net.w_rest + net.w_drive / net.w_rate * (potential[net.node] - net.w_from)
        return cls(
            net=net,
            potential=potential,
            lines=np.zeros((2, count)),
            adaptation=adaptation,
            held=np.zeros(count, dtype=bool),
            release=np.full(count, -np.inf),
            ready=np.full(count, -np.inf),
            thresholds=net.thresholds.copy(),
            noise=np.zeros(count),
            free=bool(above.any() or active),
        )

    def follow(self, net: Net) -> None:
        """Go on with another configuration: charge stays where it is."""
        old = self.net
        before = np.full(CIRCUITS, np.nan)
        before[old.members] = self.potential[old.node]
        potential = before[net.members]
        missing = np.isnan(potential)
        rest = net.drive[0] / np.where(net.leak[0] > 0, net.leak[0], 1.0)
        potential = np.where(missing, rest, potential)
        charge = net.stretch.circuits.membrane_capacitance_capacitance[net.members] + 1.0
        weight = net.per_node(charge)
        joined = net.per_node(charge * potential)
        lone = weight == 0  # a line that joins no membrane
        mean = potential.mean() if len(potential) else 0.0
        self.potential = np.where(lone, mean, joined / np.where(lone, 1.0, weight))
        self.net = net
        kept = old.place[net.members]
        known = kept >= 0

        def carry(values: np.ndarray, empty: np.ndarray | float | bool) -> np.ndarray:
            moved = np.broadcast_to(empty, (*values.shape[:-1], len(kept))).astype(values.dtype)
            moved = moved.copy()
            moved[..., known] = values[..., kept[known]]
            return moved

        self.lines = carry(self.lines, 0.0)
        self.adaptation = carry(self.adaptation, net.w_rest)
        self.held = carry(self.held, False)
        self.release = carry(self.release, -np.inf)
        self.ready = carry(self.ready, -np.inf)
        self.noise = carry(self.noise, 0.0)
        waiting = self.ready > net.stretch.begin
        self.thresholds = np.where(waiting, np.inf, net.thresholds + self.noise)


@dataclass
class Leak:
    """What a step does to nodes (L,) as long as the same circuits are reset.

    ``decay`` towards ``level`` in a step, ``rate`` in 1/us, and ``kernels`` (2, K): potential at
    the end of a step per unit of synaptic current at its beginning.
    """

    net: Net
    rate: np.ndarray
    level: np.ndarray
    decay: np.ndarray
    kernels: np.ndarray
    line_decay: np.ndarray

    table: tuple[np.ndarray, ...] | None = None  # of both states, where nodes are circuits

    @classmethod
    def of(cls, net: Net, held: np.ndarray) -> Leak:
        """Leak of the nodes while circuits are ``held``."""
        count = len(net.capacitance)
        leak = cls(
            net,
            np.zeros(count),
            np.zeros(count),
            np.zeros(count),
            np.zeros((2, len(held))),
            np.exp(-net.rates * net.step),
        )
        if net.is_single:
            states = []
            for value in (False, True):
                leak.update(np.full(len(held), value), np.arange(len(held)))
                states.append((leak.rate, leak.level, leak.decay, leak.kernels))
                leak.rate, leak.level, leak.decay, leak.kernels = (x.copy() for x in states[-1])
            leak.table = tuple(np.stack(x) for x in zip(*states, strict=True))
        leak.update(held, np.arange(len(held)))
        return leak

    def update(self, held: np.ndarray, changed: np.ndarray) -> None:
        """Follow a change of reset in some circuits."""
        net = self.net
        if self.table is not None:
            rows = held[changed].astype(int)
            self.rate[changed] = self.table[0][rows, changed]
            self.level[changed] = self.table[1][rows, changed]
            self.decay[changed] = self.table[2][rows, changed]
            self.kernels[:, changed] = self.table[3][rows, :, changed].T
            return
        nodes = np.unique(net.node[changed]) if len(changed) < len(held) else slice(None)
        if isinstance(nodes, slice):
            circuits = np.arange(len(held))
            lone = np.arange(len(net.capacitance))
        else:
            circuits = np.flatnonzero(np.isin(net.node, nodes))
            lone = nodes
        rows = held[circuits].astype(int)
        conductance, drive = net.floating[lone].copy(), net.floating_drive[lone].copy()
        where = np.searchsorted(lone, net.node[circuits])
        np.add.at(conductance, where, net.leak[rows, circuits])
        np.add.at(drive, where, net.drive[rows, circuits] + net.current[circuits])
        some = conductance > 0
        self.rate[lone] = conductance / net.capacitance[lone]
        # a line that joins no membrane has no leak: its potential is left to the resistors
        self.level[lone] = np.where(some, drive / np.where(some, conductance, 1.0), 0.0)
        self.decay[lone] = np.exp(-self.rate[lone] * net.step)
        gated = held[circuits] & net.pause[circuits]
        for receptor in range(len(RECEPTORS)):
            shape = circuit.kernel(
                self.rate[net.node[circuits]], net.rates[receptor, circuits], np.asarray(net.step)
            )
            self.kernels[receptor, circuits] = np.where(
                gated,
                0.0,
                shape * net.gains[receptor, circuits] / net.capacitance[net.node[circuits]],
            )
