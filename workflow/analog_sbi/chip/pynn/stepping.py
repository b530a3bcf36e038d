"""Networks that spike, adapt or change during a run, in small steps of time.

A node of joined membranes follows

    C dV/dt = sum_k g_k (E_k - V) + I_const + I_exc(t) + I_inh(t) + I_exp(V) - I_w

over its circuits k, where a circuit that has spiked has its reset potential and conductance in the
place of leak potential and conductance (``physics``). Within a step the leak, the currents of the
inputs and their decay are exact, whatever the time of an input within it; resistors between nodes
act in half a step before and after (Strang splitting), the exponential term by the midpoint rule,
the adaptation term by Euler's. The terms are those of ``chip.adex.laws``, and what differs from run
to run is as in ``chip.adex.mismatch``: potentials drift, a noise moves every membrane. A threshold
is crossed, and a reset ends, within a step, by linear interpolation.
Shapes: L nodes, K circuits in ascending order, T steps. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analog_sbi.chip import capmem, trial
from analog_sbi.chip.adex import laws
from analog_sbi.chip.adex import mismatch as of_neurons
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern
from analog_sbi.chip.pynn import arrivals
from analog_sbi.chip.pynn import mismatch as of_chips
from analog_sbi.chip.pynn.membranes import State
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import RECEPTORS, Events
from analog_sbi.chip.pynn.stretches import Net, Stretch

# Neurons whose leak lies above their threshold run free before a recording starts: ASSUME for so
# long. Neurons that adapt start at rest, and at their leak potential where they have none.
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
    own = of_chips.varied(extra, generator)
    state: State | None = None
    courses = []
    for stretch in stretches:
        net = Net.of(stretch, members, varied, own)
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
    # the compiler takes a while to import, and networks that do not spike need no steps
    from analog_sbi.chip.pynn import steps

    net = net.stepped(end - begin)
    count = round((end - begin) / net.step)
    inputs = arrivals.arriving(net, state, events, begin, count)
    places = np.array([net.place[w] for w in watched], dtype=int)
    kept = _kept(state, net, places, count)
    times, fired = steps.advance(
        (begin, net.step, arrivals.WAY_US, count),
        _by_node(net),
        (
            net.capacitance,
            net.floating,
            net.floating_drive,
            net.leak,
            net.drive,
            net.current,
            net.rates,
            net.gains,
            net.pause.astype(bool),
        ),
        (net.thresholds, net.refractory, net.reset, net.w_jump),
        (_noise(net, count, generator), of_neurons.NOISE_BLOCK_US),
        (*laws.ADAPTATION_RAILS, *laws.MEMBRANE_RAILS),
        _adapting(net, "adaptation" in variables),
        _exponential(net),
        np.empty((0, 0)) if net.half is None else np.ascontiguousarray(net.half),
        net.rate,
        (net.reach.starts, net.reach.receptors, net.reach.targets, net.reach.weights),
        (inputs.starts, inputs.lines, inputs.rises, inputs.nodes, inputs.pulls),
        (of_neurons.THRESHOLD_NOISE_LSB, generator),
        (
            state.potential,
            state.lines,
            state.adaptation,
            state.held,
            state.release,
            state.ready,
            state.thresholds,
            state.noise,
        ),
        (places, *kept),
    )
    state.pending += arrivals.on_their_way(net, times, fired, begin, count)
    potential, lines, adaptation = kept
    return Course(
        times=begin + np.arange(count + 1) * net.step,
        potential={w: potential[:, i] for i, w in enumerate(watched)},
        lines={
            (w, receptor): lines[:, receptor, i]
            for i, w in enumerate(watched)
            for receptor in range(len(RECEPTORS))
        },
        adaptation={w: adaptation[:, i] for i, w in enumerate(watched)},
        spikes={int(net.members[k]): np.sort(times[fired == k]) for k in np.unique(fired)},
    )


def _kept(
    state: State, net: Net, places: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Room for potential (T + 1, P), lines (T + 1, 2, P) and adaptation, with the first of each."""
    potential = np.empty((count + 1, len(places)))
    lines = np.empty((count + 1, len(RECEPTORS), len(places)))
    adaptation = np.empty((count + 1, len(places)))
    potential[0] = state.potential[net.node[places]]
    lines[0] = state.lines[:, places]
    adaptation[0] = state.adaptation[places]
    return potential, lines, adaptation


def _by_node(net: Net) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Node of circuits (K,), and circuits (K,) in the order of nodes with starts (L + 1,)."""
    order = np.argsort(net.node, kind="stable")
    starts = np.searchsorted(net.node[order], np.arange(len(net.capacitance) + 1))
    return net.node, starts, order


def _adapting(net: Net, wanted: bool) -> tuple[np.ndarray, ...]:
    """What moves the adaptation states; empty where none acts and none is ``wanted``."""
    values = (net.w_rate, net.w_rest, net.w_from, net.w_drive, net.w_strength)
    if wanted or (net.w_strength > 0).any():
        return values
    return tuple(x[:0] for x in values)


def _exponential(net: Net) -> tuple[np.ndarray, np.ndarray, float]:
    """Largest currents and onsets of circuits, empty if none has the term; its slope."""
    some = slice(None) if net.exponential.any() else slice(0)
    return net.exponential[some], net.onset[some], laws.EXPONENTIAL_SLOPE_LSB


def _noise(net: Net, count: int, generator: np.random.Generator) -> np.ndarray:
    """Slopes (B, L) in LSB/us by which a noise moves nodes, constant over blocks of time."""
    blocks = int(np.ceil(count * net.step / of_neurons.NOISE_BLOCK_US - 1e-9))
    size = of_neurons.NOISE_LSB_PER_US * capmem.REFERENCE_PF / net.capacitance
    return size * generator.standard_normal((blocks, len(net.capacitance)))
