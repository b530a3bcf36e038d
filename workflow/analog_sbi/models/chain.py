"""The compartment chain: leak and axial conductances in, heights and traces out.

A chain of ``L`` compartments has ``L`` leak conductances and ``L - 1`` axial ones, which are the
inputs of its backends. Inputs arrive in one compartment after another; the height h_ij is what the
input to compartment j does to the potential of compartment i (paper, section 2.1).

The compartments may be a tree as well (``models.tree``), whose axial conductances are those of its
links. A backend may have further inputs, which are as it is configured unless a parameterization
names them: the weight of the synapses and a shift of the leak potential, of all compartments.
Shapes: N parameter sets, L compartments, T samples, I inputs, 2 L - 1 of them conductances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from analog_sbi.errors import ModelError, UnavailableError
from analog_sbi.models import Features, Mapped, Model, Signal, Signals, Traces, Values
from analog_sbi.models.decay import FitBounds, decay_constant
from analog_sbi.models.tree import MIN_LENGTH, Tree
from analog_sbi.space import Space

SEPARATED = 10  # compartments from which on their numbers have two digits
LEAST_SAMPLES = 5  # ASSUME after an input, whose PSP rises within some 10 us and falls within 20

# Bounds of the exponential fit by the unit of the heights, in compartments and that unit. On BSS-2
# those of the original experiment (model-hw-mc-attenuation). In Arbor an offset within 1e-5 mV
# (original study), because heights carry no bias from noise there; an amplitude never exceeds the
# distance to the reversal.
FIT_BOUNDS = {
    "MADC LSB": FitBounds(tau=20.0, offset=10.0, amplitude=1022.0),
    "mV": FitBounds(tau=20.0, offset=1e-5, amplitude=1000.0),
}

READOUT = {"MADC LSB": (0.0, 1023.0)}
"""Range of potentials by their unit, where the readout has one: the MADC has 10 bit."""


def pair(i: int, j: int, length: int) -> str:
    """Numbers of two compartments in a name: ``01``, or ``0_1`` where two digits occur."""
    return f"{i}_{j}" if length >= SEPARATED else f"{i}{j}"


def height_name(i: int, j: int, length: int) -> str:
    """Name of the height in compartment i after an input to j."""
    return f"h_{pair(i, j, length)}"


def height_names(length: int) -> list[str]:
    """Names of the heights, row-major: measured compartment, then input compartment."""
    return [height_name(i, j, length) for i in range(length) for j in range(length)]


def trace_names(length: int) -> list[str]:
    """Columns of recorded potentials, one a compartment."""
    return [f"v_{i}" for i in range(length)]


Range = tuple[float, float, str]
"""Lowest and highest value of an input, and its unit."""
LEAK, AXIAL = "g_leak", "g_axial"
WEIGHT, LEAK_POTENTIAL = "weight", "leak_potential"
FURTHER = (WEIGHT, LEAK_POTENTIAL)
"""Inputs that a backend may have beside conductances, in their order."""


def input_space(
    length: int,
    leak: tuple[float, float],
    axial: tuple[float, float],
    units: tuple[str, str],
    tree: Tree | None = None,
    further: Mapping[str, Range] | None = None,
) -> Space:
    """Space of the inputs from the ranges and units of leak and axial conductances.

    Of a chain, or of a ``tree`` of ``length`` compartments; with ``further`` inputs, if there are
    any. Raises ValueError for less than two compartments.
    """
    if length < MIN_LENGTH:
        raise ValueError(f"a chain has at least {MIN_LENGTH} compartments, found {length}")
    links = (tree or Tree.of(length)).links.tolist()
    names = [f"{LEAK}_{i}" for i in range(length)]
    names += [f"{AXIAL}_{pair(i, j, length)}" for i, j in links]
    counts = (length, length - 1)
    low, high = (np.repeat(bounds, counts) for bounds in zip(leak, axial, strict=True))
    unit = (units[0],) * counts[0] + (units[1],) * counts[1]
    more = {name: (further or {})[name] for name in FURTHER if name in (further or {})}
    return Space(
        (*names, *more),
        (*unit, *(part[2] for part in more.values())),
        np.append(low, [part[0] for part in more.values()]),
        np.append(high, [part[1] for part in more.values()]),
    )


def signals(length: int, unit: str, time_unit: str, tree: Tree | None = None) -> dict[str, Signal]:
    """What backends return of a chain: heights, or traces, their times and those of the inputs."""
    low, high = READOUT.get(unit, (-np.inf, np.inf))
    parents = () if tree is None or tree.is_chain else tree.parents
    return {
        "heights": Signal((length, length), unit, limits=(low - high, high - low), parents=parents),
        "traces": Signal((length, None), unit, limits=(low, high), parents=parents),
        "time": Signal((None,), time_unit),
        "arrivals": Signal((length,), time_unit),
    }


def tree_of(face: Signals) -> Tree:
    """Tree of the compartments that signals are of."""
    return Tree.of(_length(face), face["heights"].parents or None)


def conductances(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leak (N, L) and axial (N, L - 1) conductances of inputs that are no more (N, 2 L - 1)."""
    inputs = np.atleast_2d(np.asarray(inputs, dtype=float))
    length = (inputs.shape[1] + 1) // 2
    return inputs[:, :length], inputs[:, length:]


