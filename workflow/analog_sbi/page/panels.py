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
BINS, PAIR_BINS = 24, 15  # over the central 99 % of the samples, along one axis and each of two
FINEST = 400  # bins over the whole prior
CURVE = 200  # points of the curve of a prior
MOST = 9  # parameters in one figure of pairs
PANEL = 1.25  # inches, of a pair

Canvas = Figure | SubFigure


def parameters(canvas: Canvas, answer: Answer) -> None:
    """Marginals over the prior, seeds side by side, and pairs.

    Pairs are over the prior below the diagonal, and over the samples only above it.
    """
    space = answer.problem.space
    window = np.stack(answer.problem.prior.window)
    close = np.quantile(answer.pooled, [0.001, 0.999], axis=0)
    count = min(len(space), MOST)
    grid = np.atleast_2d(canvas.subplots(count, count, squeeze=False))
    labels = [
        f"{name}\n({printed_unit(unit)})"
        for name, unit in zip(space.names, space.units, strict=True)
    ]
    for row in range(count):
        for column in range(count):
            axes: Axes = grid[row, column]
            axes.set_box_aspect(1)
            axes.tick_params(labelsize=6)
            if row == column:
                _marginal(axes, answer, row)
            else:
                _pair(axes, answer, column, row)
            limits = close if column > row else window
            axes.set_xlim(*limits[:, column])
            if column > row:
                axes.set_ylim(*limits[:, row])
                axes.tick_params(top=True, right=True, bottom=False, left=False)
                axes.tick_params(labeltop=row == 0, labelright=column == count - 1)
                axes.tick_params(labelbottom=False, labelleft=False)
                continue
            if row != column:
                axes.set_ylim(*limits[:, row])
            axes.tick_params(labelbottom=row == count - 1, labelleft=column == 0)
            if row == count - 1:
                axes.set_xlabel(labels[column])
            if column == 0 and row:
                axes.set_ylabel(labels[row])
    handles, names = grid[0, 0].get_legend_handles_labels()
    canvas.legend(
        handles, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=7
    )


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


def bin_edges(values: np.ndarray, low: float, high: float, count: int) -> np.ndarray:
    """Edges of even bins from ``low`` to ``high``, ``count`` over the central 99 % of values (N,).

    At least ``count``, and at most FINEST of them.
    """
    width = np.subtract(*np.quantile(values, [0.995, 0.005]))
    needed = count * (high - low) / width if width > 0 else FINEST
    return np.linspace(low, high, int(np.clip(np.ceil(needed), count, FINEST)) + 1)


def side(answer: Answer) -> float:
    """Inches of the figure of parameters."""
    return 1.2 + PANEL * min(max(len(answer.problem.space), 2), MOST)


def _marginal(axes: Axes, answer: Answer, index: int) -> None:
    prior = answer.problem.prior
    low, high = (ends[index] for ends in prior.window)
    bins = bin_edges(answer.pooled[:, index], low, high, BINS)
    if isinstance(prior, Box):
        axes.hlines(1 / (high - low), low, high, color=GREY, lw=1.2, label="prior")
    else:
        fine = np.linspace(low, high, CURVE)
        axes.plot(fine, prior.density(index, fine), color=GREY, lw=1.2, label="prior")
    for seed, values in enumerate(answer.samples[..., index]):
        label = "each seed" if not seed else None
        _outline(axes, values, bins, color=BLUE, alpha=0.5, lw=0.7, label=label)
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
    low, high = answer.problem.prior.window
    pooled = answer.pooled[:, [column, row]]
    x, y = (
        bin_edges(values, low[i], high[i], PAIR_BINS)
        for values, i in zip(pooled.T, (column, row), strict=True)
    )
    axes.hist2d(pooled[:, 0], pooled[:, 1], bins=(x, y), cmap="Blues", cmin=1, vmin=0)
    if answer.position is not None:
        axes.plot(*answer.position[[column, row]], "x", color=VERMILION, ms=4)
