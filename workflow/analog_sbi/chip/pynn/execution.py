"""One run of a network on the model of the chip: spikes in, samples of the MADC out.

The potential of a node is a sum of exponentials: its modes and the synaptic rates. Between two
inputs only their sizes decay, so every sample is evaluated once, however many inputs there were.
Shapes: L nodes, K = L modes, S synaptic inputs in use, P recorded circuits, T samples.
Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_sbi.chip import capmem, circuit, readout, trial
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import FixedPattern
from analog_sbi.chip.pynn.topology import Circuits, Network, networks

SPIKE_CYCLE_US = 0.008  # spikes are sent at cycles of 125 MHz; their times are truncated
CONFLUENT = 1e-6  # least relative distance of a synaptic rate from a mode

# ASSUME threshold potential in LSB over its code: 0.99 code + 60 (BrainScaleS-2 demos,
# fixed-pattern calibration). A neuron that would spike is looked for on a grid of this step.
THRESHOLD_SLOPE, THRESHOLD_OFFSET = 0.99, 60.0
THRESHOLD_STEP_US = 0.25


@dataclass(frozen=True)
class Events:
    """Inputs in the order of time: ``times`` in us, ``circuits`` and ``weights``, each (M,)."""

    times: np.ndarray
    circuits: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, projections: Sequence[Any]) -> Events:
        """Collect the spikes that the projections' sources send."""
        inputs = [entry for projection in projections for entry in projection.inputs()]
        counts = [len(times) for times, _, _ in inputs]
        times = np.concatenate([np.asarray(t, dtype=float) for t, _, _ in inputs] or [[]])
        cycles = np.trunc(times * 1e3 / SPIKE_CYCLE_US)
        order = np.argsort(cycles, kind="stable")
        return cls(
            times=cycles[order] * SPIKE_CYCLE_US,
            circuits=np.repeat([c for _, c, _ in inputs], counts).astype(int)[order],
            weights=np.repeat([w for _, _, w in inputs], counts).astype(float)[order],
        )


def run(
    circuits: Circuits,
    placed: np.ndarray,
    pattern: FixedPattern,
    events: Events,
    recorded: Sequence[int],
    duration: float,
    generator: np.random.Generator,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Run for ``duration`` and record the membranes of the circuits ``recorded``.

    Returns sample times (T,) and digitized potentials (T,) of each; two circuits share the
    rate of the MADC. Raises NotImplementedError if one of the neurons on the circuits
    ``placed`` would spike.
    """
    spiking = placed[circuits.threshold_enable[placed]]
    times = readout.sample_times(duration)
    channels = [times[index :: len(recorded)] for index in range(len(recorded))]
    samples: list[np.ndarray] = [np.empty(0)] * len(recorded)
    for wiring in networks(circuits, pattern, [*recorded, *spiking]):
        varied = _vary(wiring, generator)
        inputs = _inputs(circuits, pattern, wiring, events, duration)
        own = spiking[wiring.node[spiking] >= 0]
        if len(own):
            _check_thresholds(circuits, wiring, varied, inputs, own, duration)
        for channel, target in enumerate(recorded):
            node = wiring.node[target]
            if node >= 0:
                potential = varied.level[node] + pattern.readout[target]
                potential = potential + _response(varied, inputs, [node], channels[channel])[0]
                potential += trial.drift_at(varied.drift, channels[channel])[0]
                samples[channel] = readout.sample(generator, potential)
    return channels, samples


@dataclass(frozen=True)
class _Varied:
    """A network as it is in one run: modes, resting ``level`` (L,) and drift (1, 2)."""

    modes: circuit.Modes
    level: np.ndarray
    drift: np.ndarray


def _vary(wiring: Network, generator: np.random.Generator) -> _Varied:
    count, resistors = len(wiring.leak), len(wiring.axial)
    variation = trial.draw_variation(generator, 1, max(count, resistors + 1))
    leak = (wiring.leak * variation.leak[0, :count])[None]
    coupling = wiring.coupling(variation.axial[0, :resistors])[None]
    return _Varied(
        modes=circuit.modes(wiring.capacitance, leak, coupling),
        level=circuit.rest(leak, coupling, wiring.potential)[0],
        drift=variation.drift,
    )


@dataclass(frozen=True)
class _Inputs:
    """Inputs that reach a network: synaptic ``rates`` and ``nodes`` (S,) and the steps in time.

    ``times`` (E,) of the onsets and ``currents`` (E, S), the initial currents that start then.
    """

    rates: np.ndarray
    nodes: np.ndarray
    times: np.ndarray
    currents: np.ndarray


def _inputs(
    circuits: Circuits, pattern: FixedPattern, wiring: Network, events: Events, duration: float
) -> _Inputs:
    felt = (
        circuits.excitatory_input_enable[events.circuits]
        & (wiring.node[events.circuits] >= 0)
        & (events.times >= 0)
        & (events.times < duration)
    )
    targets, column = np.unique(events.circuits[felt], return_inverse=True)
    times, row = np.unique(events.times[felt], return_inverse=True)
    weights = np.zeros((len(times), len(targets)))
    np.add.at(weights, (row, column), events.weights[felt])
    tau = capmem.synaptic_time_constant(circuits.excitatory_input_i_bias_tau[targets])
    strength = capmem.synaptic_current(circuits.excitatory_input_i_bias_gm[targets], weights)
    return _Inputs(
        rates=1 / (tau * pattern.tau_synapse[targets]),
        nodes=wiring.node[targets],
        times=times + SYNAPTIC_DELAY_US,
        currents=strength * pattern.strength[targets],
    )


def _response(
    varied: _Varied, inputs: _Inputs, nodes: Sequence[int], times: np.ndarray
) -> np.ndarray:
    """Deviation of nodes (P,) from their resting level at ascending times: (P, T)."""
    response = np.zeros((len(nodes), len(times)))
    if not len(inputs.times):
        return response
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
        response[:, start:end] = size @ np.exp(-rates[:, None] * (times[start:end] - time))
    return response


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


def _check_thresholds(
    circuits: Circuits,
    wiring: Network,
    varied: _Varied,
    inputs: _Inputs,
    spiking: np.ndarray,
    duration: float,
) -> None:
    nodes = wiring.node[spiking]
    times = np.arange(0.0, duration, THRESHOLD_STEP_US)
    highest = varied.level[nodes] + _response(varied, inputs, nodes, times).max(axis=1, initial=0)
    threshold = THRESHOLD_SLOPE * circuits.threshold_v_threshold[spiking] + THRESHOLD_OFFSET
    above = spiking[highest >= threshold]
    if len(above):
        raise NotImplementedError(
            f"the neuron on circuit {above[0]} reaches its threshold; spiking is not part of the "
            "chip model (set threshold_enable=False)"
        )