@dataclass(frozen=True)
class Inputs:
    """Inputs by their kind: ``leak`` (N, L), ``axial`` (N, L - 1), ``further`` (N,) by name."""

    leak: np.ndarray
    axial: np.ndarray
    further: Mapping[str, np.ndarray]


def inputs_of(space: Space, inputs: np.ndarray, configured: Mapping[str, float]) -> Inputs:
    """Inputs (N, I) of a backend by their kind.

    Further inputs that are left out or NaN are as ``configured``.
    """
    inputs = np.atleast_2d(np.asarray(inputs, dtype=float))
    count = 2 * length_of(space) - 1
    leak, axial = conductances(inputs[:, :count])
    given = dict(zip(space.names[count:], inputs.T[count:], strict=False))
    nothing = np.full(len(inputs), np.nan)
    columns = {name: (given.get(name, nothing), value) for name, value in configured.items()}
    return Inputs(
        leak,
        axial,
        {name: np.where(np.isnan(own), value, own) for name, (own, value) in columns.items()},
    )


def length_of(inputs: Space) -> int:
    """Number of compartments with these inputs."""
    return sum(name.startswith(f"{LEAK}_") for name in inputs.names)


def shared(inputs: Space) -> Mapped:
    """One leak and one axial conductance for all compartments: D = 2."""
    length = length_of(inputs)
    first = inputs.select([inputs.names[0], inputs.names[length]])
    space = Space((LEAK, AXIAL), first.units, first.low, first.high)

    def expand(theta: np.ndarray) -> np.ndarray:
        return np.repeat(theta, (length, length - 1), axis=1)

    return Mapped(space, expand)


def individual(inputs: Space) -> Mapped:
    """A conductance for every circuit: D = 2 L - 1."""
    space = inputs.select(inputs.names[: 2 * length_of(inputs) - 1])
    return Mapped(space, lambda theta: theta)


def with_further(
    make: Callable[[Space], Mapped], names: tuple[str, ...]
) -> Callable[[Space], Mapped]:
    """Parameterization of conductances and, after those, of further inputs.

    It raises UnavailableError where the backend lacks one of these.
    """

    def made(inputs: Space) -> Mapped:
        for name in names:
            if name not in inputs.names:
                raise UnavailableError(
                    f"parameters: expected a backend with the input {name}, found one with "
                    f"{', '.join(inputs.names)}"
                )
        conducting, more = make(inputs), inputs.select(names)
        count = 2 * length_of(inputs) - 1
        places = [inputs.names.index(name) for name in names]
        space = Space(
            (*conducting.space.names, *names),
            (*conducting.space.units, *more.units),
            np.append(conducting.space.low, more.low),
            np.append(conducting.space.high, more.high),
        )

        def expand(theta: np.ndarray) -> np.ndarray:
            whole = np.full((len(theta), len(inputs)), np.nan)
            whole[:, :count] = conducting(theta[:, : -len(names)])
            whole[:, places] = theta[:, -len(names) :]
            return whole

        return Mapped(space, expand)

    return made


