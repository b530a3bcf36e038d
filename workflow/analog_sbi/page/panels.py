"""The figures of a page: parameters over the prior, predictions beside the target, rounds."""

from __future__ import annotations

from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analog_sbi.page.answer import Answer
from analog_sbi.prior import Box
from analog_sbi.space import printed_unit

# Okabe and Ito's palette
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#8A8A8A"
BINS = 30
CURVE = 200  # points of the curve of a prior
MOST = 9  # parameters in one figure of pairs
PANEL = 1.25  # inches, of a pair

Canvas = Figure | SubFigure


def parameters(canvas: Canvas, answer: Answer) -> None:
    """Marginals over the prior, seeds side by side, and pairs below the diagonal."""
    space = answer.problem.space
    first, last = answer.problem.prior.window
    count = min(len(space), MOST)
    grid = np.atleast_2d(canvas.subplots(count, count, squeeze=False))
    for row in range(count):
        for column in range(count):
            axes: Axes = grid[row, column]
            if column > row:
                axes.set_axis_off()
                continue
            axes.set_xlim(first[column], last[column])
            if row == column:
                _marginal(axes, answer, row)
            else:
                _pair(axes, answer, column, row)
            axes.tick_params(labelsize=6)
            if row == count - 1:
                axes.set_xlabel(f"{space.names[column]}\n({printed_unit(space.units[column])})")
            else:
                axes.set_xticklabels([])
            if column == 0 and row:
                axes.set_ylabel(f"{space.names[row]}\n({printed_unit(space.units[row])})")
            elif column:
                axes.set_yticklabels([])
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="upper right", frameon=False, fontsize=7)


def predictions(canvas: Canvas, answer: Answer) -> None:
    """Every feature: central 90 % of the prior's and of the posterior's, and the target."""
    names = answer.problem.features
    mean = answer.trials.mean(axis=0)
    spread = np.nanstd(answer.prior, axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    axes = canvas.subplots()
    place = np.arange(len(names))
    for values, colour, width, label in (
        (answer.prior, GREY, 6, "prior"),
        (answer.predictive, BLUE, 3, "posterior"),
    ):
        low, middle, high = np.nanquantile((values - mean) / scale, [0.05, 0.5, 0.95], axis=0)
        axes.vlines(place, low, high, color=colour, lw=width, alpha=0.6, label=label)
        axes.plot(place, middle, ".", color=colour, ms=4)
    error = answer.trials.std(axis=0) / scale
    axes.errorbar(
        place, 0 * place, yerr=error, fmt="x", color=VERMILION, ms=5, lw=1, label="target, trials"
    )
    axes.set_xticks(place, names, rotation=90 if len(names) > 8 else 0)
    axes.set_ylabel("distance to the target\n(spread of the prior's)")
    axes.legend(frameon=False, fontsize=7, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    sns.despine(ax=axes)


def rounds(canvas: Canvas, answer: Answer) -> None:
    """Mean distance to the target of what each round measured, a line a seed."""
    axes = canvas.subplots()
    number = np.arange(answer.distances.shape[1])
    axes.plot(number, answer.distances.T, color=BLUE, alpha=0.4, lw=0.8)
    axes.plot(number, np.nanmedian(answer.distances, axis=0), "o-", color=BLUE, ms=4)
    axes.set_xticks(number)
    axes.set_xlabel("round (0: the prior)")
    units = ", ".join(sorted(set(map(printed_unit, answer.problem.units))))
    axes.set_ylabel(f"distance to the target\n({units})")
    axes.set_ylim(bottom=0)
    sns.despine(ax=axes)


def side(answer: Answer) -> float:
    """Inches of the figure of parameters."""
    return 1.2 + PANEL * min(max(len(answer.problem.space), 2), MOST)


def _marginal(axes: Axes, answer: Answer, index: int) -> None:
    prior = answer.problem.prior
    low, high = (ends[index] for ends in prior.window)
    bins = np.linspace(low, high, BINS + 1)
    if isinstance(prior, Box):
        axes.hlines(1 / (high - low), low, high, color=GREY, lw=1.2, label="prior")
    else:
        fine = np.linspace(low, high, CURVE)
        axes.plot(fine, prior.density(index, fine), color=GREY, lw=1.2, label="prior")
    for seed, values in enumerate(answer.samples[..., index]):
        label = "each seed" if not seed else None
        _outline(axes, values, bins, color=BLUE, alpha=0.35, lw=0.7, label=label)
    _outline(axes, answer.pooled[:, index], bins, color=BLUE, lw=1.6, label="posterior")
    if answer.position is not None:
        axes.axvline(answer.position[index], color=VERMILION, ls=":", lw=1, label="measured at")
    axes.set_yticks([])
    axes.set_ylim(bottom=0)
    sns.despine(ax=axes, left=True)


def _outline(axes: Axes, values: np.ndarray, bins: np.ndarray, **line: Any) -> None:
    density, edges = np.histogram(values, bins, density=True)
    axes.stairs(density, edges, **line)


def _pair(axes: Axes, answer: Answer, column: int, row: int) -> None:
    (low, high), pooled = answer.problem.prior.window, answer.pooled
    limits = [(low[i], high[i]) for i in (column, row)]
    axes.hist2d(pooled[:, column], pooled[:, row], bins=BINS, range=limits, cmap="Blues")
    if answer.position is not None:
        axes.plot(*answer.position[[column, row]], "x", color=VERMILION, ms=4)
