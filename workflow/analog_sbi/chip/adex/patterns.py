"""Four recordings of a real chip, what is read off them, and codes that show the same here.

The numbers were read off the pictures of the public demo (+- 5); the settings behind them are not
printed. Potentials in MADC LSB, times in us since the begin of the recording.
Shapes: N runs, T samples.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from analog_sbi.chip.adex.integration import DEMO, Courses, integrate
from analog_sbi.chip.adex.laws import neurons
from analog_sbi.chip.adex.mismatch import mismatch

RECORDED: dict[str, dict[str, float | tuple[float, ...]]] = {
    "subthreshold": {
        "v at rest": 325,
        "v overshoot": 455,
        "time of the overshoot": 155,
        "v plateau": 422,
        "v undershoot": 287,
        "time of the undershoot": 755,
        "v at the end": 322,
        "w at rest": 425,
        "w peak": 498,
        "spikes": (),
    },
    "transient": {
        "v at rest": 315,
        "v reset": 398,
        "v plateau": 433,
        "v after the last spike": 448,
        "time after the last spike": 220,
        "v undershoot": 264,
        "time of the undershoot": 755,
        "w at rest": 418,
        "w peak": 515,
        "w jump": 46,
        "spikes": (143,),
    },
    "adaptation": {
        "v at rest": 398,
        "v reset": 400,
        "v undershoot": 300,
        "time of the undershoot": 740,
        "w at rest": 328,
        "w peak": 486,
        "w trough": 430,
        "w jump": 52,
        "spikes": (115, 138, 168, 210, 258, 312, 367, 422, 477, 531, 586, 640, 695),
    },
    "bursting": {
        "v at rest": 345,
        "v reset": 490,
        "v between bursts": 444,  # 436 to 452
        "v undershoot": 265,
        "time of the undershoot": 755,
        "w at rest": 328,
        "w peak": 484,
        "w trough": 388,
        "w jump": 50,
        "spikes": (126, 136, 147, 255, 267, 393, 407, 530, 543, 664, 677),
    },
}
"""Numbers of each pattern; ``spikes`` are times."""

CODES: dict[str, tuple[int, ...]] = {
    "subthreshold": (612, 20, 642, 302, 240, 317, 637, 958, 357, 156),
    "transient": (606, 102, 737, 127, 116, 206, 630, 943, 921, 325),
    "adaptation": (707, 136, 741, 89, 3, 233, 514, 894, 748, 304),
    "bursting": (641, 133, 842, 87, 2, 222, 513, 922, 1000, 333),
}
"""Codes, in the order of ``laws.RANGES``, that show the patterns on neuron 0 of chip 59.

Found by differential evolution over the ranges of the demo's sliders.
"""
SERIAL = 59

SETTLED_US = 100.0  # at the end of the step: where a plateau or a steady sawtooth is read
BURST_US = 60.0  # spikes further apart are of two bursts


def reproduced(pattern: str) -> tuple[Courses, pd.DataFrame]:
    """The course of a pattern here, without noise, and its deviations from the recording."""
    neuron = mismatch(SERIAL).applied(neurons(np.array([CODES[pattern]])))
    courses = integrate(neuron)
    own = readings(courses, 0, float(neuron.adaptation_jump[0]))
    return courses, deviations(pattern, own)


def readings(courses: Courses, run: int, jump: float) -> dict[str, float | tuple[float, ...]]:
    """Everything that may be read off one run, whose samples are 1 us apart.

    ``jump`` is that of w at a spike. NaN for what a run without such spikes does not have.
    """
    v, w = courses.v[run].astype(float), courses.w[run].astype(float)
    spikes = courses.spikes[run][~np.isnan(courses.spikes[run])]
    begin, end, late = int(DEMO.begin), int(DEMO.end), int(DEMO.end - SETTLED_US)
    step, after = v[begin:end], v[end : end + 150]
    last = int(np.ceil(spikes[-1])) + 3 if len(spikes) else 0
    tail = v[last:end] if 0 < last < end - 5 else np.full(1, np.nan)
    resets = [v[int(np.ceil(time)) + 1] for time in spikes if np.ceil(time) + 1 < len(v)]
    pauses = [
        (int(np.ceil(one)) + 3, int(other))
        for one, other in pairwise(spikes)
        if other - one > BURST_US
    ]
    return {
        "v at rest": float(v[begin // 2 : begin].mean()),
        "v overshoot": float(step.max()),
        "time of the overshoot": float(begin + step.argmax()),
        "v plateau": float(v[late:end].mean()),
        "v undershoot": float(after.min()),
        "time of the undershoot": float(end + after.argmin()),
        "v at the end": float(v[-10:].mean()),
        "v reset": float(np.median(resets)) if resets else np.nan,
        "v after the last spike": float(tail.max()),
        "time after the last spike": float(last + tail.argmax()),
        "v between bursts": float(np.mean([v[a:b].min() for a, b in pauses])) if pauses else np.nan,
        "w at rest": float(w[begin // 2 : begin].mean()),
        "w peak": float(w.max()),
        "w trough": float(w[late - 100 : end].min()),
        "w jump": float(jump),
        "spikes": tuple(float(time) for time in spikes),
    }


def deviations(pattern: str, readings: dict[str, float | tuple[float, ...]]) -> pd.DataFrame:
    """Recorded and own numbers of a pattern (``number``, ``recorded``, ``own``, ``deviation``).

    ``deviation`` is relative to the recorded number; spikes are a row each, and their count one.
    """
    rows: list[tuple[str, float, float]] = []
    for name, recorded in RECORDED[pattern].items():
        own = readings[name]
        if isinstance(recorded, tuple):
            assert isinstance(own, tuple)
            rows.append(("spikes", len(recorded), len(own)))
            padded = [*own, *[np.nan] * len(recorded)]
            rows += [
                (f"time of spike {index}", time, padded[index - 1])
                for index, time in enumerate(recorded, start=1)
            ]
        else:
            assert not isinstance(own, tuple)
            rows.append((name, recorded, own))
    table = pd.DataFrame(rows, columns=["number", "recorded", "own"])
    error = (table["own"] - table["recorded"]).abs()
    return table.assign(deviation=error / table["recorded"].where(table["recorded"] != 0, 1.0))
