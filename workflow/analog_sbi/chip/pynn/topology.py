"""The electrical network that the switches of the circuits make.

Every circuit has a membrane and a segment of the shared line. Switches join them:

    connect_right        membrane - membrane of the circuit to the right
    connect_vertical     membrane - membrane of the circuit in the other hemisphere
    connect_soma         membrane - line segment
    connect_soma_right   line segment - line segment of the circuit to the right
    enable_conductance   membrane - line segment, through a resistor

What is joined is one node; resistors couple nodes. Circuits are numbered row by row, two
rows (hemispheres) of 256 circuits.
Shapes: L nodes, R resistors, 512 circuits. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from analog_sbi.chip import capmem
from analog_sbi.chip.adex import laws
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern

QUADRANT = 128  # circuits; ASSUME switches to the right end at the border of a quadrant
HEMISPHERE = 256

# ASSUME what remains of the leak at code 0 comes with the capacitor and scales with its code:
# a circuit with both at 0 is off, as programs that join circuits to a compartment expect.
# ASSUME the conductance per circuit of a membrane without any leak.
FLOATING_US = 1e-6


@dataclass(frozen=True)
class Circuits:
    """Codes and flags of all circuits that the model follows, each (512,)."""

    excitatory_input_enable: np.ndarray
    excitatory_input_i_bias_gm: np.ndarray
    excitatory_input_i_bias_tau: np.ndarray
    inhibitory_input_enable: np.ndarray
    inhibitory_input_i_bias_gm: np.ndarray
    inhibitory_input_i_bias_tau: np.ndarray
    leak_v_leak: np.ndarray
    leak_i_bias: np.ndarray
    leak_enable_division: np.ndarray
    leak_enable_multiplication: np.ndarray
    membrane_capacitance_capacitance: np.ndarray
    threshold_enable: np.ndarray
    threshold_v_threshold: np.ndarray
    reset_v_reset: np.ndarray
    reset_i_bias: np.ndarray
    reset_enable_division: np.ndarray
    reset_enable_multiplication: np.ndarray
    refractory_period_input_clock: np.ndarray
    refractory_period_reset_holdoff: np.ndarray
    refractory_period_refractory_time: np.ndarray
    refractory_period_enable_pause: np.ndarray
    constant_current_enable: np.ndarray
    constant_current_i_offset: np.ndarray
    constant_current_type: np.ndarray
    adaptation_enable: np.ndarray
    adaptation_enable_pulse: np.ndarray
    adaptation_invert_a: np.ndarray
    adaptation_invert_b: np.ndarray
    adaptation_v_ref: np.ndarray
    adaptation_v_leak: np.ndarray
    adaptation_i_bias_tau: np.ndarray
    adaptation_i_bias_a: np.ndarray
    adaptation_i_bias_b: np.ndarray
    exponential_enable: np.ndarray
    exponential_v_exp: np.ndarray
    exponential_i_bias: np.ndarray
    event_routing_enable_bypass_excitatory: np.ndarray
    event_routing_enable_bypass_inhibitory: np.ndarray
    multicompartment_connect_soma: np.ndarray
    multicompartment_connect_soma_right: np.ndarray
    multicompartment_connect_right: np.ndarray
    multicompartment_connect_vertical: np.ndarray
    multicompartment_enable_conductance: np.ndarray
    multicompartment_enable_conductance_division: np.ndarray
    multicompartment_enable_conductance_multiplication: np.ndarray
    multicompartment_i_bias_nmda: np.ndarray


@dataclass(frozen=True)
class Network:
    """Nodes in the order of their first membrane, lines of their own last; resistors in order.

    ``node`` (512,): node of a membrane, -1 where it is not part of this network. Of each node
    (L,): ``capacitance``, ``leak`` and leak ``potential``. Of each resistor: ``ends`` (R, 2) and
    ``axial`` conductance (R,).
    """

    node: np.ndarray
    capacitance: np.ndarray
    leak: np.ndarray
    potential: np.ndarray
    ends: np.ndarray
    axial: np.ndarray

    def coupling(self, factor: np.ndarray) -> np.ndarray:
        """Conductances between the nodes (L, L), each resistor times its ``factor`` (R,)."""
        matrix = np.zeros((len(self.leak), len(self.leak)))
        first, second = self.ends.T
        np.add.at(matrix, (first, second), self.axial * factor)
        np.add.at(matrix, (second, first), self.axial * factor)
        return matrix


def networks(circuits: Circuits, pattern: FixedPattern, seen: Sequence[int]) -> list[Network]:
    """Networks of everything that conducts to the membranes of the circuits ``seen``.

    One for each group of circuits that no resistor connects to another group.
    """
    joined, resistors, ends, reach = _wiring(circuits)
    groups = np.unique(reach[joined[np.asarray(seen, dtype=int)]])
    return [
        _network(circuits, pattern, joined[:CIRCUITS], reach == group, resistors, ends)
        for group in groups
    ]


def network_of(circuits: Circuits, pattern: FixedPattern, seen: np.ndarray) -> Network:
    """Everything that conducts to the membranes of the circuits ``seen``, as one network."""
    joined, resistors, ends, reach = _wiring(circuits)
    kept = np.isin(reach, reach[joined[np.asarray(seen, dtype=int)]])
    return _network(circuits, pattern, joined[:CIRCUITS], kept, resistors, ends)


def leaks(circuits: Circuits, pattern: FixedPattern) -> tuple[np.ndarray, np.ndarray]:
    """Leak conductance in uS and leak potential in LSB of every circuit, each (512,).

    A circuit without any leak is 0 here even where its membrane floats.
    """
    rest = capmem.rest_potential(circuits.leak_v_leak) + pattern.rest + _rest_shift(circuits)
    return _leak(circuits) * pattern.leak, rest


def _wiring(circuits: Circuits) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Node of every membrane and line (1024,); resistors and their ends; group of every node."""
    joined = _joined(circuits)
    resistors = np.flatnonzero(circuits.multicompartment_enable_conductance)
    ends = np.stack([joined[resistors], joined[CIRCUITS + resistors]], axis=1)
    open_ = ends[:, 0] != ends[:, 1]  # a resistor beside a closed switch carries nothing
    resistors, ends = resistors[open_], ends[open_]
    return joined, resistors, ends, _components(ends, joined.max() + 1)


