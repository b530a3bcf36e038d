"""The outside yardstick: SNPE on the tasks of sbibm beside its published numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.registry import figure
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORES, SUMMARY = "sbibm.parquet", "sbibm_summary.parquet"


@figure(
    "sbibm",
    "SNPE on the ten tasks of sbibm, beside its published medians",
    needs=(SCORES, SUMMARY),
    height=2.8,
    category=None,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw C2ST of every observation and the medians, a panel a budget."""
    scores, medians = artifacts.table(SCORES), artifacts.table(SUMMARY)
    budgets = sorted(medians["budget"].unique())
    panels = canvas.subplots(1, len(budgets), squeeze=False, sharey=True)[0]
    for axes, budget in zip(panels, budgets, strict=True):
        rows = medians[medians["budget"] == budget].sort_values("task").reset_index(drop=True)
        for place, task in enumerate(rows["task"]):
            own = scores[(scores["task"] == task) & (scores["budget"] == budget)]["c2st"]
            axes.plot(np.full(len(own), place), own, ".", ms=3, color=style.BLUE, alpha=0.5)
        axes.plot(rows.index, rows["c2st"], "_", ms=10, color=style.BLUE, label="here, median")
        axes.plot(rows.index, rows["published"], "x", ms=5, color=style.VERMILION, label="sbibm")
        axes.set_xticks(rows.index, rows["task"], rotation=60, ha="right")
        axes.set_title(f"{budget} simulations")
        axes.set_ylim(0.48, 1.02)
    panels[0].set_ylabel("C2ST to the reference")
    panels[0].legend(frameon=False)
