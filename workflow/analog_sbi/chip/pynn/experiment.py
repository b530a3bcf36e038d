"""An experiment on the model of the chip: snippets in, spikes and samples out.

Networks that neither spike nor change are solved exactly (``execution``), the others in steps
(``stepping``). Times in us of the whole experiment, potentials in MADC LSB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from analog_sbi.chip import readout, trial
from analog_sbi.chip.adex import laws
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import FixedPattern
from analog_sbi.chip.pynn import bypass, execution, physics, stepping
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, Events, Synapses
from analog_sbi.chip.pynn.stretches import Stretch
from analog_sbi.chip.pynn.topology import Circuits, Network, networks

LINES = {"exc_synin": EXCITATORY, "inh_synin": INHIBITORY}
Trace = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Probe:
    """What a device, ``madc`` or ``cadc``, reads of a circuit: v, a synaptic line, adaptation."""

    device: str
    circuit: int
    variable: str


@dataclass(frozen=True)
class Snippet:
    """A stretch of the experiment in which nothing is changed.

    ``clocks`` (512, 2): periods in us of the slow and fast clock of the circuits' back ends.
    """

    begin: float
    end: float
    circuits: Circuits
    events: Events
    synapses: Synapses
    clocks: np.ndarray
    probes: tuple[Probe, ...]


@dataclass
class Outcome:
    """Of one snippet: times and samples of every probe, spike times of circuits."""

    traces: dict[Probe, Trace] = field(default_factory=dict)
    spikes: dict[int, np.ndarray] = field(default_factory=dict)


def run(
    snippets: Sequence[Snippet],
    placed: np.ndarray,
    pattern: FixedPattern,
    extra: Mismatch,
    generator: np.random.Generator,
) -> list[Outcome]:
    """Run snippets one after another; ``placed`` are the circuits of neurons.

    Two circuits share the rate of the MADC.
    """
    outcomes = [Outcome() for _ in snippets]
    first = snippets[0].circuits
    if (
        first.event_routing_enable_bypass_excitatory.any()
        or first.event_routing_enable_bypass_inhibitory.any()
    ):
        for snippet, outcome in zip(snippets, outcomes, strict=True):
            outcome.spikes = bypass.forward(
                snippet.circuits, snippet.events, snippet.synapses, snippet.begin, snippet.end
            )
    alone = snippets[0] if len(snippets) == 1 else None
    if alone is not None:
        left = _solve(alone, placed, pattern, extra, outcomes[0], generator)
    else:
        left = _concerned(snippets, placed)
    if len(left):
        _step(snippets, left, pattern, extra, outcomes, generator)
    return outcomes


def _channels(snippet: Snippet) -> dict[Probe, np.ndarray]:
    """Sample times of every probe, from the begin of the snippet; the MADC takes turns."""
    duration = snippet.end - snippet.begin
    madc = sorted((p for p in snippet.probes if p.device == "madc"), key=lambda p: p.circuit)
    times = readout.sample_times(duration) if madc else np.empty(0)
    found = {probe: times[index :: len(madc)] for index, probe in enumerate(madc)}
    end = min(duration, physics.CADC_END_US)
    for probe in snippet.probes:
        if probe.device == "cadc":
            found[probe] = np.arange(0.0, end, physics.CADC_INTERVAL_US)
    return found


def _concerned(snippets: Sequence[Snippet], placed: np.ndarray) -> np.ndarray:
    """Circuits whose state matters: those read, those that may spike, those that send spikes."""
    circuits = [probe.circuit for snippet in snippets for probe in snippet.probes]
    for snippet in snippets:
        circuits.extend(placed[snippet.circuits.threshold_enable[placed]])
    return np.unique(np.array(circuits, dtype=int))


def _solve(
    snippet: Snippet,
    placed: np.ndarray,
    pattern: FixedPattern,
    extra: Mismatch,
    outcome: Outcome,
    generator: np.random.Generator,
) -> np.ndarray:
    """Solve the networks that do not spike; returns circuits of the others."""
    circuits, duration = snippet.circuits, snippet.end - snippet.begin
    channels = _channels(snippet)
    spiking = placed[circuits.threshold_enable[placed]]
    driven = np.zeros(len(circuits.threshold_enable), dtype=bool)
    driven[snippet.synapses.targets] = True
    unsteady = driven | circuits.adaptation_enable | circuits.exponential_enable
    current = np.where(
        circuits.constant_current_enable,
        physics.constant_current(
            circuits.constant_current_i_offset, circuits.constant_current_type > 0
        )
        * extra.current,
        0.0,
    )
    left: list[np.ndarray] = []
    for wiring in networks(circuits, pattern, [*(p.circuit for p in channels), *spiking]):
        inside = wiring.node >= 0
        own = spiking[inside[spiking]]
        if (unsteady & inside).any():
            left.append(np.flatnonzero(inside))
            continue
        onto = None
        if current[inside].any():
            onto = np.bincount(
                wiring.node[inside], weights=current[inside], minlength=len(wiring.leak)
            )
        varied = execution.vary(wiring, generator, onto)
        inputs = execution.inputs_of(circuits, pattern, extra, wiring, snippet.events, duration)
        thresholds = execution.thresholds_of(circuits, extra, own)
        if len(own) and execution.reaches_threshold(
            thresholds, wiring.node[own], varied, inputs, duration
        ):
            left.append(np.flatnonzero(inside))
            continue
        for probe, times in channels.items():
            if inside[probe.circuit]:
                level = _exact(probe, times, snippet, wiring, varied, inputs, pattern, extra)
                outcome.traces[probe] = (times, _read(probe, level, generator))
    return np.unique(np.concatenate(left)) if left else np.empty(0, dtype=int)


def _exact(
    probe: Probe,
    times: np.ndarray,
    snippet: Snippet,
    wiring: Network,
    varied: execution.Varied,
    inputs: execution.Inputs,
    pattern: FixedPattern,
    extra: Mismatch,
) -> np.ndarray:
    """Potential of a probe in a network that is solved exactly, its readout included."""
    if probe.variable == "v":
        node = wiring.node[probe.circuit]
        potential = varied.level[node] + pattern.readout[probe.circuit]
        potential = potential + execution.response(varied, inputs, [node], times)[0]
        potential += trial.drift_at(varied.drift, times)[0]
        return potential
    drift = trial.drift_at(varied.drift, times)[0]
    if probe.variable == "adaptation":
        return _adaptation_at_rest(snippet.circuits, probe.circuit, pattern, extra) + drift
    receptor = LINES[probe.variable]
    mine = (snippet.events.circuits == probe.circuit) & snippet.events.of_receptor(receptor)
    onsets = snippet.events.times[mine] + SYNAPTIC_DELAY_US
    tau, _ = execution.synaptic_inputs(
        snippet.circuits,
        pattern,
        extra,
        np.array([probe.circuit]),
        np.array([receptor == INHIBITORY]),
    )
    line = np.zeros(len(times))
    for onset, weight in zip(onsets, snippet.events.weights[mine], strict=True):
        after = times >= onset
        line[after] += weight * np.exp(-(times[after] - onset) / tau[0])
    return _line(line) + pattern.readout[probe.circuit] + drift


def _line(amplitude: np.ndarray) -> np.ndarray:
    return physics.LINE_LEVEL_LSB - physics.LINE_LSB_PER_WEIGHT * amplitude


def _adaptation_at_rest(
    circuits: Circuits, circuit: int, pattern: FixedPattern, extra: Mismatch
) -> float:
    """Readout of an adaptation circuit that is off: its reference."""
    level = laws.adaptation_reference(circuits.adaptation_v_ref[circuit])
    level = level + extra.adaptation_reference[circuit]
    return float(level + pattern.readout[circuit])


def _step(
    snippets: Sequence[Snippet],
    left: np.ndarray,
    pattern: FixedPattern,
    extra: Mismatch,
    outcomes: Sequence[Outcome],
    generator: np.random.Generator,
) -> None:
    """Step through what is left, and read its probes."""
    inside = set(left.tolist())
    probes = [[p for p in snippet.probes if p.circuit in inside] for snippet in snippets]
    stretches = [Stretch(s.begin, s.end, s.circuits, s.synapses, s.clocks) for s in snippets]
    variables = {p.variable for some in probes for p in some}
    watched = sorted({p.circuit for some in probes for p in some})
    events = snippets[0].events if len(snippets) == 1 else _joined([s.events for s in snippets])
    courses = stepping.run(stretches, left, pattern, extra, events, watched, variables, generator)
    for snippet, some, course, outcome in zip(snippets, probes, courses, outcomes, strict=True):
        outcome.spikes |= course.spikes
        channels = _channels(snippet)
        for probe in (p for p in channels if p in some):
            times = snippet.begin + channels[probe]
            if probe.variable == "v":
                level = course.potential[probe.circuit]
            elif probe.variable == "adaptation":
                level = course.adaptation[probe.circuit]
            else:
                level = _line(course.lines[probe.circuit, LINES[probe.variable]])
            level = np.interp(times, course.times, level) + pattern.readout[probe.circuit]
            if probe.variable in LINES:  # the others' potentials drift themselves
                drift = trial.DRIFT_LSB * generator.standard_normal((1, 2))
                level += trial.drift_at(drift, times)[0]
            outcome.traces[probe] = (times, _read(probe, level, generator))


def _joined(events: Sequence[Events]) -> Events:
    return Events(
        times=np.concatenate([e.times for e in events]),
        circuits=np.concatenate([e.circuits for e in events]),
        weights=np.concatenate([e.weights for e in events]),
        receptors=np.concatenate(
            [np.where(e.of_receptor(INHIBITORY), INHIBITORY, EXCITATORY) for e in events]
        ),
    )


def _read(probe: Probe, level: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Digitize a potential as the probe's device does."""
    if probe.device == "madc":
        return readout.sample(generator, level)
    noisy = physics.cadc(level + readout.NOISE_LSB * generator.standard_normal(level.shape))
    return np.clip(np.rint(noisy), 0, physics.CADC_LARGEST)
