"""Pairs of seven parameters: given the first column of heights below, given all above."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, known_position, of_experiment, target_of
from analog_sbi.paper.chain import COLOURS, GIVEN, parameter_label
from analog_sbi.paper.registry import figure
from analog_sbi.paper.seeds import shown
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TARGET = target_of("all_7d")
SAMPLES = {
    "first": of_experiment("first_7d", "ensemble/samples")[0],
    "all": of_experiment("all_7d", "ensemble/samples")[0],
}
SHOWN = 0  # ensemble
BINS = 26  # a parameter, of a thousand samples; fewer have wider ones
LOWER, UPPER = "first", "all"  # observables on either side of the diagonal

Ranges = Mapping[str, tuple[float, float]]


@figure(
    "pairs",
    "Pairs of seven parameters given F* and given H*",
    needs=(TARGET, *SAMPLES.values()),
    settings=("ensemble.size",),
    height=7.1,
    target="trust",
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw marginals on the diagonal and a density a pair; no panel reaches beyond the prior."""
    samples = {
        name: shown(artifacts.table(path), SHOWN, "ensemble") for name, path in SAMPLES.items()
    }
    space = artifacts.problem("all_7d").space
    names = space.names
    position = known_position(artifacts.table(TARGET), names)
    star = {} if position is None else dict(zip(names, position, strict=True))
    bins = _bins(samples)
    limits = {name: _span(samples, name, space.limits(name)) for name in names}
    grid = canvas.subplots(len(names), len(names))
    for row, below in enumerate(names):
        for column, right in enumerate(names):
            axes: Axes = grid[row, column]
            axes.set_xlim(*limits[right])
            axes.set_xticks([])
            axes.set_yticks([])
            if row == column:
                _marginal(axes, samples, right, limits[right], bins)
                if star:
                    axes.axvline(star[right], color="black", ls=":", lw=0.9)
            else:
                observable = LOWER if row > column else UPPER
                _density(axes, samples[observable], (right, below), limits, observable, bins)
                if star:
                    _mark(axes, star[right], star[below])
            if row == len(names) - 1:
                axes.set_xlabel(parameter_label(right))
            if column == 0:
                axes.set_ylabel(parameter_label(below))
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)


def _span(
    samples: Mapping[str, pd.DataFrame], name: str, limits: tuple[float, float]
) -> tuple[float, float]:
    """Range of a parameter in which nearly all samples of all posteriors lie, and a margin."""
    values = pd.concat([table[name] for table in samples.values()])
    low, high = values.quantile([0.001, 0.999])
    margin = 0.05 * (high - low)
    return max(low - margin, limits[0]), min(high + margin, limits[1])


def _bins(samples: Mapping[str, pd.DataFrame]) -> int:
    """Bins of a parameter, so that those of a pair hold as many samples of any number."""
    count = min(map(len, samples.values()))
    return int(np.clip(round(BINS * np.sqrt(count / 1000)), 8, BINS))


def _mark(axes: Axes, x: float, y: float) -> None:
    """Mark the target; the white rim shows it on dark ground."""
    axes.plot(x, y, "x", color="white", ms=4, mew=2.0)
    axes.plot(x, y, "x", color="black", ms=3.2, mew=0.8)


def _marginal(
    axes: Axes,
    samples: Mapping[str, pd.DataFrame],
    name: str,
    limits: tuple[float, float],
    bins: int,
) -> None:
    sides = {LOWER: "below the diagonal", UPPER: "above the diagonal"}
    for observable, table in samples.items():
        axes.hist(
            table[name],
            bins=np.linspace(*limits, bins + 1).tolist(),
            density=True,
            histtype="stepfilled",
            alpha=0.55,
            color=COLOURS[observable],
            label=f"{GIVEN[observable]}, {sides[observable]}",
        )
    axes.spines[["top", "right", "left"]].set_visible(False)


def _density(
    axes: Axes,
    table: pd.DataFrame,
    pair: tuple[str, str],
    limits: Ranges,
    observable: str,
    bins: int,
) -> None:
    x, y = pair
    colours = style.colour_map(observable, "white", COLOURS[observable], "black")
    axes.hist2d(table[x], table[y], bins=bins, range=[limits[x], limits[y]], cmap=colours)
    axes.set_ylim(*limits[y])
