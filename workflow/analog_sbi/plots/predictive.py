"""Heights that the prior predicts against those that the posteriors predict."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analog_sbi.plots import style

BINS = 50


def draw(
    canvas: Figure,
    *,
    prior: pd.DataFrame,
    posterior: dict[str, pd.DataFrame],
    target: pd.DataFrame,
    unit: str,
) -> None:
    """Draw a panel a height: row for the compartment measured, column for that of the input."""
    names = [name for name in target if name.startswith("h_")]
    length = round(len(names) ** 0.5)
    grid = canvas.subplots(length, length, squeeze=False)
    for axes, name in zip(grid.ravel(), names, strict=True):
        low, high = np.nanquantile(prior[name], (0.001, 0.999))
        edges = np.linspace(min(low, 0), high, BINS + 1)
        _panel(axes, name, prior, posterior, target, edges)
    canvas.supxlabel(f"height ({unit})", fontsize=7.5)
    canvas.supylabel("density (each scaled to its maximum)", fontsize=7.5)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=len(handles), frameon=False)


def _panel(
    axes: Axes,
    name: str,
    prior: pd.DataFrame,
    posterior: dict[str, pd.DataFrame],
    target: pd.DataFrame,
    edges: np.ndarray,
) -> None:
    _outline(axes, prior[name], edges, "0.75", "prior")
    for observable, table in posterior.items():
        label = f"posterior {style.OBSERVABLE_LABELS[observable]}"
        _outline(axes, table[name], edges, style.OBSERVABLE_COLOURS[observable], label)
    axes.axvline(target[name].mean(), color="black", ls=":", lw=0.9, label="target")
    axes.text(0.97, 0.95, f"$h_{{{name[2:]}}}$", transform=axes.transAxes, ha="right", va="top")
    axes.set_ylim(0, 1.05)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _outline(axes: Axes, values: pd.Series, edges: np.ndarray, colour: str, label: str) -> None:
    counts, _ = np.histogram(values.dropna(), bins=edges)
    scaled = counts / max(counts.max(), 1)
    axes.stairs(scaled, edges, fill=True, alpha=0.55, color=colour, label=label)
