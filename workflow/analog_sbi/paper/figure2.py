"""Figure 2: propagation of PSPs along the chain, every compartment for every input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.models.chain import height_name, trace_names
from analog_sbi.paper.artifacts import TRACES, Artifacts, Frame, target_of
from analog_sbi.paper.chain import first_row, height_label, heights_of_traces
from analog_sbi.paper.criteria import above, falling, in_order, rising
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import plane, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARGET = target_of("tau_2d")
POINT = 2  # of those marked, at which the target is measured; where there is but one, that
ROW = 0.62  # inches of a compartment, at least
NAMED = 8  # compartments, beyond which not all heights are named
SMOOTHING_US = 2.0  # window of the filter that takes the readout noise off a trace
CLEAR = 20.0  # standard deviations of the noise that is left; the width of lower PSPs is its own


@figure(
    "figure2",
    "PSPs in every compartment for inputs to every compartment",
    needs=(TRACES,),
    settings=("points",),
    height=3.6,
    of_trees=True,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a row a compartment with the inputs as lines and every height h_ij marked.

    Of long chains only the heights in the first compartment and of its own input are named.
    """
    frame = artifacts.frame
    canvas.set_size_inches(style.WIDTH, max(canvas.get_figheight(), ROW * frame.length))
    every = frame.length <= NAMED
    traces = artifacts.table(TRACES)
    rows = at_one_point(traces)
    names = trace_names(frame.length)
    heights = heights_of_traces(rows, frame)[0]
    time = rows["time"].to_numpy()
    half = frame.interval / 2
    grid = canvas.subplots(len(names), 1, sharex=True, sharey=True)
    for i, (axes, name) in enumerate(zip(grid, names, strict=True)):
        potential = rows[name].to_numpy()
        base = potential[time < half].mean()
        axes.plot(time, plane.smooth(potential) - base, color="black", lw=0.8, rasterized=True)
        for j in range(len(names)):
            spike = frame.interval * j + half
            axes.axvline(spike, color=style.VERMILION, lw=0.7, alpha=1.0 if i == j else 0.35)
            window = (time >= spike) & (time < spike + half)
            peak = time[window][np.argmax(plane.smooth(potential)[window])]
            before = potential[(time >= spike - half) & (time < spike)].mean() - base
            # Arrowheads would cross at small heights: a bar between two short lines.
            axes.errorbar(
                peak,
                before + heights[i, j] / 2,
                yerr=heights[i, j] / 2,
                color=style.BLUE,
                elinewidth=0.7,
                capsize=1.8,
                capthick=0.7,
            )
            if every or i in (0, j):
                axes.annotate(
                    height_label(height_name(i, j, frame.length)),
                    xy=(peak, before + heights[i, j]),
                    xytext=(3, 1),
                    textcoords="offset points",
                    color=style.BLUE,
                    fontsize=6.5 if every else 5.5,
                    va="bottom",
                )
        axes.set_ylabel(f"compartment {i}", rotation=0, ha="right", va="center")
        axes.set_ylim(-0.15 * heights.max(), 1.3 * heights.max())
        axes.set_xlim(0, time.max() + _room(time.max(), frame))
        axes.spines[:].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
    _scale_bar(grid[-1], heights.max(), time.max(), frame)
    grid[0].set_title(
        "inputs (lines) reach one compartment after another; parameters of point "
        f"{rows['point'].iloc[0]}",
        pad=8,
    )


def at_one_point(traces: pd.DataFrame) -> pd.DataFrame:
    """Traces that Figure 2 shows, of those at all marked points."""
    return traces[traces["point"] == min(POINT, traces["point"].max())]


def _room(end: float, frame: Frame) -> float:
    """Time beyond the end of the traces in which the scale bar has room."""
    return max(0.55 * frame.interval, 0.13 * end)


def _scale_bar(axes: Axes, largest: float, end: float, frame: Frame) -> None:
    width, height = frame.interval / 4, float(f"{largest / 2:.0g}")
    x, y = end + _room(end, frame) - 1.1 * width, 0.15 * largest
    axes.plot([x, x + width, x + width], [y, y, y + height], color="black", lw=1.4)
    below, beside = y - 0.06 * largest, x + 0.9 * width
    axes.text(
        x + width / 2, below, f"{width:g} {style.unit(frame.time_unit)}", ha="center", va="top"
    )
    axes.text(
        beside,
        y + height,
        f"{height:g} {style.unit(frame.height_unit)}",
        ha="right",
        va="top" if frame.length <= 4 else "bottom",
    )


HEIGHTS = "mean heights h00, h01, h02, ... over the trials at theta*"


@claim(
    "psp-attenuates",
    figure="2",
    paper="PSP heights in compartment 0 fall as the input moves away",
    needs=(TARGET,),
    holds=falling(HEIGHTS),
)
def psp_attenuates(artifacts: Artifacts) -> Finding:
    """Order the heights in compartment 0 by the distance of the input."""
    trials = artifacts.table(TARGET)
    means = [trials[name].mean() for name in first_row(artifacts.frame.length)]
    return Finding(in_order(means), {HEIGHTS: means})


WIDTHS = "full widths at half maximum in compartment 0, by the input's distance,"


@claim(
    "psp-broadens",
    figure="2",
    paper="the same PSPs broaden",
    needs=(TRACES,),
    holds=rising(WIDTHS),
)
def psp_broadens(artifacts: Artifacts) -> Finding:
    """Order the full widths at half maximum in compartment 0 by the distance of the input.

    Inputs whose PSPs do not stand out from the noise, and those beyond, are left out.
    """
    from scipy.signal import savgol_filter

    traces = artifacts.table(TRACES)
    rows = at_one_point(traces)
    time, potential = rows["time"].to_numpy(), rows["v_0"].to_numpy()
    interval, length = artifacts.frame.interval, artifacts.frame.length
    step = float(np.median(np.diff(time)))
    window = max(5, 2 * round(SMOOTHING_US * interval / 200 / step / 2) + 1)
    smooth = savgol_filter(potential, window, 2)
    noise = smooth[time < interval / 2].std()
    widths: list[float] = []
    for source in range(length):
        spike = interval * (source + 0.5)
        before = (time >= spike - interval / 2) & (time < spike)
        after = (time >= spike) & (time < spike + interval / 2)
        response = smooth[after] - potential[before].mean()
        if response.max() <= CLEAR * noise:
            break
        high = np.flatnonzero(response >= response.max() / 2)
        widths.append(float(time[after][high[-1]] - time[after][high[0]]))
    text = in_order(widths)
    if len(widths) < length:
        text += f" ({len(widths)} of {length} PSPs stand out from the noise)"
    return Finding(text.strip(), {WIDTHS: widths if len(widths) > 1 else []})


DIFFERENCE = "mean of h10 - h12 in standard errors"


@claim(
    "psp-end-effect",
    figure="2",
    paper="finite chain: h10 > h12",
    needs=(TARGET,),
    holds=above(DIFFERENCE, 2),
)
def psp_end_effect(artifacts: Artifacts) -> Finding:
    """Compare the response in compartment 1 to inputs at the end and further inside."""
    trials, length = artifacts.table(TARGET), artifacts.frame.length
    if length < 3:
        return Finding(f"a chain of {length} has no such compartment", {DIFFERENCE: []})
    outer, inner = (trials[height_name(1, j, length)] for j in (0, 2))
    difference = outer - inner
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    errors = difference.mean() / error
    text = f"{outer.mean():.1f} against {inner.mean():.1f} ({errors:.0f} standard errors)"
    return Finding(text, {DIFFERENCE: errors})
