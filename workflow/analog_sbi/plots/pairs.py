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
    """Draw marginals on the diagonal and a density a pair.

    ``star`` is where the target was measured, ``limits`` the prior's bounds of each parameter,
    beyond which no panel reaches.
    """
    names = list(limits)
    limits = {name: _span(samples, name, limits[name]) for name in names}
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
                _mark(axes, star[right], star[below])
            if row == len(names) - 1:
                axes.set_xlabel(style.parameter_label(right))
            if column == 0:
                axes.set_ylabel(style.parameter_label(below))
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)


def _span(
    samples: dict[str, pd.DataFrame], name: str, limits: tuple[float, float]
) -> tuple[float, float]:
    """Range of a parameter in which nearly all samples of all posteriors lie, and a margin."""
    values = pd.concat([table[name] for table in samples.values()])
    low, high = values.quantile([0.001, 0.999])
    margin = 0.05 * (high - low)
    return max(low - margin, limits[0]), min(high + margin, limits[1])


def _mark(axes: Axes, x: float, y: float) -> None:
    """Mark the target; the white rim shows it on dark ground."""
    axes.plot(x, y, "x", color="white", ms=4, mew=2.0)
    axes.plot(x, y, "x", color="black", ms=3.2, mew=0.8)


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
