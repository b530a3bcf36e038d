"""A spiking neuron that adapts (AdEx): codes in, membrane, adaptation and spikes out.

A step of current drives the neuron from 0.1 to 0.7 ms of a run of 1 ms. What is inferred are some
of its codes; the others have the values of one recorded pattern, spike-frequency adaptation.
Shapes: N parameter sets, T = 1000 samples, M spikes, F features. Units: us, MADC LSB, DAC codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analog_sbi.models import Features, Mapped, Model, Signal, Signals, Validity, Values
from analog_sbi.space import Space

BEGIN_US, END_US, DURATION_US = 100, 700, 1000
SPIKES = 128
"""Spikes that are kept of a run; a run with fewer has its duration in place of the others."""

BASE: dict[str, float] = {
    "leak_v_leak": 707,
    "leak_i_bias": 136,
    "reset_v_reset": 741,
    "adaptation_i_bias_tau": 89,
    "adaptation_i_bias_a": 3,
    "adaptation_i_bias_b": 233,
    "adaptation_v_ref": 514,
    "exponential_v_exp": 894,
    "exponential_i_bias": 748,
    "constant_current_i_offset": 304,
}
"""Codes that show spike-frequency adaptation; the inputs of every backend, in this order."""

TWO = ("reset_v_reset", "adaptation_i_bias_tau")
"""Of the group's first study: reset potential and time constant of the adaptation."""
SEVEN = (
    "leak_i_bias",
    "reset_v_reset",
    "adaptation_i_bias_tau",
    "adaptation_i_bias_a",
    "adaptation_i_bias_b",
    "exponential_v_exp",
    "exponential_i_bias",
)
"""The seven of an AdEx neuron that codes of the chip set: its leak, reset, adaptation (three) and
exponential term (two: the slope factor is fixed on the chip, the bias sets its strength). Not the
second study's own list, which is not published. The three that are left shift potentials of what is
read out, or are the stimulus."""

OTHER_PATTERNS: dict[str, dict[str, float]] = {
    "subthreshold": {
        "leak_v_leak": 612,
        "adaptation_v_ref": 637,
        "constant_current_i_offset": 156,
    },
    "transient": {
        "leak_v_leak": 606,
        "adaptation_v_ref": 630,
        "constant_current_i_offset": 325,
    },
    "bursting": {
        "leak_v_leak": 641,
        "adaptation_v_ref": 513,
        "constant_current_i_offset": 333,
    },
}
"""Codes beside the seven that show other recorded patterns: ``seven_subthreshold`` and so on."""

NO_INTERVAL_US = float(END_US - BEGIN_US)
"""Time to a spike and interval between spikes of a step that has too few of them: its length."""

FEATURES: dict[str, str] = {
    "spike_count": "1",  # in the step
    "spikes_outside": "1",  # before and after it
    "latency": "us",  # of the first spike in the step; none: length of the step
    "last_spike": "us",  # after the begin of the step; none: 0
    "isi_first": "us",  # first interval in the step; fewer than two spikes: length of the step
    "isi_last": "us",  # last one, likewise
    "isi_cv": "1",  # standard deviation over mean of all intervals; fewer than two of them: 0
    "v_rest": "MADC LSB",  # mean of the 50 us before the step
    "v_low": "MADC LSB",  # 5 % quantile of the step's last 500 us
    "v_high": "MADC LSB",  # 95 % quantile, likewise
    "v_end": "MADC LSB",  # mean of the step's last 100 us
    "v_undershoot": "MADC LSB",  # minimum of the 150 us after the step, less v_rest
}
"""Features of electrophysiology by name, with units."""

BIN_US = 10  # of the trace as an observable
SPIKE_BIN_US = 20


def input_space(ranges: Mapping[str, Sequence[float]]) -> Space:
    """Space of the inputs, from the range of each code by name."""
    low, high = np.array([ranges[name] for name in BASE], dtype=float).T
    return Space(tuple(BASE), ("DAC code",) * len(BASE), low, high)


def signals() -> dict[str, Signal]:
    """What backends return: means over samples of 1 us of V and w, and the times of spikes."""
    trace = Signal((DURATION_US,), "MADC LSB", "float32", limits=(0.0, 1023.0))
    return {
        "v": trace,
        "w": trace,
        # No limits: spikes come from no readout, whose equal values would be those of a fault.
        "spikes": Signal((SPIKES,), "us"),
    }


def _some(names: tuple[str, ...], pattern: Mapping[str, float] | None = None):
    """Parameterization by some of the inputs; the others are those of ``BASE`` or a ``pattern``."""

    def of(inputs: Space) -> Mapped:
        columns = [inputs.names.index(name) for name in names]
        values = {**BASE, **(pattern or {})}
        fixed = np.array([values[name] for name in inputs.names], dtype=float)

        def expand(theta: np.ndarray) -> np.ndarray:
            whole = np.tile(fixed, (len(theta), 1))
            whole[:, columns] = theta
            return whole

        return Mapped(inputs.select(names), expand)

    return of


