"""Algorithms at equal budgets: distance to the reference, E, and time."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from analog_sbi.checks.comparison import NAMES
from analog_sbi.plots import style

PANELS = (
    ("c2st", "C2ST to the reference"),
    ("distance", "mean distance $E$ (MADC LSB)"),
    ("seconds", "time beside emulation (s)"),
)
COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.VERMILION, "#CC79A7", "black")
MARKERS = "osD^vP"
SPREAD = 0.12  # of the budget's logarithm, between the first and the last algorithm


def draw(canvas: Figure, table: pd.DataFrame) -> None:
    """Draw a panel a quantity: each seed as a point, medians joined."""
    shown = list(table["algorithm"].unique())
    grid = canvas.subplots(1, len(PANELS))
    for axes, (quantity, label), text in zip(grid, PANELS, "ABC", strict=True):
        for index, algorithm in enumerate(shown):
            rows = table[(table["algorithm"] == algorithm) & table[quantity].notna()]
            if not len(rows):
                continue
            shift = 10 ** (SPREAD * (index / max(len(shown) - 1, 1) - 0.5) * 2)
            look = {"color": COLOURS[index % len(COLOURS)], "label": NAMES[algorithm]}
            marker = MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]
            median = rows.groupby("budget")[quantity].median()
            axes.plot(median.index * shift, median, marker=marker, ms=3, lw=0.8, **look)
            axes.scatter(
                rows["budget"] * shift, rows[quantity], s=3, color=look["color"], alpha=0.5
            )
        axes.set_xscale("log")
        axes.set_xticks(sorted(table["budget"].unique()))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("emulations")
        axes.set_ylabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        style.letter(axes, text)
    grid[0].axhline(0.5, color="0.6", lw=0.6, ls=":")
    for axes in grid[1:]:
        axes.set_yscale("log")
    handles = dict(zip(*grid[1].get_legend_handles_labels()[::-1], strict=True))
    canvas.legend(handles.values(), handles, loc="outside upper center", ncols=5, frameon=False)
