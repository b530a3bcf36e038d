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

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import expm

from analog_sbi.chip import capmem, circuit, trial
from analog_sbi.chip.emulation import SYNAPTIC_DELAY_US
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern
from analog_sbi.chip.pynn import execution, physics, topology
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, RECEPTORS, Events, Synapses
from analog_sbi.chip.pynn.topology import Circuits

STEP_US = 0.25
EXPONENTIAL_STEP_US = 0.05
# Neurons that spike without input run free before a recording starts: ASSUME for so long.
PREROLL_US = 50.0


@dataclass(frozen=True)
class Stretch:
    """A time in which the configuration stays: ``begin`` and ``end`` in us.

    ``clocks`` (512, 2): periods of the slow and the fast clock of every circuit's back end.
    """

    begin: float
    end: float
    circuits: Circuits
    synapses: Synapses
    clocks: np.ndarray


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
    state: _State | None = None
    courses = []
    for stretch in stretches:
        net = _Net.of(stretch, members, varied, extra)
        if state is None:
            state = _State.at_rest(net, generator)
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


@dataclass(frozen=True)
class _Net:
    """A stretch's network and circuits. Of circuits (K,), where nothing else is said.

    ``rate``, ``level`` of a node depend on which circuits are reset: ``leak`` and ``drive`` hold
    conductance and conductance times potential of every circuit, in leak (row 0) and reset (1).
    """

    stretch: Stretch
    members: np.ndarray
    place: np.ndarray  # (512,): place of a circuit in members, -1 for others
    node: np.ndarray
    capacitance: np.ndarray  # (L,)
    floating: np.ndarray  # (L,): conductance of nodes without any leak
    floating_drive: np.ndarray  # (L,)
    coupling: np.ndarray | None  # (L, L)
    half: np.ndarray | None  # (L, L): what resistors do in half a step
    leak: np.ndarray  # (2, K)
    drive: np.ndarray  # (2, K)
    current: np.ndarray
    rates: np.ndarray  # (2, K): of the synaptic inputs
    gains: np.ndarray  # (2, K): current per weight unit, signed; 0 for a disabled input
    thresholds: np.ndarray  # inf for a disabled comparator
    refractory: np.ndarray
    reset: np.ndarray  # length of the reset
    pause: np.ndarray
    onset: np.ndarray
    exponential: np.ndarray  # code, 0 where the term is off
    w_rate: np.ndarray  # of the adaptation state
    w_rest: np.ndarray
    w_from: np.ndarray  # membrane potential that leaves the state at rest
    w_drive: np.ndarray
    w_jump: np.ndarray
    w_strength: np.ndarray  # current per LSB of the state, 0 where adaptation is off
    step: float
    rate: np.ndarray  # (L,): of nodes without reset
    # receptors, places and weights of what a circuit's spikes reach, by its place
    reach: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, stretch: Stretch, seen: np.ndarray, pattern: FixedPattern, extra: Mismatch) -> _Net:
        codes = stretch.circuits
        wiring = topology.network_of(codes, pattern, seen)
        k = np.flatnonzero(wiring.node >= 0)
        node = wiring.node[k]
        count = len(wiring.leak)
        leak, rest = topology.leaks(codes, pattern)
        reset_mode = codes.reset_enable_multiplication.astype(int) - codes.reset_enable_division
        held = physics.reset_conductance(codes.reset_i_bias, reset_mode)[k] * pattern.leak[k]
        reset_level = physics.reset(codes.reset_v_reset[k]) + extra.reset[k]
        own = np.bincount(node, weights=leak[k], minlength=count)
        floating = np.where(own > 0, 0.0, wiring.leak)
        exponential = np.where(codes.exponential_enable, codes.exponential_i_bias, 0.0)[k]
        step = EXPONENTIAL_STEP_US if exponential.any() else STEP_US
        step = _even(stretch.end - stretch.begin, step)
        coupling = wiring.coupling(np.ones(len(wiring.axial))) if len(wiring.axial) else None
        half = None
        if coupling is not None:
            laplacian = np.diag(coupling.sum(axis=1)) - coupling
            half = expm(-laplacian / wiring.capacitance[:, None] * step / 2)
        tau, gains = _synaptic(codes, pattern, extra, k)
        clock = codes.refractory_period_input_clock[k].astype(int)
        refractory, reset = physics.refractory_us(
            codes.refractory_period_refractory_time[k],
            codes.refractory_period_reset_holdoff[k],
            stretch.clocks[k, clock],
        )
        adapting = codes.adaptation_enable[k]
        current = physics.constant_current(
            codes.constant_current_i_offset, codes.constant_current_type > 0
        )
        place = np.full(CIRCUITS, -1)
        place[k] = np.arange(len(k))
        sources = np.unique(stretch.synapses.sources)
        return cls(
            stretch=stretch,
            members=k,
            place=place,
            node=node,
            capacitance=wiring.capacitance,
            floating=floating,
            floating_drive=floating * wiring.potential,
            coupling=coupling,
            half=half,
            leak=np.stack([leak[k], held]),
            drive=np.stack([leak[k] * rest[k], held * reset_level]),
            current=np.where(codes.constant_current_enable, current * extra.current, 0.0)[k],
            rates=1 / tau,
            gains=gains,
            thresholds=np.where(
                codes.threshold_enable[k], execution.thresholds_of(codes, extra, k), np.inf
            ),
            refractory=refractory,
            reset=reset,
            pause=codes.refractory_period_enable_pause[k],
            onset=capmem.rest_potential(codes.exponential_v_exp)[k] + extra.onset[k],
            exponential=exponential,
            w_rate=1 / physics.adaptation_tau(codes.adaptation_i_bias_tau[k]),
            w_rest=capmem.rest_potential(codes.adaptation_v_ref)[k],
            w_from=capmem.rest_potential(codes.adaptation_v_leak)[k] + pattern.rest[k],
            w_drive=extra.adaptation[k]
            * physics.adaptation_drive(codes.adaptation_i_bias_a, codes.adaptation_invert_a)[k],
            w_jump=np.where(
                codes.adaptation_enable_pulse,
                physics.adaptation_jump(codes.adaptation_i_bias_b, codes.adaptation_invert_b),
                0.0,
            )[k],
            w_strength=np.where(
                adapting, physics.ADAPTATION_RATE_PER_US * wiring.capacitance[node], 0.0
            ),
            step=step,
            rate=(own + floating) / wiring.capacitance,
            reach={
                int(place[s]): _reached(stretch.synapses, int(s), place)
                for s in sources
                if place[s] >= 0
            },
        )


