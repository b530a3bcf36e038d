"""State of circuits and nodes between two stretches of a run.

Shapes: L nodes, K circuits in ascending order. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from analog_sbi.chip import circuit
from analog_sbi.chip.adex import laws
from analog_sbi.chip.adex import mismatch as of_neurons
from analog_sbi.chip.fixed_pattern import CIRCUITS
from analog_sbi.chip.pynn.stretches import Net

# Times, receptors, circuits and weights of inputs.
Late = tuple[np.ndarray, ...]


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
    pending: list[Late] = field(default_factory=list)  # inputs of later stretches

    @classmethod
    def at_rest(cls, net: Net, generator: np.random.Generator) -> State:
        """Steady state without inputs; neurons above their threshold are anywhere below."""
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
        lone = _lone(net)
        for k in np.flatnonzero(lone).tolist():
            potential[net.node[k]] = _resting(net, k, conductance, drive)
        above = potential[net.node] >= net.thresholds
        phase = generator.random(count)
        for i in np.flatnonzero(above):
            low = min(net.drive[1, i] / max(net.leak[1, i], 1e-12), net.thresholds[i])
            potential[net.node[i]] = low + phase[i] * (net.thresholds[i] - low)
        level = net.w_rest + net.w_drive / net.w_rate * (potential[net.node] - net.w_from)
        noise = of_neurons.THRESHOLD_NOISE_LSB * generator.standard_normal(count)
        return cls(
            net=net,
            potential=potential,
            lines=np.zeros((2, count)),
            adaptation=np.clip(level, *laws.ADAPTATION_RAILS),
            held=np.zeros(count, dtype=bool),
            release=np.full(count, -np.inf),
            ready=np.full(count, -np.inf),
            thresholds=net.thresholds + noise,
            noise=noise,
            free=bool(above.any() or (_active(net) & ~lone).any()),
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


def _active(net: Net) -> np.ndarray:
    """Circuits (K,) with an exponential or an adaptation term."""
    return (net.exponential > 0) | (net.w_strength > 0)


def _lone(net: Net) -> np.ndarray:
    """Circuits (K,) with such a term whose node has no other and hangs on no resistor."""
    active = _active(net)
    alone = np.full(len(net.capacitance), net.coupling is None)
    return active & (alone & (net.per_node(active.astype(float)) == 1))[net.node]


def _resting(net: Net, k: int, conductance: np.ndarray, drive: np.ndarray) -> float:
    """Potential at rest of the node of a lone circuit, as that of the neuron it is.

    ``conductance`` and ``drive`` (L,) have the adaptation in them, as far as it is linear.
    """
    from analog_sbi.chip.adex.integration import resting

    node = net.node[k]
    capacitance = net.capacitance[node]
    pull = net.w_strength[k] * net.w_drive[k] / net.w_rate[k]
    leak = conductance[node] - pull
    values = {
        "leak": leak / capacitance,
        "rest": (drive[node] - pull * net.w_from[k]) / leak,
        "adaptation_rate": net.w_rate[k],
        "adaptation_drive": net.w_drive[k],
        "adaptation_leak": net.w_from[k],
        "adaptation_strength": net.w_strength[k] / capacitance,
        "exponential": net.exponential[k] / capacitance,
        "onset": net.onset[k] if net.exponential[k] > 0 else np.inf,
        "slope": laws.EXPONENTIAL_SLOPE_LSB,
    }
    return float(resting(np.array([values.get(x.name, 0.0) for x in fields(laws.Neurons)])))
