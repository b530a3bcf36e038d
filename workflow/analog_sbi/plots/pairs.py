"""Pairs of seven parameters: given the first column of heights below, given all above."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analog_sbi.plots import style

BINS = 26  # a parameter
LOWER, UPPER = "first", "all"  # observables on either side of the diagonal


def draw(
    canvas: Figure,
    *,
    samples: dict[str, pd.DataFrame],
    star: dict[str, float],
    limits: dict[str, tuple[float, float]],
) -> None:
    """Draw marginals on the diagonal and a density a pair; ``star`` is where the target was
    measured, ``limits`` the prior's bounds of each parameter."""
    names = list(limits)
    grid = canvas.subplots(len(names), len(names))
    for row, below in enumerate(names):
        for column, right in enumerate(names):
            axes: Axes = grid[row, column]
            axes.set_xlim(*limits[right])
            axes.set_xticks([])
            axes.set_yticks([])
            if row == column:
                _marginal(axes, samples, right, star, limits)
            else:
                observable = LOWER if row > column else UPPER
                _density(axes, samples[observable], right, below, limits, observable)
                axes.plot(star[right], star[below], "x", color="black", ms=3.5, mew=0.9)
            if row == len(names) - 1:
                axes.set_xlabel(style.parameter_label(right))
            if column == 0:
                axes.set_ylabel(style.parameter_label(below))
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)


def _marginal(axes: Axes, samples: dict[str, pd.DataFrame], name: str, star, limits) -> None:
    sides = {LOWER: "below the diagonal", UPPER: "above the diagonal"}
    for observable, table in samples.items():
        axes.hist(
            table[name],
            bins=np.linspace(*limits[name], BINS + 1),
            density=True,
            histtype="stepfilled",
            alpha=0.55,
            color=style.OBSERVABLE_COLOURS[observable],
            label=f"{style.OBSERVABLE_LABELS[observable]}, {sides[observable]}",
        )
    axes.axvline(star[name], color="black", ls=":", lw=0.9)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _density(axes: Axes, table: pd.DataFrame, x: str, y: str, limits, observable: str) -> None:
    colour = style.OBSERVABLE_COLOURS[observable]
    colours = LinearSegmentedColormap.from_list(observable, ["white", colour, "black"])
    axes.hist2d(table[x], table[y], bins=BINS, range=[limits[x], limits[y]], cmap=colours)
    axes.set_ylim(*limits[y])
