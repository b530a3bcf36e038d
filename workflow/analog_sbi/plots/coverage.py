"""Calibration of the first round's posteriors: coverage, ranks of the parameters, TARP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_sbi.checks.calibration import half_width
from analog_sbi.plots import style

ROWS = (
    ("coverage", "expected coverage $-$ level"),
    ("sbc", "share of ranks below level $-$ level"),
    ("tarp", "coverage of TARP $-$ level"),
)


def draw(canvas: Figure, *, experiments: Sequence[tuple[str, pd.DataFrame, pd.DataFrame]]) -> None:
    """Draw a column an experiment: title, curves and summary; the ranks are of ensembles only."""
    grid = canvas.subplots(len(ROWS), len(experiments), sharex=True, sharey="row", squeeze=False)
    for column, (title, curves, summary) in zip(grid.T, experiments, strict=True):
        width = half_width(int(summary["tests"].min()))
        for axes, (method, _) in zip(column, ROWS, strict=True):
            axes.axhspan(-width, width, color="0.9", lw=0, label="95 % band")
            axes.axhline(0, color="0.5", lw=0.6)
            axes.spines[["top", "right"]].set_visible(False)
            _curves(axes, curves[curves["method"] == method], summary)
        column[0].set_title(title)
        column[-1].set_xlabel("level")
    for axes, text, (_, label) in zip(grid[:, 0], "ABC", ROWS, strict=True):
        axes.set_ylabel(label)
        style.letter(axes, text)
    handles = {}
    for axes in grid.flat:
        found = axes.get_legend_handles_labels()
        handles |= dict(zip(found[1], found[0], strict=True))
    canvas.legend(handles.values(), handles, loc="outside upper center", ncols=4, frameon=False)


def _curves(axes: Axes, curves: pd.DataFrame, summary: pd.DataFrame) -> None:
    blind = summary[summary["kind"] == "seed"].set_index("member")["blind"]
    for (kind, member, parameter), rows in curves.groupby(["kind", "member", "parameter"]):
        if kind == "seed" and not parameter:
            sees = not blind[member]
            look = {"color": style.BLUE if sees else style.VERMILION, "lw": 0.6, "zorder": 2}
            look |= {"ls": "-" if sees else "--"}
            look["label"] = "single network" if sees else "blind network"
        elif kind == "ensemble":
            look = {"color": style.ORANGE, "lw": 1.6 if not parameter else 0.9, "zorder": 3}
            look["label"] = "ensemble" if not parameter else "ensemble, each parameter"
        else:
            continue
        axes.plot(rows["level"], rows["value"] - rows["level"], **look)
