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
    upper, lower = canvas.subfigures(2, 1, height_ratios=(1, 1.3), hspace=0.02)
    panel_b, panel_e = lower.subfigures(1, 2, wspace=0.04)
    axes_a, axes_c, axes_d = upper.subplots(1, 3)

    plane.draw_grid(axes_a, grid, target["tau"].mean(), frame)
    style.letter(axes_a, "A")
    style.letter(plane.draw_traces(panel_b, traces, frame, relative=True), "B")
    plane.draw_density(axes_c, density, frame)
    style.letter(axes_c, "C")
    samples = {"tau": samples_tau, "first": samples_first}
    star = target[["g_leak", "g_axial"]].mean().to_numpy()
    plane.draw_samples(axes_d, samples, shown, star, frame)
    style.letter(axes_d, "D")
    style.letter(plane.draw_traces(panel_e, traces, frame, relative=False), "E")
