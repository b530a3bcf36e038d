"""Figure 3: grid, traces and posteriors of the two-dimensional parameter space."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.plots import plane, style


def draw(
    canvas: Figure,
    *,
    grid: pd.DataFrame,
    traces: pd.DataFrame,
    target: pd.DataFrame,
    density: pd.DataFrame,
    samples_tau: pd.DataFrame,
    samples_first: pd.DataFrame,
    shown: int,
    frame: plane.Frame,
) -> None:
    """Draw all five panels: A grid, B scaled traces, C posterior, D samples, E traces."""
    upper, lower = canvas.subfigures(2, 1, height_ratios=(1, 1.25), hspace=0.04)
    panel_a, panel_c, panel_d = upper.subfigures(1, 3, width_ratios=(1.12, 1.12, 1))
    panel_b, panel_e = lower.subfigures(1, 2, wspace=0.04)

    axes = panel_a.subplots()
    plane.draw_grid(axes, grid, target["tau"].mean(), frame)
    style.letter(axes, "A")
    style.letter(plane.draw_traces(panel_b, traces, frame, relative=True), "B")
    axes = panel_c.subplots()
    plane.draw_density(axes, density, frame)
    style.letter(axes, "C")
    samples = {"tau": samples_tau, "first": samples_first}
    style.letter(plane.draw_samples(panel_d, samples, shown, frame), "D")
    style.letter(plane.draw_traces(panel_e, traces, frame, relative=False), "E")
