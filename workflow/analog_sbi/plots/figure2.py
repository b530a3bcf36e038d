"""Figure 2: propagation of PSPs along the chain, every compartment for every input."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.observables import heights_of_traces
from analog_sbi.plots import plane, style


def draw(canvas: Figure, *, traces: pd.DataFrame, point: int, frame: plane.Frame) -> None:
    """Draw a row a compartment with the inputs as lines and every height h_ij marked."""
    rows = traces[traces["point"] == point]
    names = [name for name in rows if name.startswith("v_")]
    heights = heights_of_traces(rows, frame.spike_interval)[0]
    time = rows["time"].to_numpy()
    half = frame.spike_interval / 2
    grid = canvas.subplots(len(names), 1, sharex=True, sharey=True)
    for i, (axes, name) in enumerate(zip(grid, names, strict=True)):
        potential = rows[name].to_numpy()
        base = potential[time < half].mean()
        axes.plot(time, plane.smooth(potential) - base, color="black", lw=0.8, rasterized=True)
        for j in range(len(names)):
            spike = frame.spike_interval * j + half
            axes.axvline(spike, color=style.VERMILION, lw=0.7, alpha=1.0 if i == j else 0.35)
            window = (time >= spike) & (time < spike + half)
            peak = time[window][np.argmax(plane.smooth(potential)[window])]
            before = potential[(time >= spike - half) & (time < spike)].mean() - base
            axes.annotate(
                "",
                xy=(peak, before + heights[i, j]),
                xytext=(peak, before),
                arrowprops={"arrowstyle": "<->", "color": style.BLUE, "lw": 0.7},
            )
            axes.text(
                peak + 0.05 * frame.spike_interval,
                before + heights[i, j],
                f"$h_{{{i}{j}}}$",
                color=style.BLUE,
                fontsize=6.5,
                va="center",
            )
        axes.set_ylabel(f"compartment {i}", rotation=0, ha="right", va="center")
        axes.set_xlim(0, time.max() + 1.1 * half)
        axes.spines[:].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
    _scale_bar(grid[-1], heights.max(), time.max(), frame)
    grid[0].set_title(
        f"inputs (lines) reach one compartment after another; parameters of point {point}",
        pad=8,
    )


def _scale_bar(axes, largest: float, end: float, frame: plane.Frame) -> None:
    width, height = frame.spike_interval / 4, float(f"{largest / 2:.0g}")
    x, y = end + 0.3 * frame.spike_interval, 0.15 * largest
    axes.plot([x, x + width, x + width], [y, y, y + height], color="black", lw=1.4)
    below, beside = y - 0.06 * largest, x + 0.9 * width
    axes.text(x + width / 2, below, f"{width:g} {frame.time_unit}", ha="center", va="top")
    axes.text(beside, y + height / 2, f"{height:g}\n{frame.height_unit}", ha="right", va="center")
