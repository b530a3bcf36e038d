"""Correlation of seven parameters given the first column of heights and given all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.chain import GIVEN, parameter_label
from analog_sbi.paper.pairs import SAMPLES, SHOWN
from analog_sbi.paper.registry import figure
from analog_sbi.paper.seeds import shown
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXPERIMENTS = {"first": "first_7d", "all": "all_7d"}
REFERENCE = {
    name: f"{{backend}}/reference/individual_{name}/samples.parquet" for name in EXPERIMENTS
}
COLOUR_MAP = "PuOr_r"  # diverging; told apart by colour-blind readers
DARK = 0.6  # correlations beyond which numbers are white


@figure(
    "correlation",
    "Correlation of seven parameters given F* and given H*",
    needs=(*SAMPLES.values(), *REFERENCE.values()),
    settings=("ensemble.size",),
    height=3.3,
    target="trust",
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a matrix an observable, of an ensemble below, of the reference above the diagonal."""
    panels = canvas.subplots(1, len(SAMPLES), sharey=True)
    for axes, observable in zip(panels, SAMPLES, strict=True):
        names = list(artifacts.problem(EXPERIMENTS[observable]).space.names)
        samples = shown(artifacts.table(SAMPLES[observable]), SHOWN, "ensemble")
        below, above = (
            np.corrcoef(part[names].to_numpy().T)
            for part in (samples, artifacts.table(REFERENCE[observable]))
        )
        values = np.tril(below) + np.triu(above, 1)
        image = axes.imshow(values, cmap=COLOUR_MAP, vmin=-1, vmax=1)
        labels = [parameter_label(name) for name in names]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.tick_params(length=0)
        for row, column in zip(*np.tril_indices(len(values), -1), strict=True):
            for i, j in ((row, column), (column, row)):
                value = values[i, j]
                axes.text(
                    j,
                    i,
                    f"{round(value, 2) + 0.0:.2f}",  # no zero with a sign
                    ha="center",
                    va="center",
                    fontsize=5.5,
                    color="white" if abs(value) > DARK else "black",
                )
        axes.set_title(f"{GIVEN[observable]}\nbelow the diagonal: ensemble, above: reference")
        axes.spines[:].set_visible(False)
    bar = canvas.colorbar(image, ax=panels, shrink=0.8, pad=0.02)
    bar.set_label("correlation")
    bar.outline.set_visible(False)
    for axes, text in zip(panels, "AB", strict=False):
        style.letter(axes, text)