def shifted(anchor: int, offsets: np.ndarray) -> np.ndarray | None:
    """Circuits at ``offsets`` from an anchor, 256 a row; None if they leave the anchor's quadrant.

    With offsets of one row a neuron may stand in either hemisphere, else in the upper one.
    """
    row, column = divmod(int(anchor), HEMISPHERE)
    rows, columns = row + offsets // HEMISPHERE, column + offsets % HEMISPHERE
    fits = rows.max() <= 1 and columns.max() // QUADRANT == column // QUADRANT
    return rows * HEMISPHERE + columns if fits else None


def _network(
    circuits: Circuits,
    pattern: FixedPattern,
    joined: np.ndarray,
    kept: np.ndarray,
    resistors: np.ndarray,
    ends: np.ndarray,
) -> Network:
    """Network of the nodes that are ``kept``, given the node of every membrane."""
    inside = kept[ends[:, 0]]
    resistors, ends = resistors[inside], ends[inside]
    number = np.cumsum(kept) - 1
    node = np.where(kept[joined], number[joined], -1)
    count = int(kept.sum())

    members = _sum(np.ones(CIRCUITS), node, count)
    leak, rest = leaks(circuits, pattern)
    # a membrane without any leak drifts towards the mean of its leak potentials
    leak = np.where(_sum(leak, node, count)[node] > 0, leak, FLOATING_US)
    total = _sum(leak, node, count)
    return Network(
        node=node,
        capacitance=_capacitance(circuits, node, members, count),
        leak=total,
        potential=_sum(leak * rest, node, count) / np.where(total > 0, total, 1),
        ends=number[ends],
        axial=_axial(circuits)[resistors] * pattern.axial[resistors],
    )


def _joined(circuits: Circuits) -> np.ndarray:
    """Node of every membrane, then of every line segment (1024,), by first appearance."""
    membrane, line = np.arange(CIRCUITS), CIRCUITS + np.arange(CIRCUITS)
    inner = np.arange(CIRCUITS) % QUADRANT != QUADRANT - 1
    across = (membrane + HEMISPHERE) % CIRCUITS
    pairs = np.concatenate(
        [
            np.stack([start[closed], end[closed]], axis=1)
            for closed, start, end in (
                (circuits.multicompartment_connect_right & inner, membrane, membrane + 1),
                (circuits.multicompartment_connect_vertical, membrane, across),
                (circuits.multicompartment_connect_soma, membrane, line),
                (circuits.multicompartment_connect_soma_right & inner, line, line + 1),
            )
        ]
    )
    return _components(pairs, 2 * CIRCUITS)


def _components(pairs: np.ndarray, count: int) -> np.ndarray:
    """Number of the component of each of ``count`` points, by first appearance."""
    graph = coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def _leak(circuits: Circuits) -> np.ndarray:
    code, mode = (
        circuits.leak_i_bias,
        _mode(circuits.leak_enable_division, circuits.leak_enable_multiplication),
    )
    residual = capmem.leak_conductance(0, mode)
    capacitor = circuits.membrane_capacitance_capacitance / capmem.CAPACITANCE_MAX_CODE
    return capmem.leak_conductance(code, mode) - residual * (1 - capacitor)


def _rest_shift(circuits: Circuits) -> np.ndarray:
    division = _mode(circuits.leak_enable_division, circuits.leak_enable_multiplication) < 0
    # ASSUME no fall in division mode, where the bias is an eighth
    return np.where(division, 0.0, laws.rest_fall(circuits.leak_i_bias))


def _axial(circuits: Circuits) -> np.ndarray:
    mode = _mode(
        circuits.multicompartment_enable_conductance_division,
        circuits.multicompartment_enable_conductance_multiplication,
    )
    return capmem.axial_conductance(circuits.multicompartment_i_bias_nmda, mode)


def _mode(division: np.ndarray, multiplication: np.ndarray) -> np.ndarray:
    """Mode as in ``capmem``. ASSUME both flags together cancel."""
    return multiplication.astype(int) - division.astype(int)


def _capacitance(
    circuits: Circuits, node: np.ndarray, members: np.ndarray, count: int
) -> np.ndarray:
    """Capacitors of the circuits of a node, and a parasitic part for each joined circuit.

    ASSUME a node without a capacitor, also a line that joins no membrane, keeps that part.
    """
    capacitor = capmem.capacitance(circuits.membrane_capacitance_capacitance)
    total = _sum(capacitor, node, count) + capmem.PARASITIC_PF * np.maximum(members - 1, 0)
    return np.maximum(total, capmem.PARASITIC_PF)


def _sum(values: np.ndarray, node: np.ndarray, count: int) -> np.ndarray:
    inside = node >= 0
    return np.bincount(node[inside], weights=values[inside], minlength=count)
