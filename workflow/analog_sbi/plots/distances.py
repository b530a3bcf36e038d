"""Distances to the reference posterior: C2ST beside the paper's E, over rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_sbi.plots import style

CLAIMED = 0.60  # C2ST that our claims allow an ensemble
SPREAD = 0.4  # rounds from the first seed's point to the last one's
C2ST_RANGE = (0.4, 1.03)


@dataclass(frozen=True)
class Kind:
    """Points that are drawn alike."""

    label: str
    marker: str
    colour: str
    size: float
    zorder: int


SEES = Kind("seed", "o", style.BLUE, 8, 3)
BLIND = Kind("seed, blind in one direction", "x", style.VERMILION, 13, 4)
ENSEMBLE = Kind("ensemble", "D", style.ORANGE, 16, 5)
BLIND_ENSEMBLE = Kind("ensemble with a blind member", "d", style.ORANGE, 20, 5)


def draw(canvas: Figure, *, experiments: Sequence[tuple[str, str, pd.DataFrame]]) -> None:
    """Draw a column an experiment: C2ST and E over rounds, and C2ST against E.

    ``experiments`` are titles, units of E and tables of distances.
    """
    grid = canvas.subplots(3, len(experiments), height_ratios=(1, 1, 1.2), squeeze=False)
    for column, (title, unit, table) in zip(grid.T, experiments, strict=True):
        above, middle, below = column
        _over_rounds(above, table, "c2st")
        _over_rounds(middle, table, "distance")
        middle.set_yscale("log")
        style.plain_logarithm(middle.yaxis)
        middle.set_xlabel("round")
        _against(below, table)
        for axes in (above, below):
            axes.axhspan(*_floor(table), color="0.85", lw=0, label="reference against itself")
            axes.axhline(CLAIMED, color="0.5", ls=":", lw=0.8, label="largest that is claimed")
            axes.set_ylim(*C2ST_RANGE)
        for axes in column:
            axes.spines[["top", "right"]].set_visible(False)
        above.set_title(title)
        middle.set_ylabel(f"mean distance $E$ ({unit})")
        below.set_xlabel(f"mean distance $E$ ({unit})")
    for axes, text in zip(grid[:, 0], "ABC", strict=True):
        style.letter(axes, text)
    grid[0, 0].set_ylabel("C2ST to the reference")
    grid[2, 0].set_ylabel("C2ST to the reference")
    for kind in (SEES, BLIND, ENSEMBLE, BLIND_ENSEMBLE):
        _points(grid[0, 0], [], [], kind)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    canvas.legend(shown.values(), shown, loc="outside upper center", ncols=3, frameon=False)


def of_kind(table: pd.DataFrame) -> list[tuple[Kind, pd.DataFrame]]:
    """Rows of a table of distances by how they are drawn; the floor is left out."""
    seeds, ensembles = (table[table["kind"] == kind] for kind in ("seed", "ensemble"))
    return [
        (SEES, seeds[~seeds["blind"]]),
        (BLIND, seeds[seeds["blind"]]),
        (ENSEMBLE, ensembles[~ensembles["blind"]]),
        (BLIND_ENSEMBLE, ensembles[ensembles["blind"]]),
    ]


def _over_rounds(axes: Axes, table: pd.DataFrame, quantity: str) -> None:
    for kind, rows in of_kind(table):
        last = max(rows["member"].max() if len(rows) else 0, 1)
        place = rows["round"] + 1 + SPREAD * (rows["member"] / last - 0.5)
        _points(axes, place, rows[quantity], kind)
    seeds = table[table["kind"] == "seed"]
    median = seeds.groupby("round")[quantity].median()
    axes.plot(median.index + 1, median, color="black", lw=1.2, zorder=2, label="median of seeds")
    rounds = median.index + 1
    axes.set_xticks(rounds if len(rounds) < 6 else rounds[::2])


def _against(axes: Axes, table: pd.DataFrame) -> None:
    """Last round in full, earlier ones paler."""
    for kind, rows in of_kind(table):
        late = rows["round"] == table["round"].max()
        _points(axes, rows.loc[~late, "distance"], rows.loc[~late, "c2st"], kind, alpha=0.25)
        _points(axes, rows.loc[late, "distance"], rows.loc[late, "c2st"], kind)
    axes.set_xscale("log")
    style.plain_logarithm(axes.xaxis)


def _points(axes: Axes, x, y, kind: Kind, alpha: float = 1.0) -> None:
    lines = 0.9 if kind.marker == "x" else 0.4
    edge = {} if kind.marker == "x" else {"edgecolors": "white" if kind is SEES else "black"}
    axes.scatter(
        x,
        y,
        marker=kind.marker,
        s=kind.size,
        color=kind.colour,
        lw=lines,
        alpha=alpha,
        zorder=kind.zorder,
        label=None if len(x) else kind.label,
        **edge,
    )


def _floor(table: pd.DataFrame) -> tuple[float, float]:
    """Range of C2ST of the reference against itself; 0.5 alone if it is not known."""
    values = table.loc[table["kind"] == "floor", "c2st"]
    return (values.min(), values.max()) if len(values) else (0.5, 0.5)