def every(inputs: Space) -> Mapped:
    """All inputs."""
    return Mapped(inputs, lambda theta: theta)


def features(values: Values) -> np.ndarray:
    """Features (N, F) of V (N, T) and spikes (N, M), as ``FEATURES`` says; NaN where V is."""
    v, spikes = np.asarray(values["v"]), np.asarray(values["spikes"], dtype=float)
    inside = (spikes >= BEGIN_US) & (spikes < END_US)
    count = inside.sum(axis=1)
    after = np.where(inside, spikes - BEGIN_US, np.nan)
    intervals = np.diff(after, axis=1)
    known = ~np.isnan(intervals)
    number = known.sum(axis=1)
    rows = np.arange(len(v))
    # Spikes of the step follow one another, so their intervals do.
    start = np.where(number > 0, known.argmax(axis=1), 0)
    first, last = intervals[rows, start], intervals[rows, start + np.maximum(number - 1, 0)]
    filled = np.where(known, intervals, 0.0)
    mean = filled.sum(axis=1) / np.maximum(number, 1)
    square = (filled**2).sum(axis=1) / np.maximum(number, 1)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    rest = v[:, BEGIN_US - 50 : BEGIN_US].mean(axis=1)
    late = v[:, END_US - 500 : END_US]
    low, high = np.quantile(late, [0.05, 0.95], axis=1)
    columns = (
        count,
        ((spikes < DURATION_US) & ~inside).sum(axis=1),
        np.where(count > 0, np.where(inside, after, np.inf).min(axis=1), NO_INTERVAL_US),
        np.where(count > 0, np.where(inside, after, -np.inf).max(axis=1), 0.0),
        np.where(number > 0, first, NO_INTERVAL_US),
        np.where(number > 0, last, NO_INTERVAL_US),
        np.where(number > 1, spread / np.where(mean > 0, mean, 1.0), 0.0),
        rest,
        low,
        high,
        v[:, END_US - 100 : END_US].mean(axis=1),
        v[:, END_US : END_US + 150].min(axis=1) - rest,
    )
    table = np.stack(columns, axis=1).astype(float)
    table[np.isnan(v).any(axis=1)] = np.nan
    return table


def trace(values: Values) -> np.ndarray:
    """V in means over 10 us (N, 100)."""
    v = np.asarray(values["v"], dtype=float)
    return v.reshape(len(v), -1, BIN_US).mean(axis=2)


def trace_spikes(values: Values) -> np.ndarray:
    """V in means over 10 us and numbers of spikes in 20 us (N, 150); NaN where V is."""
    spikes, means = np.asarray(values["spikes"]), trace(values)
    bins = DURATION_US // SPIKE_BIN_US
    counts = np.zeros((len(spikes), bins + 1))
    index = np.minimum(np.nan_to_num(spikes) // SPIKE_BIN_US, bins).astype(int)
    np.add.at(counts, (np.arange(len(spikes))[:, None], index), 1)
    counts = counts[:, :bins]  # what stands for no spike is the duration
    counts[np.isnan(means).any(axis=1)] = np.nan
    return np.concatenate([means, counts], axis=1)


def _features(face: Signals) -> Features:
    return Features(tuple(FEATURES), tuple(FEATURES.values()), ("v", "spikes"), features)


MOST_OUTSIDE = 2
"""Spikes without current that a valid run may have. # ASSUME: those of the recorded patterns have
none; one or two are an after-burst, and more are a neuron that needs no stimulus."""


def responds(features: Values) -> np.ndarray:
    """Whether runs (N,) spike in the step, and hardly without current."""
    return (features["spike_count"] >= 1) & (features["spikes_outside"] <= MOST_OUTSIDE)


_V_BINS = tuple(f"v_{number:02}" for number in range(DURATION_US // BIN_US))
_SPIKE_BINS = tuple(f"n_{number:02}" for number in range(DURATION_US // SPIKE_BIN_US))


def _trace(face: Signals) -> Features:
    return Features(_V_BINS, ("MADC LSB",) * len(_V_BINS), ("v",), trace)


def _trace_spikes(face: Signals) -> Features:
    units = ("MADC LSB",) * len(_V_BINS) + ("1",) * len(_SPIKE_BINS)
    return Features((*_V_BINS, *_SPIKE_BINS), units, ("v", "spikes"), trace_spikes)


MODEL = Model(
    parameterizations={
        "two": _some(TWO),
        "seven": _some(SEVEN),
        **{f"seven_{name}": _some(SEVEN, codes) for name, codes in OTHER_PATTERNS.items()},
        "all": every,
    },
    observables={"features": _features, "trace": _trace, "trace_spikes": _trace_spikes},
    tabulated=("features",),
    valid=Validity(
        ("spike_count", "spikes_outside"),
        responds,
        f"spike in the step, and at most {MOST_OUTSIDE} times without current",
    ),
)
