"""Figure 7: E over depth and width of the estimator, with blind networks told apart."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.plots import style


def draw(
    canvas: Figure, *, sizes: pd.DataFrame, reverse: pd.DataFrame, failed: float, unit: str
) -> None:
    """Draw a panel a depth, and one for reversed permutations.

    Tables have the columns ``transforms``, ``hidden``, ``weights``, ``distance`` and ``blind``;
    ``failed`` is the E above which a run counts as not recovered.
    """
    depths = sorted(sizes["transforms"].unique())
    grid = canvas.subplots(1, len(depths) + 1, sharey=True)
    for axes, transforms in zip(grid, depths, strict=False):
        rows = sizes[sizes["transforms"] == transforms]
        _panel(axes, rows, "hidden")
        axes.set_title(f"{transforms} transform{'s' if transforms > 1 else ''}")
    reverse = reverse.assign(
        size=reverse["transforms"].astype(str) + "x" + reverse["hidden"].astype(str)
    )
    _panel(grid[-1], reverse, "size")
    grid[-1].set_title("reversed\npermutations")
    for axes in grid:
        axes.axhline(failed, color="0.5", ls=":", lw=0.8)
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_yscale("log")
    grid[0].set_ylabel(f"mean distance $E$ ({unit})")
    canvas.supxlabel("hidden units of a block (trainable parameters)", fontsize=7.5)
    grid[0].scatter([], [], marker="o", s=9, color=style.BLUE, label="sees the observation")
    grid[0].scatter([], [], marker="x", s=12, color=style.VERMILION, label="blind in one direction")
    grid[0].plot([], [], color="black", lw=1.4, label="median")
    canvas.legend(
        *grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
    )


def _panel(axes, rows: pd.DataFrame, by: str) -> None:
    groups = list(rows.groupby(by, sort=True))
    for place, (_, group) in enumerate(groups):
        offsets = (group["seed"] - group["seed"].mean()) / 25
        for blind, marker, size, colour in (
            (False, "o", 9, style.BLUE),
            (True, "x", 12, style.VERMILION),
        ):
            part = group[group["blind"] == blind]
            axes.scatter(
                place + offsets[part.index],
                part["distance"],
                marker=marker,
                s=size,
                color=colour,
                lw=0 if marker == "o" else 0.9,
                zorder=3,
            )
        axes.plot(
            [place - 0.3, place + 0.3], [group["distance"].median()] * 2, color="black", lw=1.4
        )
    labels = [f"{name} ({group['weights'].iloc[0]})" for name, group in groups]
    axes.set_xticks(range(len(groups)), labels, fontsize=6, rotation=90)
    axes.set_xlim(-0.6, len(groups) - 0.4)
