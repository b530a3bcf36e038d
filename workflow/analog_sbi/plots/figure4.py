"""Figure 4: seven parameters, their marginals and the predictive check of all heights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_sbi.plots import plane, style

LIMIT = 8.0  # of the deviations that are shown, in sigma*


def draw(
    canvas: Figure,
    *,
    samples: dict[str, pd.DataFrame],
    predictive: dict[str, pd.DataFrame],
    target: pd.DataFrame,
    frame: plane.Frame,
) -> None:
    """Draw A, a histogram a parameter, and B, mean and spread of every height's deviation."""
    panel_a, panel_b = canvas.subfigures(2, 1, height_ratios=(1, 1.35), hspace=0.03)
    _marginals(panel_a, samples, target, frame)
    _check(panel_b, predictive, target)


def _marginals(panel, samples: dict[str, pd.DataFrame], target: pd.DataFrame, frame) -> None:
    names = [name for name in next(iter(samples.values())) if name.startswith("g_")]
    leak = [name for name in names if name.startswith("g_leak")]
    axial = [name for name in names if name not in leak]
    grid = panel.subplots(2, len(leak), sharey=True, squeeze=False)
    for row, (kind, limits, unit) in enumerate(
        (
            (leak, frame.limits.leak, frame.limits.unit_leak),
            (axial, frame.limits.axial, frame.limits.unit_axial),
        )
    ):
        star = target["g_leak" if row == 0 else "g_axial"].mean()
        for column, axes in enumerate(grid[row]):
            if column >= len(kind):
                axes.axis("off")
                continue
            name = kind[column]
            for observable, table in samples.items():
                axes.hist(
                    table[name],
                    bins=np.linspace(*limits, 31),
                    density=True,
                    histtype="stepfilled",
                    alpha=0.55,
                    color=style.OBSERVABLE_COLOURS[observable],
                    label=style.OBSERVABLE_LABELS[observable],
                )
            axes.axvline(star, color="black", ls=":", lw=0.9)
            axes.set_xlim(*limits)
            axes.set_xlabel(style.parameter_label(name) + f" ({unit})")
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    grid[1, -1].legend(handles, labels, loc="center", frameon=False, fontsize=7.5)
    style.letter(grid[0, 0], "A")


def _check(panel, predictive: dict[str, pd.DataFrame], target: pd.DataFrame) -> None:
    names = [name for name in target if name.startswith("h_")]
    length = round(len(names) ** 0.5)
    star, sigma = target[names].mean(), target[names].std(ddof=1)
    grid = panel.subplots(length, length, sharex=True, sharey=True)
    for index, name in enumerate(names):
        axes: Axes = grid[index // length, index % length]
        axes.axvspan(-1, 1, color="0.9", lw=0)
        axes.axvline(0, color="0.6", lw=0.6)
        for place, (observable, table) in enumerate(predictive.items()):
            away = (table[name] - star[name]) / sigma[name]
            colour = style.OBSERVABLE_COLOURS[observable]
            y = -place
            axes.plot(
                [away.mean() - away.std(), away.mean() + away.std()],
                [y, y],
                color=colour,
                lw=3,
                alpha=0.6,
                solid_capstyle="butt",
            )
            axes.plot([away.mean()] * 2, [y - 0.35, y + 0.35], color=colour, lw=1.4)
        axes.text(
            0.03, 0.95, f"$h_{{{name[2:]}}}$", transform=axes.transAxes, va="top", fontsize=6.5
        )
        axes.set_xlim(-LIMIT, LIMIT)
        axes.set_ylim(-len(predictive) + 0.3, 0.9)
        axes.set_yticks([])
    for axes in grid[-1]:
        axes.set_xlabel(r"deviation ($\sigma^*$)")
    style.letter(grid[0, 0], "B")