def extract_heights(time: np.ndarray, traces: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """PSP heights (..., L inputs) of traces (..., T) at increasing times (T,).

    The window of an input reaches from midpoint to midpoint between the spikes (L,); the height
    is the maximum in the window minus the mean before the spike in that window.
    """
    middles = (spikes[1:] + spikes[:-1]) / 2
    edges = [0, *np.searchsorted(time, middles), len(time)]
    columns = []
    for (start, end), spike in zip(pairwise(edges), np.searchsorted(time, spikes), strict=True):
        before = traces[..., start:spike].mean(axis=-1)
        columns.append(traces[..., start:end].max(axis=-1) - before)
    return np.stack(columns, axis=-1)


def spike_times(interval: float, length: int) -> np.ndarray:
    """Times (L,) of the inputs, ``interval`` apart: the first after half of it."""
    return interval * (np.arange(length) + 0.5)


def all_heights(face: Signals) -> Features:
    """H: every height, row-major."""
    heights = face["heights"]
    names = tuple(height_names(_length(face)))
    return Features(
        names, (heights.unit,) * len(names), ("heights",), lambda s: _flat(s["heights"])
    )


def first_heights(face: Signals) -> Features:
    """F: the heights in all compartments after an input to compartment 0."""
    heights, length = face["heights"], _length(face)
    names = tuple(height_name(i, 0, length) for i in range(length))
    return Features(names, (heights.unit,) * length, ("heights",), lambda s: s["heights"][:, :, 0])


def relative_heights(face: Signals) -> Features:
    """Heights after an input to compartment 0 relative to that in compartment 0: without a scale.

    Missing where compartment 0 does not respond.
    """
    length = _length(face)
    names = tuple(f"r_{pair(i, 0, length)}" for i in range(1, length))

    def ratios(values: Values) -> np.ndarray:
        heights = values["heights"][:, :, 0]
        first = np.where(heights[:, :1] > 0, heights[:, :1], np.nan)
        return heights[:, 1:] / first

    return Features(names, ("1",) * len(names), ("heights",), ratios)


def tau(face: Signals) -> Features:
    """Decay constant of the exponential fit to F, in compartments; raises of a tree."""
    unit = face["heights"].unit
    if not tree_of(face).is_chain:
        raise UnavailableError(
            "observable: tau: expected a chain, along which heights decay, found compartments "
            f"with the parents {tree_of(face)} (chain.parents)"
        )
    if unit not in FIT_BOUNDS:
        known = " or ".join(FIT_BOUNDS)
        raise ModelError(f"observable tau: expected heights in {known}, found {unit}")
    bounds = FIT_BOUNDS[unit]

    def fit(values: Values) -> np.ndarray:
        return decay_constant(values["heights"][:, :, 0], bounds)[:, None]

    return Features(("tau",), ("compartments",), ("heights",), fit)


def width(face: Signals) -> Features:
    """Time for which the response of each compartment to input 0 is above half of its height."""
    return _timed(face, "width", lambda rise, fall, arrival: fall - rise)


def latency(face: Signals) -> Features:
    """Time from input 0 to half of the height of its response, in each compartment."""
    return _timed(face, "latency", lambda rise, fall, arrival: rise - arrival)


def rest(face: Signals) -> Features:
    """Mean potential of each compartment before the first input."""
    names = tuple(f"rest_{i}" for i in range(_length(face)))

    def mean(values: Values) -> np.ndarray:
        before = values["time"] < values["arrivals"][:, :1]
        counts = before.sum(axis=1)[:, None]
        return (values["traces"] * before[:, None]).sum(axis=2) / np.where(counts, counts, np.nan)

    return Features(
        names, (face["traces"].unit,) * len(names), ("traces", "time", "arrivals"), mean
    )


def _timed(
    face: Signals,
    name: str,
    of: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> Features:
    length = _length(face)
    names = tuple(f"{name}_{pair(i, 0, length)}" for i in range(length))

    def times(values: Values) -> np.ndarray:
        arrivals = values["arrivals"]
        rows = zip(values["time"], values["traces"], arrivals, strict=True)
        crossed = np.stack([half_height(*row) for row in rows])
        return of(crossed[..., 0], crossed[..., 1], arrivals[:, :1])

    needs = ("traces", "time", "arrivals")
    return Features(names, (face["time"].unit,) * length, needs, times)


def half_height(time: np.ndarray, traces: np.ndarray, spikes: np.ndarray) -> np.ndarray:
    """When traces (L, T) first pass half of the height of input 0, and fall below it: (L, 2).

    Within the window of the input (see ``extract_heights``), between samples by a line; NaN where
    a trace is not measured, does not respond, or has not fallen by the end of the window.
    """
    found = np.full((len(traces), 2), np.nan)
    if not (np.isfinite(time).all() and np.isfinite(spikes).all()):
        return found
    start = int(np.searchsorted(time, spikes[0]))
    end = int(np.searchsorted(time, (spikes[0] + spikes[1]) / 2))
    for row, trace in enumerate(traces):
        above = trace[:end] - trace[:start].mean()
        peak = start + int(np.argmax(above[start:])) if end > start else 0
        half = above[peak] / 2
        if not half > 0 or start == 0:
            continue
        rise = start + int(np.argmax(above[start:] >= half))
        below = np.flatnonzero(above[peak:] < half)
        found[row, 0] = _crossing(time, above, rise, half)
        if len(below):
            found[row, 1] = _crossing(time, above, peak + int(below[0]), half)
    return found


def _crossing(time: np.ndarray, values: np.ndarray, index: int, level: float) -> float:
    """Time at which a line from the sample before ``index`` to that there is at a level."""
    before, after = values[index - 1], values[index]
    share = (level - before) / (after - before) if after != before else 1.0
    return float(time[index - 1] + np.clip(share, 0, 1) * (time[index] - time[index - 1]))


def recorded(time: np.ndarray, traces: np.ndarray, spikes: np.ndarray) -> dict[str, np.ndarray]:
    """All signals of traces (N, L, T) at times (T,), with inputs at ``spikes`` (L,)."""
    return {
        "heights": extract_heights(time, traces, spikes),
        "traces": traces,
        "time": np.broadcast_to(time, (len(traces), len(time))),
        "arrivals": np.broadcast_to(spikes, (len(traces), len(spikes))),
    }


def axes(inputs: Space, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Even steps over the ranges of leak and of axial conductance, each (steps,)."""
    space = shared(inputs).space
    leak, axial = (np.linspace(*space.limits(name), steps) for name in space.names)
    return leak, axial


def _length(face: Signals) -> int:
    size = face["heights"].shape[0]
    assert size is not None
    return size


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def _of_file(time: np.ndarray, traces: np.ndarray, settings: Mapping[str, Any]) -> Values:
    """Signals of recorded traces; raises ModelError unless they have samples around every input.

    At least one before each and LEAST_SAMPLES after it, of which the maximum is taken.
    """
    spikes = spike_times(settings["spike_interval"], traces.shape[1])
    middles = (spikes[1:] + spikes[:-1]) / 2
    between = np.sort(np.concatenate([spikes, middles]))
    if not np.diff([0, *np.searchsorted(time, between), len(time)]).all():
        raise ModelError(
            f"expected samples before and after every input, from {spikes[0]:g} to "
            f"{spikes[-1]:g}, found times from {time.min():g} to {time.max():g}"
        )
    last = spikes[-1] + settings["spike_interval"] / 2
    ends = np.append(middles, last)
    counts = np.diff(np.searchsorted(time, [spikes, ends]), axis=0)[0]
    if counts.min() < LEAST_SAMPLES:
        raise ModelError(
            f"expected at least {LEAST_SAMPLES} samples in the "
            f"{settings['spike_interval'] / 2:g} after every input, found {counts.min()} after "
            f"that at {spikes[counts.argmin()]:g}"
        )
    return recorded(time, traces, spikes)


def _and_further(
    makers: Mapping[str, Callable[[Space], Mapped]],
) -> dict[str, Callable[[Space], Mapped]]:
    """Parameterizations with each choice of further inputs: ``global_weight``."""
    every = [names for count in (1, 2) for names in combinations(FURTHER, count)]
    return {
        "_".join((key, *names)): with_further(make, names)
        for names in every
        for key, make in makers.items()
    }


CONDUCTANCES: dict[str, Callable[[Space], Mapped]] = {
    "global": shared,
    "individual": individual,
}

MODEL = Model(
    parameterizations=CONDUCTANCES | _and_further(CONDUCTANCES),
    observables={
        "tau": tau,
        "first": first_heights,
        "relative": relative_heights,
        "all": all_heights,
        "width": width,
        "latency": latency,
        "rest": rest,
    },
    tabulated=("all", "tau"),
    stored={"heights": "all"},
    traces=Traces(columns=lambda face: trace_names(_length(face)), signals=_of_file),
)
