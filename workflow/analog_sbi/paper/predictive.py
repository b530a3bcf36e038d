"""Heights that the prior predicts against those that the posteriors predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.models.chain import height_names
from analog_sbi.paper.artifacts import Artifacts, of_experiment, target_of
from analog_sbi.paper.chain import COLOURS, GIVEN, height_label
from analog_sbi.paper.registry import figure
from analog_sbi.paper.seeds import shown
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARGET = target_of("all_7d")
(PRIOR,) = of_experiment("all_7d", "round_0/observations")
POSTERIOR = {
    "first": of_experiment("first_7d", "ensemble/predictive")[0],
    "all": of_experiment("all_7d", "ensemble/predictive")[0],
}
SHOWN = 0  # ensemble
BINS = 50


@figure(
    "predictive",
    "Heights that the prior predicts against those that the posteriors predict",
    needs=(TARGET, PRIOR, *POSTERIOR.values()),
    settings=("ensemble.size",),
    height=4.6,
    target="trust",
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a panel a height: row for the compartment measured, column for that of the input."""
    length = artifacts.frame.length
    target, prior = artifacts.table(TARGET), artifacts.table(PRIOR)
    posterior = {
        name: shown(artifacts.table(path), SHOWN, "ensemble") for name, path in POSTERIOR.items()
    }
    grid = canvas.subplots(length, length, squeeze=False)
    for axes, name in zip(grid.ravel(), height_names(length), strict=True):
        low, high = np.nanquantile(prior[name], (0.001, 0.999))
        edges = np.linspace(min(low, 0), high, BINS + 1)
        _panel(axes, name, prior, posterior, target, edges)
    canvas.supxlabel(f"height ({style.unit(artifacts.frame.height_unit)})", fontsize=7.5)
    canvas.supylabel("density (each scaled to its maximum)", fontsize=7.5)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=len(handles), frameon=False)


def _panel(
    axes: Axes,
    name: str,
    prior: pd.DataFrame,
    posterior: Mapping[str, pd.DataFrame],
    target: pd.DataFrame,
    edges: np.ndarray,
) -> None:
    _outline(axes, prior[name], edges, "0.75", "prior")
    for observable, table in posterior.items():
        label = f"posterior {GIVEN[observable]}"
        _outline(axes, table[name], edges, COLOURS[observable], label)
    axes.axvline(target[name].mean(), color="black", ls=":", lw=0.9, label="target")
    axes.text(0.97, 0.95, height_label(name), transform=axes.transAxes, ha="right", va="top")
    axes.set_ylim(0, 1.05)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _outline(axes: Axes, values: pd.Series, edges: np.ndarray, colour: str, label: str) -> None:
    counts, _ = np.histogram(values.dropna(), bins=edges)
    scaled = counts / max(counts.max(), 1)
    axes.stairs(scaled, edges, fill=True, alpha=0.55, color=colour, label=label)
