"""Networks that spike, adapt or change during a run, in small steps of time.

A node of joined membranes follows

    C dV/dt = sum_k g_k (E_k - V) + I_const + I_exc(t) + I_inh(t) + I_exp(V) - I_w

over its circuits k, where a circuit that has spiked has its reset potential and conductance in the
place of leak potential and conductance (``physics``). Within a step the leak, the currents of the
inputs and their decay are exact, whatever the time of an input within it; resistors between nodes
act in half a step before and after (Strang splitting), the exponential and the adaptation term by
Euler's rule. A threshold is crossed, and a reset ends, within a step, by linear interpolation.
Shapes: L nodes, K circuits in ascending order, T steps. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_sbi.chip import trial
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern
from analog_sbi.chip.pynn import physics
from analog_sbi.chip.pynn.arrivals import Arrivals
from analog_sbi.chip.pynn.membranes import Leak, State
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import RECEPTORS, Events
from analog_sbi.chip.pynn.stretches import Net, Stretch

# Neurons that spike without input run free before a recording starts: ASSUME for so long.
PREROLL_US = 50.0


@dataclass
class Course:
    """What happened: grid ``times`` (T,) of a stretch and, for watched circuits, (T,) each.

    ``potential`` in LSB; ``lines``: the synaptic lines of (circuit, receptor) in weight units;
    ``adaptation`` in LSB. ``spikes``: times in us of every circuit that spiked.
    """

    times: np.ndarray
    potential: dict[int, np.ndarray]
    lines: dict[tuple[int, int], np.ndarray]
    adaptation: dict[int, np.ndarray]
    spikes: dict[int, np.ndarray]


def run(
    stretches: Sequence[Stretch],
    members: np.ndarray,
    pattern: FixedPattern,
    extra: Mismatch,
    events: Events,
    watched: Sequence[int],
    variables: Collection[str],
    generator: np.random.Generator,
) -> list[Course]:
    """Run the circuits ``members`` (K,) and all that conducts to them, stretch after stretch.

    ``variables`` are those that are kept of the watched circuits, beside their potential.
    """
    varied = _varied(pattern, generator)
    state: State | None = None
    courses = []
    for stretch in stretches:
        net = Net.of(stretch, members, varied, extra)
        if state is None:
            state = State.at_rest(net, generator)
            if state.free:
                _advance(
                    net,
                    state,
                    _nothing(events),
                    stretch.begin - PREROLL_US,
                    stretch.begin,
                    (),
                    (),
                    generator,
                )
                state.spikes.clear()
        else:
            state.follow(net)
        inside = events.within(stretch.begin, stretch.end)
        courses.append(
            _advance(net, state, inside, stretch.begin, stretch.end, watched, variables, generator)
        )
    return courses


def _nothing(events: Events) -> Events:
    return events.within(np.inf, np.inf)


def _varied(pattern: FixedPattern, generator: np.random.Generator) -> FixedPattern:
    """The circuits as they are in one run."""
    jitter = generator.standard_normal((2, CIRCUITS))
    return replace(
        pattern,
        leak=pattern.leak * (1 + trial.LEAK_JITTER * jitter[0]),
        axial=pattern.axial * (1 + trial.AXIAL_JITTER * jitter[1]),
    )


class _Kept:
    """What is kept of the watched circuits (P), step after step."""

    def __init__(
        self, net: Net, watched: Sequence[int], variables: Collection[str], count: int
    ) -> None:
        self.watched = watched
        self.places = np.array([net.place[w] for w in watched], dtype=int)
        self.nodes = net.node[self.places]
        self.lined = any(name.endswith("synin") for name in variables)
        self.adapting = "adaptation" in variables
        self.potential = np.empty((count + 1, len(watched)))
        self.lines = np.zeros((count + 1, 2, len(watched)))
        self.adaptation = np.zeros((count + 1, len(watched)))

    def keep(self, index: int, state: State) -> None:
        """Keep a step."""
        if len(self.places):
            self.potential[index] = state.potential[self.nodes]
            if self.lined:
                self.lines[index] = state.lines[:, self.places]
            if self.adapting:
                self.adaptation[index] = state.adaptation[self.places]

    def course(self, times: np.ndarray, spikes: dict[int, np.ndarray]) -> Course:
        """Return what was kept at these times."""
        return Course(
            times=times,
            potential={w: self.potential[:, i] for i, w in enumerate(self.watched)},
            lines={
                (w, receptor): self.lines[:, receptor, i]
                for i, w in enumerate(self.watched)
                for receptor in range(len(RECEPTORS))
            },
            adaptation={w: self.adaptation[:, i] for i, w in enumerate(self.watched)},
            spikes=spikes,
        )


def _advance(
    net: Net,
    state: State,
    events: Events,
    begin: float,
    end: float,
    watched: Sequence[int],
    variables: Collection[str],
    generator: np.random.Generator,
) -> Course:
    """Step from ``begin`` to ``end``; the watched circuits are kept at every step."""
    net = net.stepped(end - begin)
    count = round((end - begin) / net.step)
    leak = Leak.of(net, state.held)
    arrivals = Arrivals.of(net, state, events, begin, net.step, count)
    kept = _Kept(net, watched, variables, count)
    kept.keep(0, state)
    adapting = bool((net.w_strength > 0).any()) or kept.adapting
    single, soon = net.is_single, _soon(net, state)
    for index in range(count):
        before, now = begin + index * net.step, begin + (index + 1) * net.step
        old = state.potential
        _relax(net, state, leak, adapting, single)
        if index in arrivals.rows:
            arrivals.receive(index, state)
        if net.half is not None:
            state.potential = net.half @ state.potential
        if now > soon:
            _release(net, state, leak, old, before, now)
            soon = _soon(net, state)
        over = (state.potential if single else state.potential[net.node]) >= state.thresholds
        if np.count_nonzero(over):
            fired = np.flatnonzero(over)
            times = _fire(net, state, leak, fired, old, before, generator)
            _send(net, arrivals, fired, times)
            soon = min(soon, state.release[fired].min(), state.ready[fired].min())
        kept.keep(index + 1, state)
    spikes = {int(k): np.array(sorted(t)) for k, t in state.spikes.items() if t}
    state.spikes.clear()
    return kept.course(begin + np.arange(count + 1) * net.step, spikes)


def _soon(net: Net, state: State) -> float:
    """Time at which the next reset or refractory time ends."""
    waiting = np.isinf(state.thresholds) & np.isfinite(net.thresholds)
    release, ready = state.release[state.held], state.ready[waiting]
    return min(release.min(initial=np.inf), ready.min(initial=np.inf))


def _relax(net: Net, state: State, leak: Leak, adapting: bool, single: bool) -> None:
    """Relax membranes, lines and adaptation for a step, the first half of the resistors before."""
    v, lines = state.potential, state.lines
    if net.half is not None:
        v = net.half @ v
    pull = leak.kernels[0] * lines[0] + leak.kernels[1] * lines[1]
    if not single:
        pull = np.bincount(net.node, weights=pull, minlength=len(v))
    if net.exponents:
        pull = pull + _exponential(net, state, v) * net.step
    if adapting:
        flow = net.w_strength * (state.adaptation - net.w_rest)
        pull = pull - net.per_node(flow) / net.capacitance * net.step
    v = leak.level + (v - leak.level) * leak.decay + pull
    if adapting:
        target = net.w_rest + net.w_drive / net.w_rate * (v[net.node] - net.w_from)
        decay = np.exp(-net.w_rate * net.step)
        state.adaptation = target + (state.adaptation - target) * decay
    state.potential, state.lines = v, lines * leak.line_decay


def _exponential(net: Net, state: State, v: np.ndarray) -> np.ndarray:
    """Slope of nodes (L,) by the exponential terms, in LSB / us."""
    on = (net.exponential > 0) & ~(state.held & net.pause)
    current = physics.exponential_current(v[net.node], net.onset, net.exponential)
    return net.per_node(np.where(on, current, 0.0)) / net.capacitance


def _release(
    net: Net, state: State, leak: Leak, old: np.ndarray, before: float, now: float
) -> None:
    """End resets and refractory times that end in this step; ``old`` potentials at its begin."""
    ended = np.flatnonzero(state.held & (state.release <= now))
    if len(ended):
        v = state.potential.copy()
        nodes = net.node[ended]
        share = (state.release[ended] - before) / net.step
        part = np.clip(share, 0.0, 1.0)
        level, decay = leak.level[nodes], leak.decay[nodes]
        held = level + (old[nodes] - level) * decay**part
        state.held[ended] = False
        leak.update(state.held, ended)
        rest, decay = leak.level[nodes], leak.decay[nodes]
        pull = (leak.kernels[:, ended] * state.lines[:, ended]).sum(axis=0)
        v[nodes] = rest + (held - rest) * decay ** (1 - part) + pull * (1 - part)
        state.potential = v
    ready = np.flatnonzero(np.isinf(state.thresholds) & (state.ready <= now))
    state.thresholds[ready] = net.thresholds[ready] + state.noise[ready]


def _fire(
    net: Net,
    state: State,
    leak: Leak,
    fired: np.ndarray,
    old: np.ndarray,
    before: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Spike times (F,) of the circuits that crossed their threshold, and their resets."""
    v = state.potential.copy()
    nodes = net.node[fired]
    rise = v[nodes] - old[nodes]
    gap = state.thresholds[fired] - old[nodes]
    share = np.clip(np.where(rise > 0, gap / np.where(rise > 0, rise, 1.0), 0.0), 0.0, 1.0)
    times = before + share * net.step
    state.held[fired] = True
    state.release[fired] = times + net.reset[fired]
    state.ready[fired] = times + net.refractory[fired]
    state.noise[fired] = physics.THRESHOLD_NOISE_LSB * generator.standard_normal(len(fired))
    state.adaptation[fired] += net.w_jump[fired]
    leak.update(state.held, fired)
    level, decay = leak.level[nodes], leak.decay[nodes]
    start = np.minimum(v[nodes], state.thresholds[fired])
    v[nodes] = level + (start - level) * decay ** (1 - share)
    state.potential = v
    state.thresholds[fired] = np.inf
    for k, time in zip(net.members[fired], times, strict=True):
        state.spikes[int(k)].append(float(time))
    return times


def _send(net: Net, arrivals: Arrivals, fired: np.ndarray, times: np.ndarray) -> None:
    """Send spikes over the synapses of the chip."""
    sent = [
        (time + physics.LOOP_DELAY_US + SYNAPTIC_DELAY_US, *net.reach[place])
        for place, time in zip(fired.tolist(), times.tolist(), strict=True)
        if place in net.reach
    ]
    if sent:
        counts = [len(targets) for _, _, targets, _ in sent]
        arrivals.add(
            np.repeat([time for time, *_ in sent], counts),
            np.concatenate([receptors for _, receptors, _, _ in sent]),
            np.concatenate([targets for _, _, targets, _ in sent]),
            np.concatenate([weights for *_, weights in sent]),
        )
