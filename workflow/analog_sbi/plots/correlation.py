"""Correlation of seven parameters given the first column of heights and given all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analog_sbi.plots import style

COLOURS = "PuOr_r"  # diverging; told apart by colour-blind readers
DARK = 0.6  # correlations beyond which numbers are white


def draw(
    canvas: Figure, *, samples: dict[str, pd.DataFrame], reference: dict[str, pd.DataFrame]
) -> None:
    """Draw a matrix an observable, of samples below and of the reference above the diagonal.

    Tables have parameters only.
    """
    panels = canvas.subplots(1, len(samples), sharey=True)
    for axes, (observable, table) in zip(panels, samples.items(), strict=True):
        below, above = (
            np.corrcoef(part[table.columns].to_numpy().T) for part in (table, reference[observable])
        )
        values = np.tril(below) + np.triu(above, 1)
        image = axes.imshow(values, cmap=COLOURS, vmin=-1, vmax=1)
        labels = [style.parameter_label(name) for name in table]
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.tick_params(length=0)
        for row, column in zip(*np.tril_indices(len(values), -1), strict=True):
            for i, j in ((row, column), (column, row)):
                value = values[i, j]
                axes.text(
                    j,
                    i,
                    f"{value:.2f}",
                    ha="center",
                    va="center",
                    fontsize=5.5,
                    color="white" if abs(value) > DARK else "black",
                )
        axes.set_title(
            f"{style.OBSERVABLE_LABELS[observable]}\nbelow the diagonal: ensemble, above: reference"
        )
        axes.spines[:].set_visible(False)
    bar = canvas.colorbar(image, ax=panels, shrink=0.8, pad=0.02)
    bar.set_label("correlation")
    bar.outline.set_visible(False)
    for axes, text in zip(panels, "AB", strict=False):
        style.letter(axes, text)
