"""Claims on Figure 2: propagation of PSPs along the chain."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.signal import savgol_filter

from analog_sbi.checks.register import CENTRE, TRACES
from analog_sbi.checks.table import Artifacts, Verdict

TARGET_POINT = 2  # the marked point at which the target is measured
SMOOTHING_US = 2.0  # window of the filter that takes the readout noise off a trace


def psp_attenuates(artifacts: Artifacts) -> Verdict:
    """Order the heights in compartment 0 by the distance of the input."""
    trials = artifacts.table(CENTRE)
    means = [trials[f"h_0{j}"].mean() for j in range(_length(trials))]
    falling = all(near > far for near, far in pairwise(means))
    return Verdict(" > ".join(f"{mean:.1f}" for mean in means), falling)


def psp_broadens(artifacts: Artifacts) -> Verdict:
    """Order the full widths at half maximum in compartment 0 by the distance of the input."""
    traces = artifacts.table(TRACES)
    rows = traces[traces["point"] == TARGET_POINT]
    time, potential = rows["time"].to_numpy(), rows["v_0"].to_numpy()
    interval = artifacts.spike_interval
    step = float(np.median(np.diff(time)))
    window = max(5, 2 * round(SMOOTHING_US * interval / 200 / step / 2) + 1)
    smooth = savgol_filter(potential, window, 2)
    length = sum(name.startswith("v_") for name in rows)
    widths = []
    for source in range(length):
        spike = interval * (source + 0.5)
        before = (time >= spike - interval / 2) & (time < spike)
        after = (time >= spike) & (time < spike + interval / 2)
        response = smooth[after] - potential[before].mean()
        above = np.flatnonzero(response >= response.max() / 2)
        widths.append(float(time[after][above[-1]] - time[after][above[0]]))
    growing = all(near < far for near, far in pairwise(widths))
    return Verdict(" < ".join(f"{width:.1f}" for width in widths), growing)


def psp_end_effect(artifacts: Artifacts) -> Verdict:
    """Compare the response in compartment 1 to inputs at the end and further inside."""
    trials = artifacts.table(CENTRE)
    difference = trials["h_10"] - trials["h_12"]
    mean, error = difference.mean(), difference.std(ddof=1) / np.sqrt(len(difference))
    text = f"{trials['h_10'].mean():.1f} against {trials['h_12'].mean():.1f}"
    return Verdict(f"{text} ({mean / error:.0f} standard errors)", mean > 2 * error)


def _length(table) -> int:
    return round(sum(name.startswith("h_") for name in table) ** 0.5)
