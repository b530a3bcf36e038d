"""A network without spikes for one run, solved exactly.

The potential of a node is a sum of exponentials: its modes and the synaptic rates. Between two
inputs only their sizes decay, so every sample is evaluated once, however many inputs there were.
Shapes: L nodes, K = L modes, S synaptic inputs in use, P nodes asked for, T times.
Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analog_sbi.chip import capmem, circuit, trial
from analog_sbi.chip.adex import laws
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import FixedPattern
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, Events
from analog_sbi.chip.pynn.topology import Circuits, Network

CONFLUENT = 1e-6  # least relative distance of a synaptic rate from a mode

# A neuron that would spike is looked for on a grid of this step.
THRESHOLD_STEP_US = 0.25


@dataclass(frozen=True)
class Varied:
    """A network as it is in one run: modes, resting ``level`` (L,) and drift (1, 2)."""

    modes: circuit.Modes
    level: np.ndarray
    drift: np.ndarray


@dataclass(frozen=True)
class Inputs:
    """Inputs that reach a network: synaptic ``rates`` and ``nodes`` (S,) and the steps in time.

    ``times`` (E,) of the onsets and ``currents`` (E, S), the initial currents that start then.
    """

    rates: np.ndarray
    nodes: np.ndarray
    times: np.ndarray
    currents: np.ndarray


def vary(
    wiring: Network, generator: np.random.Generator, current: np.ndarray | None = None
) -> Varied:
    """Draw the variation of a run; ``current`` (L,) flows onto the nodes all the time."""
    count, resistors = len(wiring.leak), len(wiring.axial)
    variation = trial.draw_variation(generator, 1, max(count, resistors + 1))
    leak = (wiring.leak * variation.leak[0, :count])[None]
    coupling = wiring.coupling(variation.axial[0, :resistors])[None]
    level = circuit.rest(leak, coupling, wiring.potential)[0]
    if current is not None and current.any():
        matrix = circuit.conductance_matrix(leak, coupling)[0]
        level = level + np.linalg.solve(matrix, current)
    return Varied(
        modes=circuit.modes(wiring.capacitance, leak, coupling),
        level=level,
        drift=variation.drift,
    )


def inputs_of(
    circuits: Circuits,
    pattern: FixedPattern,
    extra: Mismatch,
    wiring: Network,
    events: Events,
    duration: float,
) -> Inputs:
    """Inputs before ``duration`` that the synaptic inputs of a network take."""
    enabled = np.where(
        events.of_receptor(EXCITATORY),
        circuits.excitatory_input_enable[events.circuits],
        circuits.inhibitory_input_enable[events.circuits],
    )
    felt = (
        enabled
        & (wiring.node[events.circuits] >= 0)
        & (events.times >= 0)
        & (events.times < duration)
    )
    receptors = np.where(events.of_receptor(INHIBITORY), INHIBITORY, EXCITATORY)[felt]
    reached, column = np.unique(2 * events.circuits[felt] + receptors, return_inverse=True)
    targets, inhibitory = reached // 2, reached % 2 == INHIBITORY
    times, row = np.unique(events.times[felt], return_inverse=True)
    weights = np.zeros((len(times), len(reached)))
    np.add.at(weights, (row, column), events.weights[felt])
    tau, gain = synaptic_inputs(circuits, pattern, extra, targets, inhibitory)
    return Inputs(
        rates=1 / tau,
        nodes=wiring.node[targets],
        times=times + SYNAPTIC_DELAY_US,
        currents=capmem.synaptic_current(gain[0], weights) * gain[1],
    )


def synaptic_inputs(
    circuits: Circuits,
    pattern: FixedPattern,
    extra: Mismatch,
    targets: np.ndarray,
    inhibitory: np.ndarray,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Time constants (S,) of synaptic inputs, and the codes and factors (S,) of their strength.

    ASSUME an inhibitory input is an excitatory one of the other sign.
    """
    codes = np.where(
        inhibitory,
        circuits.inhibitory_input_i_bias_tau[targets],
        circuits.excitatory_input_i_bias_tau[targets],
    )
    spread = np.where(inhibitory, extra.inhibitory_tau[targets], pattern.tau_synapse[targets])
    strength = np.where(
        inhibitory,
        circuits.inhibitory_input_i_bias_gm[targets],
        circuits.excitatory_input_i_bias_gm[targets],
    )
    factor = np.where(inhibitory, -extra.inhibitory_strength[targets], pattern.strength[targets])
    return capmem.synaptic_time_constant(codes) * spread, (strength, factor)


def response(varied: Varied, inputs: Inputs, nodes: Sequence[int], times: np.ndarray) -> np.ndarray:
    """Deviation of nodes (P,) from their resting level at ascending times: (P, T)."""
    found = np.zeros((len(nodes), len(times)))
    if not len(inputs.times):
        return found
    synaptic = apart(inputs.rates, varied.modes.rates[0])
    rates = np.concatenate([varied.modes.rates[0], synaptic])
    unit = _unit_response(varied.modes, synaptic, inputs.nodes, nodes)  # (P, S, K + S)
    starts = np.searchsorted(times, inputs.times)
    ends = np.append(starts[1:], len(times))
    size = np.zeros((len(nodes), len(rates)))
    last = inputs.times[0]
    for time, currents, start, end in zip(inputs.times, inputs.currents, starts, ends, strict=True):
        size = size * np.exp(-rates * (time - last)) + np.einsum("s,psr->pr", currents, unit)
        last = time
        found[:, start:end] = size @ np.exp(-rates[:, None] * (times[start:end] - time))
    return found


def apart(rates: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Synaptic rates (S,), moved by a few ``CONFLUENT`` where they agree with one of modes (K,).

    The two exponentials of an input would not be independent there; what is moved changes a
    potential by far less than its noise.
    """
    rates = rates.copy()
    for _ in range(len(modes)):
        close = (np.abs(rates[:, None] - modes) < CONFLUENT * rates[:, None]).any(axis=1)
        rates[close] *= 1 + 2 * CONFLUENT
    return rates


def reaches_threshold(
    thresholds: np.ndarray, nodes: np.ndarray, varied: Varied, inputs: Inputs, duration: float
) -> bool:
    """Whether one of nodes (P,) comes to its threshold (P,) within the run."""
    times = np.arange(0.0, duration, THRESHOLD_STEP_US)
    highest = varied.level[nodes] + response(varied, inputs, list(nodes), times).max(
        axis=1, initial=0
    )
    return bool((highest >= thresholds).any())


def thresholds_of(circuits: Circuits, extra: Mismatch, chosen: np.ndarray) -> np.ndarray:
    """Threshold potentials of circuits (P,)."""
    return laws.threshold(circuits.threshold_v_threshold[chosen]) + extra.threshold[chosen]


def _unit_response(
    modes: circuit.Modes, rates: np.ndarray, sources: np.ndarray, nodes: Sequence[int]
) -> np.ndarray:
    """Size of each exponential in nodes (P,) after a unit current of each input: (P, S, K + S).

    ``rates`` (S,) and nodes ``sources`` (S,) of the inputs; rates differ from those of the modes.
    """
    vectors = modes.vectors[0]
    modal = vectors[nodes][:, None, :] * vectors[sources] / (rates[:, None] - modes.rates[0])
    synaptic = -modal.sum(axis=2)[:, :, None] * np.eye(len(rates))
    return np.concatenate([modal, synaptic], axis=2)
