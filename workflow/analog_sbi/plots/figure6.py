"""Figure 6: recovery of the posterior over rounds of fifty emulations."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.plots import plane, style

SHOWN = 6  # rounds of panel B


def draw(
    canvas: Figure,
    *,
    distance: pd.DataFrame,
    samples: pd.DataFrame,
    star: np.ndarray,
    frame: plane.Frame,
) -> None:
    """Draw A, E of every seed over rounds, and B, posteriors of a quick and a slow recovery.

    ``distance`` has the columns ``seed``, ``round``, ``distance`` and ``blind``.
    """
    panel_a, panel_b = canvas.subfigures(2, 1, height_ratios=(1, 1.15), hspace=0.03)
    quick, slow = examples(distance)
    axes = panel_a.subplots()
    for seed, rows in distance.groupby("seed"):
        colour = {quick: style.BLUE, slow: style.VERMILION}.get(seed, "0.6")
        dashes = ":" if rows["blind"].iloc[0] else "-"
        axes.plot(
            rows["round"] + 1,
            rows["distance"],
            ls=dashes,
            marker="o",
            ms=2.5,
            color=colour,
            zorder=3 if seed in (quick, slow) else 2,
        )
    axes.set_xlabel("round")
    axes.set_ylabel(f"mean distance $E$ ({frame.height_unit})")
    axes.set_yscale("log")
    axes.set_xticks(sorted(distance["round"].unique() + 1))
    for label, colour, dashes in (
        (f"quick recovery (seed {quick})", style.BLUE, "-"),
        (f"slow recovery (seed {slow})", style.VERMILION, "-"),
        ("network blind in one direction", "0.6", ":"),
    ):
        axes.plot([], [], color=colour, ls=dashes, label=label)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    style.letter(axes, "A")

    rounds = sorted(samples["round"].unique())
    shown = rounds[: SHOWN - 1] + rounds[-1:] if len(rounds) > SHOWN else rounds
    grid = panel_b.subplots(2, len(shown), sharex=True, sharey=True, squeeze=False)
    for row, (seed, colour) in enumerate(((quick, style.BLUE), (slow, style.VERMILION))):
        for column, number in enumerate(shown):
            axes = grid[row, column]
            part = samples[(samples["seed"] == seed) & (samples["round"] == number)]
            axes.scatter(
                part["g_leak"], part["g_axial"], s=1, lw=0, alpha=0.5, color=colour, rasterized=True
            )
            axes.plot(*star, marker="x", ms=4, mew=1, color="black")
            axes.set_xlim(*frame.limits.leak)
            axes.set_ylim(*frame.limits.axial)
            axes.set_box_aspect(1)
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(f"round {number + 1}")
    panel_b.supxlabel(rf"$g_\mathrm{{leak}}$ ({frame.limits.unit_leak}), whole range", fontsize=7.5)
    panel_b.supylabel(r"$g_\mathrm{axial}$", fontsize=7.5)
    style.letter(grid[0, 0], "B")


def examples(distance: pd.DataFrame) -> tuple[int, int]:
    """Two seeds with a poor first round: the quickest and the slowest to recover.

    Poor is above the median of the first round; recovered is below twice the smallest E. Seeds
    that do not recover are not shown, unless none does.
    """
    table = distance.pivot(index="seed", columns="round", values="distance")
    recovered = table[table[table.columns[-1]] < 2 * table.min().min()]
    table = table if recovered.empty else recovered
    first = table[table.columns[0]]
    poor = table[first >= first.median()]
    below = poor < 2 * table.min().min()
    when = below.apply(lambda row: row.values.argmax() if row.any() else len(row), axis=1)
    order = pd.DataFrame({"when": when, "first": -first[poor.index]}).sort_values(["when", "first"])
    return int(order.index[0]), int(order.index[-1])
