"""Algorithms at equal budgets: distance to the reference, coverage of it, E, and time."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from analog_sbi.checks.comparison import CENTRAL, NAMES
from analog_sbi.plots import style

PANELS = (
    ("c2st", "C2ST to the reference"),
    ("coverage", f"reference within central {100 * CENTRAL:.0f} %"),
    ("distance", "mean distance $E$ (MADC LSB)"),
    ("seconds", "time beside emulation (s)"),
)
EXACT = {"c2st": 0.5, "coverage": CENTRAL}
LOGARITHMIC = ("distance", "seconds")
COLOURS = sns.color_palette("colorblind")  # as many as there are algorithms
MARKERS = "osD^vPX<>p"
SPREAD = 0.12  # of the budget's logarithm, between the first and the last algorithm


def draw(canvas: Figure, table: pd.DataFrame) -> None:
    """Draw a panel a quantity: each seed as a point, medians joined."""
    shown = list(table["algorithm"].unique())
    grid = canvas.subplots(2, 2).ravel()
    for axes, (quantity, label), text in zip(grid, PANELS, "ABCD", strict=True):
        for index, algorithm in enumerate(shown):
            rows = table[(table["algorithm"] == algorithm) & table[quantity].notna()]
            if not len(rows):
                continue
            shift = 10 ** (SPREAD * (index / max(len(shown) - 1, 1) - 0.5) * 2)
            look = {"color": COLOURS[index], "label": NAMES[algorithm]}
            median = rows.groupby("budget")[quantity].median()
            axes.plot(median.index * shift, median, marker=MARKERS[index], ms=3.5, lw=0.8, **look)
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
        if quantity in EXACT:
            axes.axhline(EXACT[quantity], color="0.6", lw=0.6, ls=":")
        if quantity in LOGARITHMIC:
            axes.set_yscale("log")
            style.plain_logarithm(axes.yaxis)
    handles = dict(zip(*grid[-1].get_legend_handles_labels()[::-1], strict=True))
    canvas.legend(handles.values(), handles, loc="outside upper center", ncols=5, frameon=False)
