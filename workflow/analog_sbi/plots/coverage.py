"""Calibration of the first round's posteriors: expected coverage, ranks, TARP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_sbi.plots import style

TITLES = {
    "first_2d": r"2 parameters, given $\mathbf{F}$",
    "first_7d": r"7 parameters, given $\mathbf{F}$",
    "all_7d": r"7 parameters, given $\mathbf{H}$",
}
BAND = "95 % band of an exact posterior"


@dataclass(frozen=True)
class Line:
    """Curves that are drawn alike."""

    label: str
    colour: str
    width: float
    dashes: str | tuple
    zorder: int


SEES = Line("seed", style.BLUE, 0.5, "-", 3)
BLIND = Line("seed, blind in one direction", style.VERMILION, 0.8, "--", 4)
ENSEMBLE = Line("ensemble", "black", 1.6, "-", 6)
BLIND_ENSEMBLE = Line("ensemble with a blind member", "black", 1.6, (0, (3, 1)), 6)
LEAK = Line("B: leak conductance, ensembles", style.GREEN, 0.9, "-", 5)
AXIAL = Line("B: axial conductance, ensembles", style.ORANGE, 0.9, "-", 5)


def draw(canvas: Figure, *, experiments: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]]) -> None:
    """Draw a column an experiment: coverage, ranks and TARP, the last two minus the level.

    ``experiments`` are titles, curves and summaries.
    """
    grid = canvas.subplots(3, len(experiments), height_ratios=(1.5, 1, 1), squeeze=False)
    for column, (title, curves, summary) in zip(grid.T, experiments, strict=True):
        above, middle, below = column
        blind = summary[["kind", "member", "blind"]]
        _members(above, _of(curves, "coverage"), blind, difference=False)
        above.set_title(title)
        above.set_aspect("equal")
        above.set(xlim=(0, 1), ylim=(0, 1), xlabel="credibility level")
        _ranks(middle, _of(curves, "sbc"))
        middle.set(xlim=(0, 1), xlabel="rank among the samples")
        _members(below, _of(curves, "tarp"), blind, difference=True)
        below.set(xlim=(0, 1), xlabel="credibility level")
        for axes in column:
            axes.spines[["top", "right"]].set_visible(False)
    for row in grid[1:]:
        largest = max(np.abs(axes.get_ylim()).max() for axes in row)
        for axes in row:
            axes.set_ylim(-largest, largest)
    for axes, text in zip(grid[:, 0], "ABC", strict=True):
        style.letter(axes, text)
    grid[0, 0].set_ylabel("expected coverage")
    grid[1, 0].set_ylabel("share of tests up to\nthe rank, minus uniform")
    grid[2, 0].set_ylabel("TARP coverage\nminus level")
    _legend(canvas, grid[0, 0])


def _of(curves: pd.DataFrame, method: str) -> pd.DataFrame:
    return curves[curves["method"] == method]


def _members(axes: Axes, curves: pd.DataFrame, blind: pd.DataFrame, difference: bool) -> None:
    """Curves of all seeds and ensembles, or their differences to the level."""
    _band(axes, curves, difference)
    marked = curves.merge(blind, on=["kind", "member"])
    for (kind, _, unseeing), rows in marked.groupby(["kind", "member", "blind"]):
        of_kind = {"seed": (SEES, BLIND), "ensemble": (ENSEMBLE, BLIND_ENSEMBLE)}
        _line(axes, rows, of_kind[kind][int(unseeing)], difference)


def _ranks(axes: Axes, curves: pd.DataFrame) -> None:
    """Differences to the diagonal of every parameter's ranks, of the ensembles."""
    ensembles = curves[curves["kind"] == "ensemble"]
    _band(axes, curves, difference=True)
    for (_, name), rows in ensembles.groupby(["member", "parameter"]):
        _line(axes, rows, LEAK if name.startswith("g_leak") else AXIAL, difference=True)


def _line(axes: Axes, rows: pd.DataFrame, line: Line, difference: bool) -> None:
    value = rows["value"] - rows["level"] if difference else rows["value"]
    axes.plot(
        *_closed(rows["level"], value, difference),
        color=line.colour,
        lw=line.width,
        ls=line.dashes,
        zorder=line.zorder,
        clip_on=False,
    )


def _band(axes: Axes, curves: pd.DataFrame, difference: bool) -> None:
    """Diagonal and band; that of the first member where levels differ between members."""
    first = curves[["kind", "member", "parameter"]].iloc[0]
    rows = curves[(curves[["kind", "member", "parameter"]] == first).all(axis=1)]
    shift = rows["level"] if difference else 0
    level, low = _closed(rows["level"], rows["low"] - shift, difference)
    high = _closed(rows["level"], rows["high"] - shift, difference)[1]
    axes.fill_between(level, low, high, color="0.85", lw=0, zorder=1)
    axes.plot((0, 1), (0, 0 if difference else 1), color="0.5", lw=0.6, ls=":", zorder=2)


def _closed(level: pd.Series, value: pd.Series, difference: bool) -> tuple[np.ndarray, np.ndarray]:
    """A curve with the points that it has at levels 0 and 1."""
    end = 0.0 if difference else 1.0
    return np.r_[0.0, level, 1.0], np.r_[0.0, value, end]


def _legend(canvas: Figure, axes: Axes) -> None:
    for line in (SEES, BLIND, ENSEMBLE, BLIND_ENSEMBLE, LEAK, AXIAL):
        axes.plot([], [], color=line.colour, lw=line.width, ls=line.dashes, label=line.label)
    axes.fill_between([], [], [], color="0.85", lw=0, label=BAND)
    canvas.legend(loc="outside upper center", ncols=3, frameon=False)
