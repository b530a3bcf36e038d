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
from analog_sbi.chip.pynn.routing import Events
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
    step = net.step
    count = round((end - begin) / step)
    leak = Leak.of(net, state.held)
    arrivals = Arrivals.of(net, state, events, begin, step, count)
    chosen = np.array([net.place[w] for w in watched], dtype=int)
    seen = net.node[chosen]
    keep_potential = np.empty((count + 1, len(chosen)))
    keep_lines = np.empty((count + 1, 2, len(chosen)))
    keep_adaptation = np.empty((count + 1, len(chosen)))
    keep_potential[0] = state.potential[seen]
    keep_lines[0] = state.lines[:, chosen]
    keep_adaptation[0] = state.adaptation[chosen]
    exponential, adapting = net.exponential.any(), (net.w_strength > 0).any()
    moving = adapting or "adaptation" in variables
    lined = any(name.endswith("synin") for name in variables)
    single = net.is_single
    w_decay = np.exp(-net.w_rate * step)
    v, lines = state.potential, state.lines
    soon = min(_next(state.release, state.held), _next(state.ready, np.isinf(state.thresholds)))
    for index in range(count):
        before, now = begin + index * step, begin + (index + 1) * step
        old = v
        if net.half is not None:
            v = net.half @ v
        pull = leak.kernels[0] * lines[0] + leak.kernels[1] * lines[1]
        if not single:
            pull = np.bincount(net.node, weights=pull, minlength=len(v))
        if exponential:
            pull = pull + _exponential(net, state, v) * step
        if adapting:
            flow = net.w_strength * (state.adaptation - net.w_rest)
            pull = pull - net.per_node(flow) / net.capacitance * step
        v = leak.level + (v - leak.level) * leak.decay + pull
        lines = lines * leak.line_decay
        if moving:
            target = net.w_rest + net.w_drive / net.w_rate * (v[net.node] - net.w_from)
            state.adaptation = target + (state.adaptation - target) * w_decay
        if index in arrivals.rows:
            lines, v = arrivals.receive(index, lines, v, state.held)
        if net.half is not None:
            v = net.half @ v
        if now > soon:
            state.potential, state.lines = v, lines
            v = _release(net, state, leak, old, v, before, now)
            soon = min(
                _next(state.release, state.held),
                _next(state.ready, np.isinf(state.thresholds) & np.isfinite(net.thresholds)),
            )
        over = (v if single else v[net.node]) >= state.thresholds
        if np.count_nonzero(over):
            state.potential, state.lines = v, lines
            fired = np.flatnonzero(over)
            times = _fire(net, state, leak, fired, old, before, now, generator)
            v = state.potential
            _send(net, arrivals, fired, times)
            soon = min(soon, state.release[fired].min(), state.ready[fired].min())
        if len(chosen):
            keep_potential[index + 1] = v[seen]
            if lined:
                keep_lines[index + 1] = lines[:, chosen]
            if moving:
                keep_adaptation[index + 1] = state.adaptation[chosen]
    state.potential, state.lines = v, lines
    spikes = {int(k): np.array(sorted(t)) for k, t in state.spikes.items() if t}
    state.spikes.clear()
    return Course(
        times=begin + np.arange(count + 1) * step,
        potential={w: keep_potential[:, i] for i, w in enumerate(watched)},
        lines={(w, r): keep_lines[:, r, i] for i, w in enumerate(watched) for r in range(2)},
        adaptation={w: keep_adaptation[:, i] for i, w in enumerate(watched)},
        spikes=spikes,
    )


def _next(times: np.ndarray, chosen: np.ndarray) -> float:
    return float(times[chosen].min()) if chosen.any() else np.inf


def _exponential(net: Net, state: State, v: np.ndarray) -> np.ndarray:
    """Slope of nodes (L,) by the exponential terms, in LSB / us."""
    on = (net.exponential > 0) & ~(state.held & net.pause)
    current = physics.exponential_current(v[net.node], net.onset, net.exponential)
    return net.per_node(np.where(on, current, 0.0)) / net.capacitance


def _release(
    net: Net,
    state: State,
    leak: Leak,
    old: np.ndarray,
    v: np.ndarray,
    before: float,
    now: float,
) -> np.ndarray:
    """End resets and refractory times that end in this step."""
    ended = np.flatnonzero(state.held & (state.release <= now))
    if len(ended):
        v = v.copy()
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
    ready = np.flatnonzero(np.isinf(state.thresholds) & (state.ready <= now))
    state.thresholds[ready] = net.thresholds[ready] + state.noise[ready]
    return v


def _fire(
    net: Net,
    state: State,
    leak: Leak,
    fired: np.ndarray,
    old: np.ndarray,
    before: float,
    now: float,
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
