"""The compartment chain: leak and axial conductances in, heights and traces out.

A chain of ``L`` compartments has ``L`` leak conductances and ``L - 1`` axial ones, which are the
inputs of its backends. Inputs arrive in one compartment after another; the height h_ij is what the
input to compartment j does to the potential of compartment i (paper, section 2.1).
Shapes: N parameter sets, L compartments, T samples, I = 2 L - 1 inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from analog_sbi.errors import ModelError
from analog_sbi.models import Features, Mapped, Model, Signal, Signals, Traces, Values
from analog_sbi.models.decay import FitBounds, decay_constant
from analog_sbi.space import Space

MIN_LENGTH = 2
SEPARATED = 10  # compartments from which on their numbers have two digits

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


def input_space(
    length: int,
    leak: tuple[float, float],
    axial: tuple[float, float],
    units: tuple[str, str],
) -> Space:
    """Space of a chain's conductances from the ranges and units of leak and axial ones.

    Raises ValueError for a chain shorter than two compartments.
    """
    if length < MIN_LENGTH:
        raise ValueError(f"a chain has at least {MIN_LENGTH} compartments, found {length}")
    names = [f"g_leak_{i}" for i in range(length)]
    names += [f"g_axial_{pair(i, i + 1, length)}" for i in range(length - 1)]
    counts = (length, length - 1)
    low, high = (np.repeat(bounds, counts) for bounds in zip(leak, axial, strict=True))
    unit = (units[0],) * counts[0] + (units[1],) * counts[1]
    return Space(tuple(names), unit, low, high)


def signals(length: int, unit: str, time_unit: str) -> dict[str, Signal]:
    """What backends return of a chain: heights, or traces, their times and those of the inputs."""
    low, high = READOUT.get(unit, (-np.inf, np.inf))
    return {
        "heights": Signal((length, length), unit, limits=(low - high, high - low)),
        "traces": Signal((length, None), unit, limits=(low, high)),
        "time": Signal((None,), time_unit),
        "arrivals": Signal((length,), time_unit),
    }


def conductances(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leak (N, L) and axial (N, L - 1) conductances of inputs (N, 2 L - 1)."""
    inputs = np.atleast_2d(np.asarray(inputs, dtype=float))
    length = (inputs.shape[1] + 1) // 2
    return inputs[:, :length], inputs[:, length:]


def length_of(inputs: Space) -> int:
    """Number of compartments of a chain with these inputs."""
    return (len(inputs) + 1) // 2


def shared(inputs: Space) -> Mapped:
    """One leak and one axial conductance for the whole chain: D = 2."""
    length = length_of(inputs)
    first = inputs.select([inputs.names[0], inputs.names[length]])
    space = Space(("g_leak", "g_axial"), first.units, first.low, first.high)

    def expand(theta: np.ndarray) -> np.ndarray:
        return np.repeat(theta, (length, length - 1), axis=1)

    return Mapped(space, expand)


def individual(inputs: Space) -> Mapped:
    """A conductance for every circuit: the inputs themselves, D = 2 L - 1."""
    return Mapped(inputs, lambda theta: theta)


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
    """Decay constant of the exponential fit to F, in compartments."""
    unit = face["heights"].unit
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
    """Signals of recorded traces; raises ModelError unless they have samples around every input."""
    spikes = spike_times(settings["spike_interval"], traces.shape[1])
    between = np.sort(np.concatenate([spikes, (spikes[1:] + spikes[:-1]) / 2]))
    if not np.diff([0, *np.searchsorted(time, between), len(time)]).all():
        raise ModelError(
            f"expected samples before and after every input, from {spikes[0]:g} to "
            f"{spikes[-1]:g}, found times from {time.min():g} to {time.max():g}"
        )
    return recorded(time, traces, spikes)


MODEL = Model(
    parameterizations={
        "global": shared,
        "individual": individual,
    },
    observables={
        "tau": tau,
        "first": first_heights,
        "relative": relative_heights,
        "all": all_heights,
        "width": width,
        "latency": latency,
    },
    tabulated=("all", "tau"),
    stored={"heights": "all"},
    traces=Traces(columns=lambda face: trace_names(_length(face)), signals=_of_file),
)
