"""Emulation of a chain or tree of compartments on one chip: heights in batches, or full traces.

Inputs reach one compartment after another; a run records one compartment, so an emulation of
L compartments takes L runs. Both ways below draw the same trial-to-trial variation and solve the
same circuit; the batched one evaluates only what a height depends on.
Shapes: N parameter sets, L compartments, M = N L runs, T samples. Units: us, MADC LSB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analog_sbi.chip import capmem, circuit, readout, trial
from analog_sbi.chip.fixed_pattern import FixedPattern
from analog_sbi.chip.wiring import Wiring, wire_chain

# Seen in recorded traces: the PSP starts about 0.4 us after the time of the spike.
SYNAPTIC_DELAY_US = 0.4

# Blocks of the batched heights within a window, as (end of the stretch, width) in us from the
# middle between two spikes, and from the spike on. Narrow where a PSP has its maximum.
BLOCKS_BEFORE = ((30.0, 3.0), (np.inf, 10.0))
BLOCKS_AFTER = ((15.0, 0.5), (36.0, 1.5), (np.inf, 8.0))
# Below this interval PSPs overlap, and the maximum may lie on a steep flank anywhere in a window.
OVERLAPPING_US = 150.0
BLOCKS_OVERLAPPING = ((np.inf, 0.15),)


@dataclass(frozen=True)
class Stimulus:
    """Inputs to the chain: one spike a compartment, ``interval`` us apart.

    ``inputs`` synapses of weight ``weight`` (0..63) each are driven at once.
    """

    interval: float
    inputs: int
    weight: int

    def spike_times(self, length: int) -> np.ndarray:
        """Times (L,) of the inputs in us: 100, 300, 500, 700 for an interval of 200."""
        return self.interval * (np.arange(length) + 0.5)

    def duration(self, length: int) -> float:
        """Length of a run in us."""
        return self.interval * length


@dataclass(frozen=True)
class Configuration:
    """Codes that a calibration sets per compartment, each (L,), and the circuits it uses."""

    circuits: np.ndarray
    leak_v_leak: np.ndarray
    excitatory_input_i_bias_tau: np.ndarray
    excitatory_input_i_bias_gm: np.ndarray


@dataclass(frozen=True)
class Chain:
    """Physical constants of a configured chain, whose compartments ``links`` (L - 1, 2) join.

    All (L,): leak potential and readout offset in LSB, synaptic rate in 1/us, initial synaptic
    current in pF LSB / us, factors on the conductances (axial (L - 1,)).
    """

    rest: np.ndarray
    readout_offset: np.ndarray
    synaptic_rate: np.ndarray
    current: np.ndarray
    leak_factor: np.ndarray
    axial_factor: np.ndarray
    links: np.ndarray


@dataclass(frozen=True)
class Change:
    """What N parameter sets change of the configuration in all compartments, each (N,).

    ``current``: factor on the synaptic current; ``rest``: added to the leak potential, in LSB.
    """

    current: np.ndarray
    rest: np.ndarray


def linear_placement(length: int) -> np.ndarray:
    """Circuits (L,) that carry the compartments of a chain: the even ones of joined pairs.

    Raises BackendError for a chain that no row of circuits can carry.
    """
    return wire_chain(length).circuits


def configure(
    pattern: FixedPattern,
    codes: Configuration,
    stimulus: Stimulus,
    wiring: Wiring | None = None,
) -> Chain:
    """Apply codes to the circuits of a chip, where ``wiring`` lays the compartments; or a chain.

    There the resistor between compartments i and i + 1 belongs to the circuit of i + 1.
    """
    index = codes.circuits
    wiring = wiring or wire_chain(len(index))
    weight = stimulus.inputs * stimulus.weight
    tau = capmem.synaptic_time_constant(codes.excitatory_input_i_bias_tau)
    current = capmem.synaptic_current(codes.excitatory_input_i_bias_gm, weight)
    return Chain(
        rest=capmem.rest_potential(codes.leak_v_leak) + pattern.rest[index],
        readout_offset=pattern.readout[index],
        synaptic_rate=1 / (tau * pattern.tau_synapse[index]),
        current=current * pattern.strength[index],
        leak_factor=pattern.leak[index],
        axial_factor=pattern.axial[wiring.resistors],
        links=wiring.links,
    )


def conductances(
    chain: Chain, leak_codes: np.ndarray, axial_codes: np.ndarray, variation: trial.Variation
) -> tuple[np.ndarray, np.ndarray]:
    """Leak (M, L) and axial (M, L - 1) conductances in uS of runs at codes 0..3068."""
    leak_mode, leak_code = capmem.mode(leak_codes)
    axial_mode, axial_code = capmem.mode(axial_codes)
    leak = capmem.leak_conductance(leak_code, leak_mode) * chain.leak_factor
    axial = capmem.axial_conductance(axial_code, axial_mode) * chain.axial_factor
    return leak * variation.leak, axial * variation.axial


def heights(
    chain: Chain,
    stimulus: Stimulus,
    leak_codes: np.ndarray,
    axial_codes: np.ndarray,
    generator: np.random.Generator,
    change: Change | None = None,
) -> np.ndarray:
    """Measure PSP heights (N, L, L), response in compartment i to an input to j.

    ``leak_codes`` (N, L) and ``axial_codes`` (N, L - 1). The height is the maximum of the
    digitized trace in the window of input j, from midpoint to midpoint between the spikes,
    minus the mean of the trace from the start of the window to the spike.
    """
    count, length = leak_codes.shape
    runs = count * length
    variation = trial.draw_variation(generator, runs, length)
    leak, axial = conductances(
        chain,
        np.repeat(leak_codes, length, axis=0),
        np.repeat(axial_codes, length, axis=0),
        variation,
    )
    coupling = circuit.tree_coupling(axial, chain.links)
    network = circuit.modes(capmem.REFERENCE_PF, leak, coupling)
    recorded = np.tile(np.arange(length), count)
    rest, current = _driven(chain, change, length)
    level = circuit.rest(leak, coupling, rest)[np.arange(runs), recorded]
    level = level + chain.readout_offset[recorded]

    rates, own, tails = _exponentials(chain, stimulus, network, recorded, current)
    windows = _blocks(stimulus.interval)
    spikes = stimulus.spike_times(length)

    decay = np.exp(-rates[:, :, None] * windows.before)
    before = level[:, None, None] + tails @ decay
    start = tails * np.exp(-rates * stimulus.interval / 2)[:, None, :] + own
    after = level[:, None, None] + start @ np.exp(-rates[:, :, None] * windows.after)
    potential = np.concatenate([before, after], axis=2)
    offset = np.concatenate([windows.before - stimulus.interval / 2, windows.after])
    times = (spikes[:, None] + offset).ravel()
    potential += trial.drift_at(variation.drift, times).reshape(potential.shape)

    weights = windows.samples[: len(windows.before)]
    baseline = potential[:, :, : len(windows.before)] @ (weights / weights.sum())
    maximum = readout.sample_maximum(
        generator, potential.reshape(runs * length, -1), windows.samples
    ).reshape(runs, length)
    readout.warn_of_clipping(maximum)
    mean = readout.sample_mean(generator, baseline, int(weights.sum()))
    return (maximum - mean).reshape(count, length, length)


def _driven(chain: Chain, change: Change | None, runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Leak potentials and synaptic currents, (L,) or of ``runs`` of every parameter set (M, L)."""
    if change is None:
        return chain.rest, chain.current
    rest = chain.rest + np.repeat(change.rest, runs)[:, None]
    return rest, chain.current * np.repeat(change.current, runs)[:, None]


