"""Figure 5: exponential fits to the heights at the marked points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.observables import FitBounds, exponential, heights_of_traces
from analog_sbi.plots import plane, style


def draw(
    canvas: Figure, *, traces: pd.DataFrame, fit_bounds: FitBounds, frame: plane.Frame
) -> None:
    """Draw heights and fit over the compartments, scaled and absolute."""
    first = heights_of_traces(traces, frame.spike_interval)[:, :, 0]
    tau, a, b = exponential(first, fit_bounds)
    compartments = np.arange(first.shape[1])
    x = np.linspace(0, compartments[-1], 200)
    colours = (style.ORANGE, style.BLUE, style.GREEN, style.VERMILION)
    scaled, absolute = canvas.subplots(1, 2)
    for axes, scale, label in (
        (scaled, first[:, 0], r"height ($h_{00}$)"),
        (absolute, np.ones(len(first)), f"height ({frame.height_unit})"),
    ):
        for index in range(len(first)):
            colour = colours[index % len(colours)]
            axes.plot(compartments, first[index] / scale[index], "o", ms=3.5, color=colour)
            curve = a[index] * np.exp(-x / tau[index]) + b[index]
            told = rf"({index + 1}) $\tau$ = {tau[index]:.2f}"
            axes.plot(x, curve / scale[index], color=colour, label=told)
        axes.set_xticks(compartments, [f"{i}\n($h_{{{i}0}}$)" for i in compartments])
        axes.set_xlabel("compartment")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    scaled.legend(frameon=False, title="point")