def _reached(
    synapses: Synapses, source: int, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receptors, places and weights of what a circuit's spikes reach."""
    mine = (synapses.sources == source) & (place[synapses.targets] >= 0)
    return synapses.receptors[mine], place[synapses.targets[mine]], synapses.weights[mine]


def _even(duration: float, step: float) -> float:
    """Step not above ``step`` that divides ``duration``."""
    return duration / max(1, int(np.ceil(duration / step - 1e-9)))


def _synaptic(
    codes: Circuits, pattern: FixedPattern, extra: Mismatch, k: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Time constants and signed currents per weight unit of both receptors, each (2, K)."""
    taus, gains = [], []
    for receptor, enabled in (
        (EXCITATORY, codes.excitatory_input_enable),
        (INHIBITORY, codes.inhibitory_input_enable),
    ):
        kind = np.full(len(k), receptor == INHIBITORY)
        tau, (strength, factor) = execution.synaptic_inputs(codes, pattern, extra, k, kind)
        taus.append(tau)
        gains.append(np.where(enabled[k], capmem.synaptic_current(strength, 1.0) * factor, 0.0))
    return np.array(taus), np.array(gains)


@dataclass
class _State:
    """State between two steps: of nodes (L,) and of circuits (K,)."""

    net: _Net
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
    def at_rest(cls, net: _Net, generator: np.random.Generator) -> _State:
        """Steady state without inputs; neurons that spike by themselves are anywhere below."""
        count = len(net.members)
        adapting = net.w_strength * net.w_drive / net.w_rate
        conductance = _per_node(net, net.leak[0] + adapting) + net.floating
        drive = (
            _per_node(net, net.drive[0] + net.current + adapting * net.w_from) + net.floating_drive
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

    def follow(self, net: _Net) -> None:
        """Go on with another configuration: charge stays where it is."""
        old = self.net
        before = np.full(CIRCUITS, np.nan)
        before[old.members] = self.potential[old.node]
        potential = before[net.members]
        missing = np.isnan(potential)
        rest = net.drive[0] / np.where(net.leak[0] > 0, net.leak[0], 1.0)
        potential = np.where(missing, rest, potential)
        charge = net.stretch.circuits.membrane_capacitance_capacitance[net.members] + 1.0
        weight = _per_node(net, charge)
        joined = _per_node(net, charge * potential)
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


def _per_node(net: _Net, values: np.ndarray) -> np.ndarray:
    """Sum of circuits (K,) over nodes (L,)."""
    return np.bincount(net.node, weights=values, minlength=len(net.capacitance))


@dataclass
class _Leak:
    """What a step does to nodes (L,) as long as the same circuits are reset.

    ``decay`` towards ``level`` in a step, ``rate`` in 1/us, and ``kernels`` (2, K): potential at
    the end of a step per unit of synaptic current at its beginning.
    """

    net: _Net
    rate: np.ndarray
    level: np.ndarray
    decay: np.ndarray
    kernels: np.ndarray
    line_decay: np.ndarray

    table: tuple[np.ndarray, ...] | None = None  # of both states, where nodes are circuits

    @classmethod
    def of(cls, net: _Net, held: np.ndarray) -> _Leak:
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
        if _single(net):
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


def _advance(
    net: _Net,
    state: _State,
    events: Events,
    begin: float,
    end: float,
    watched: Sequence[int],
    variables: Collection[str],
    generator: np.random.Generator,
) -> Course:
    """Step from ``begin`` to ``end``; the watched circuits are kept at every step."""
    step = _even(end - begin, net.step)
    if step != net.step:
        net = replace(net, step=step)
        if net.coupling is not None:
            laplacian = np.diag(net.coupling.sum(axis=1)) - net.coupling
            net = replace(net, half=expm(-laplacian / net.capacitance[:, None] * step / 2))
    count = round((end - begin) / step)
    leak = _Leak.of(net, state.held)
    arrivals = _Arrivals.of(net, state, events, begin, step, count)
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
    single = _single(net)
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
            pull = pull - _per_node(net, flow) / net.capacitance * step
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


def _single(net: _Net) -> bool:
    """Whether every node is one circuit, in their order."""
    return len(net.node) == len(net.capacitance) and bool((np.diff(net.node) == 1).all())


def _next(times: np.ndarray, chosen: np.ndarray) -> float:
    return float(times[chosen].min()) if chosen.any() else np.inf


def _exponential(net: _Net, state: _State, v: np.ndarray) -> np.ndarray:
    """Slope of nodes (L,) by the exponential terms, in LSB / us."""
    on = (net.exponential > 0) & ~(state.held & net.pause)
    current = physics.exponential_current(v[net.node], net.onset, net.exponential)
    return _per_node(net, np.where(on, current, 0.0)) / net.capacitance


@dataclass
class _Arrivals:
    """Inputs that arrive in each of the coming steps of a stretch.

    An input is its line (receptor K + circuit), what it adds to the line by the end of its step,
    its node, and what it adds to the potential there.
    """

    net: _Net
    state: _State
    begin: float
    step: float
    count: int
    rows: dict[int, list[tuple[np.ndarray, ...]]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, net: _Net, state: _State, events: Events, begin: float, step: float, count: int
    ) -> _Arrivals:
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

    def receive(
        self, index: int, lines: np.ndarray, v: np.ndarray, held: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lines and potentials at the end of a step with inputs in it."""
        flat, v = lines.ravel(), v.copy()
        for line, rise, nodes, pull in self.rows.pop(index):
            np.add.at(flat, line, rise)
            np.add.at(v, nodes, np.where(held[line % len(held)], 0.0, pull))
        return flat.reshape(lines.shape), v


def _release(
    net: _Net,
    state: _State,
    leak: _Leak,
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
    net: _Net,
    state: _State,
    leak: _Leak,
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


def _send(net: _Net, arrivals: _Arrivals, fired: np.ndarray, times: np.ndarray) -> None:
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
