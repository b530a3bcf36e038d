"""Algorithms at equal budgets: distance to the reference, coverage of it, E, and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.registry import figure
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMPARISON = "{backend}/comparison.parquet"
LOGARITHMIC = ("distance", "seconds")
SPREAD = 0.72  # of the step between budgets, from the first algorithm to the last


@figure(
    "algorithms",
    "Algorithms at equal budgets",
    needs=(COMPARISON,),
    settings=("compare_algorithms.experiment", "compare_algorithms.titles"),
    height=5.2,
    category="Algorithms",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a panel a quantity: each seed as a point, medians joined."""
    from analog_sbi.diagnostics.comparison import CENTRAL

    table = artifacts.table(COMPARISON)
    problem = artifacts.problem(artifacts.settings["compare_algorithms.experiment"])
    unit = style.unit(problem.units[0])
    budgets = sorted(table["budget"].unique())
    table = table.assign(place=table["budget"].map(budgets.index))
    titles = artifacts.settings["compare_algorithms.titles"]
    shown = list(table["algorithm"].unique())
    colours, markers = style.colours(len(shown)), style.markers(len(shown))
    exact = {"c2st": 0.5, "coverage": CENTRAL}
    panels = (
        ("c2st", "C2ST to the reference"),
        ("coverage", f"reference within central {100 * CENTRAL:.0f} %"),
        ("distance", f"mean distance $E$ ({unit})"),
        ("seconds", "time beside emulation (s)"),
    )
    grid = canvas.subplots(2, 2).ravel()
    for axes, (quantity, label), text in zip(grid, panels, "ABCD", strict=True):
        for index, algorithm in enumerate(shown):
            rows = table[(table["algorithm"] == algorithm) & table[quantity].notna()]
            if not len(rows):
                continue
            shift = SPREAD * (index / max(len(shown) - 1, 1) - 0.5)
            colour, name = colours[index], titles[algorithm]
            median = rows.groupby("place")[quantity].median()
            axes.plot(
                median.index + shift,
                median,
                marker=markers[index],
                ms=3.5,
                lw=0.8,
                color=colour,
                label=name,
            )
            axes.scatter(rows["place"] + shift, rows[quantity], s=3, color=colour, alpha=0.5)
        for place in range(len(budgets)):
            width = SPREAD / 2 + 0.06
            axes.axvspan(place - width, place + width, color="0.95", lw=0, zorder=0)
        axes.set_xticks(range(len(budgets)), [f"{budget:g}" for budget in budgets])
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("emulations of a seed (grey: one budget)")
        axes.set_ylabel(label)
        axes.spines[["top", "right"]].set_visible(False)
        style.letter(axes, text)
        if quantity in exact:
            axes.axhline(exact[quantity], color="0.6", lw=0.6, ls=":")
        if quantity in LOGARITHMIC:
            axes.set_yscale("log")
            style.plain_logarithm(axes.yaxis)
    handles = dict(zip(*grid[-1].get_legend_handles_labels()[::-1], strict=True))
    canvas.legend(handles.values(), handles, loc="outside upper center", ncols=5, frameon=False)