@dataclass(frozen=True)
class _Windows:
    """Centres of the blocks before the spike (from the window's start) and after it, in us."""

    before: np.ndarray
    after: np.ndarray
    samples: np.ndarray


def _blocks(interval: float) -> _Windows:
    half = interval / 2
    overlapping = interval < OVERLAPPING_US
    before = _edges(half, BLOCKS_OVERLAPPING if overlapping else BLOCKS_BEFORE)
    after = _edges(half, BLOCKS_OVERLAPPING if overlapping else BLOCKS_AFTER)
    widths = np.concatenate([np.diff(before), np.diff(after)])
    return _Windows(
        before=(before[1:] + before[:-1]) / 2,
        after=(after[1:] + after[:-1]) / 2,
        samples=widths / readout.SAMPLE_INTERVAL_US,
    )


def _edges(end: float, stretches: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Edges of blocks from 0 to ``end``: stretches of (their end, width of a block)."""
    edges = [np.zeros(1)]
    start = 0.0
    for stop, width in stretches:
        stop = min(stop, end)
        if stop > start:
            blocks = max(1, round((stop - start) / width))
            edges.append(np.linspace(start, stop, blocks + 1)[1:])
            start = stop
    return np.concatenate(edges)


def _exponentials(
    chain: Chain,
    stimulus: Stimulus,
    network: circuit.Modes,
    recorded: np.ndarray,
    current: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recorded potential of M runs as sums of exponentials, one sum a window.

    ``current`` is the initial one of inputs to each compartment, (L,) or (M, L).
    Returns rates (M, R), coefficients of the window's own input at its spike, and those of all
    earlier inputs at the start of the window, both (M, L, R), with R = 2 L: the modes, then the
    synaptic rates. Where a mode agrees with a synaptic rate to 1e-6 its rate is shifted by that
    much, which changes a height by less than 1e-4 LSB and keeps the two exponentials apart.
    """
    runs, length = network.rates.shape
    # of the recorded compartment for every input, (M, L, K)
    gain = network.vectors * network.vectors[np.arange(runs), recorded][:, None, :]
    synaptic = chain.synaptic_rate[:, None]
    small = 1e-6 * synaptic
    gap = synaptic - network.rates[:, None, :]
    shift = np.where(np.abs(gap) < small, small - gap, 0.0).max(axis=1)
    modal_rates = network.rates - shift
    difference = synaptic - modal_rates[:, None, :]
    modal = current[..., None] * gain / difference
    own = np.zeros((runs, length, 2 * length))
    own[:, :, :length] = modal
    index = np.arange(length)
    own[:, index, length + index] = -modal.sum(axis=2)

    rates = np.concatenate(
        [modal_rates, np.broadcast_to(chain.synaptic_rate, (runs, length))], axis=1
    )
    tails = np.zeros_like(own)
    half = np.exp(-rates * (stimulus.interval / 2 - SYNAPTIC_DELAY_US))
    whole = np.exp(-rates * stimulus.interval)
    for window in range(1, length):
        tails[:, window] = tails[:, window - 1] * whole + own[:, window - 1] * half
    return rates, own, tails


def traces(
    chain: Chain,
    stimulus: Stimulus,
    leak_codes: np.ndarray,
    axial_codes: np.ndarray,
    generator: np.random.Generator,
    change: Change | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Record full traces: sample times (T,) in us and digitized potentials (N, L, T).

    ``leak_codes`` (N, L) and ``axial_codes`` (N, L - 1).
    """
    count, length = leak_codes.shape
    time = readout.sample_times(stimulus.duration(length))
    recordings = np.empty((count, length, len(time)))
    rest, current = (
        np.broadcast_to(values, (count, length)) for values in _driven(chain, change, 1)
    )
    for index in range(count):
        variation = trial.draw_variation(generator, length, length)
        leak, axial = conductances(chain, leak_codes[[index]], axial_codes[[index]], variation)
        driven = replace(chain, rest=rest[index], current=current[index])
        potential = _potential(driven, stimulus, leak, axial, time)
        potential += trial.drift_at(variation.drift, time)
        recordings[index] = readout.sample(generator, potential)
    return time, recordings


def _potential(
    chain: Chain, stimulus: Stimulus, leak: np.ndarray, axial: np.ndarray, time: np.ndarray
) -> np.ndarray:
    """Noiseless potential (L, T): run i with conductances (L, ...) i records compartment i."""
    length = len(leak)
    coupling = circuit.tree_coupling(axial, chain.links)
    network = circuit.modes(capmem.REFERENCE_PF, leak, coupling)
    own = np.arange(length)
    level = circuit.rest(leak, coupling, chain.rest)[own, own] + chain.readout_offset
    potential = np.repeat(level[:, None], len(time), axis=1)
    for source, spike in enumerate(stimulus.spike_times(length) + SYNAPTIC_DELAY_US):
        started = time >= spike
        psp = circuit.response(
            network,
            source,
            chain.synaptic_rate[source],
            chain.current[source],
            time[started] - spike,
        )
        potential[:, started] += psp[own, own]
    return potential
