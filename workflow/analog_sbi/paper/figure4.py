"""Figure 4: seven parameters, given the first column or all heights, and the predictive check."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.models.chain import height_name, height_names
from analog_sbi.paper.artifacts import Artifacts, known_position, of_experiment, target_of
from analog_sbi.paper.chain import (
    COLOURS,
    GIVEN,
    first_column,
    first_row,
    height_label,
    kinds,
    parameter_label,
)
from analog_sbi.paper.criteria import Quantities, above, at_most, below, rising
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.seeds import last_round, shown, spread
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style
from analog_sbi.space import Space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

TARGET = target_of("all_7d")
FIRST_SAMPLES, FIRST_PREDICTIVE = of_experiment("first_7d", "samples", "predictive")
ALL_SAMPLES, ALL_PREDICTIVE = of_experiment("all_7d", "samples", "predictive")
ACROSS = 6  # panels side by side that have room for words
MARGINAL, SQUARE, FLAT = 1.19, 0.805, 0.45  # inches of a panel of A, of B, and of B of long chains
LIMIT = 8.0  # of the deviations that are shown, in sigma*


@figure(
    "figure4",
    "Marginals of seven parameters and the predictive check of all heights",
    needs=(TARGET, FIRST_SAMPLES, ALL_SAMPLES, FIRST_PREDICTIVE, ALL_PREDICTIVE),
    settings=("predictive.seed",),
    height=5.6,
    of_trees=True,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw A, a histogram a parameter, and B, mean and spread of every height's deviation."""
    seed, target = artifacts.settings["predictive.seed"], artifacts.table(TARGET)
    samples, predictive = (
        {name: shown(artifacts.table(path), seed) for name, path in paths.items()}
        for paths in (
            {"first": FIRST_SAMPLES, "all": ALL_SAMPLES},
            {"first": FIRST_PREDICTIVE, "all": ALL_PREDICTIVE},
        )
    )
    length = artifacts.frame.length
    across = _across(length)
    lines = math.ceil(length / across) + math.ceil((length - 1) / across)
    square = max(4, length) * SQUARE if length <= ACROSS else length * FLAT
    heights = (lines * MARGINAL, square)
    canvas.set_size_inches(style.WIDTH, sum(heights))
    panel_a, panel_b = style.stacked(canvas, heights, 0.03)
    _marginals(panel_a, samples, target, artifacts.problem("all_7d").space)
    _check(panel_b, predictive, target, length)


def _marginals(
    panel: SubFigure, samples: Mapping[str, pd.DataFrame], target: pd.DataFrame, space: Space
) -> None:
    leak, axial = kinds(space.names)
    star = known_position(target, space.names)
    across = _across(len(leak))
    lines = [
        names[start : start + across]
        for names in (leak, axial)
        for start in range(0, len(names), across)
    ]
    few = across <= 5
    grid = panel.subplots(len(lines), max(across, 2), sharey="row", squeeze=False)
    for row, names in zip(grid, lines, strict=True):
        for axes in row[len(names) :]:
            axes.axis("off")
        for axes, name in zip(row, names, strict=False):
            for observable, table in samples.items():
                axes.hist(
                    table[name],
                    bins=np.linspace(*space.limits(name), 31),
                    density=True,
                    histtype="stepfilled",
                    alpha=0.55,
                    color=COLOURS[observable],
                    label=GIVEN[observable],
                )
            if star is not None:
                axes.axvline(star[space.names.index(name)], color="black", ls=":", lw=0.9)
            axes.set_xlim(*space.limits(name))
            unit = style.unit(space.unit(name))
            axes.set_xlabel(parameter_label(name) + (f" ({unit})" if few else ""))
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
    if not few:
        panel.supxlabel(
            " and ".join(sorted({style.unit(unit) for unit in space.units})), fontsize=7.5
        )
    handles, labels = grid[0, 0].get_legend_handles_labels()
    # The connections are one fewer than the compartments.
    grid[-1, -1].legend(handles, labels, loc="center", frameon=False, fontsize=7.5)
    style.letter(grid[0, 0], "A")


def _across(length: int) -> int:
    """Panels of marginals side by side, in lines that are about equally long."""
    return math.ceil(length / math.ceil(length / ACROSS))


def _check(
    panel: SubFigure, predictive: Mapping[str, pd.DataFrame], target: pd.DataFrame, length: int
) -> None:
    names = height_names(length)
    star, sigma = target[names].mean(), target[names].std(ddof=1)
    grid = panel.subplots(length, length, sharex=True, sharey=True)
    for index, name in enumerate(names):
        axes: Axes = grid[index // length, index % length]
        axes.axvspan(-1, 1, color="0.9", lw=0)
        axes.axvline(0, color="0.6", lw=0.6)
        for place, (observable, table) in enumerate(predictive.items()):
            away = (table[name] - star[name]) / sigma[name]
            colour = COLOURS[observable]
            y = -place
            axes.plot(
                [away.mean() - away.std(), away.mean() + away.std()],
                [y, y],
                color=colour,
                lw=3,
                alpha=0.6,
                solid_capstyle="butt",
            )
            axes.plot([away.mean()] * 2, [y - 0.35, y + 0.35], color=colour, lw=1.4)
            _beyond(axes, away.mean(), away.std(), y, colour)
        axes.text(
            0.03,
            0.95,
            height_label(name),
            transform=axes.transAxes,
            va="top",
            fontsize=6.5 if length <= ACROSS else 5.5,
        )
        axes.set_xlim(-LIMIT, LIMIT)
        # Of long chains the name has a line of its own.
        axes.set_ylim(-len(predictive) + 0.3, 0.9 if length <= ACROSS else 2.4)
        axes.set_yticks([])
    panel.supxlabel(r"deviation ($\sigma^*$)", fontsize=7.5)
    style.letter(grid[0, 0], "B")


def _beyond(axes: Axes, mean: float, sd: float, y: float, colour: str) -> None:
    """An arrowhead at an edge beyond which a bar goes on."""
    for edge, marker in ((-LIMIT, "<"), (LIMIT, ">")):
        reached = mean + np.sign(edge) * sd
        if abs(reached) > LIMIT and np.sign(reached) == np.sign(edge):
            axes.plot(
                edge,
                y,
                marker=marker,
                ms=4,
                color=colour,
                mec="white",
                mew=0.4,
                clip_on=False,
                zorder=5,
            )


FIRST_LEAK = "sd(leak 0) / sd(prior)"
OTHER_LEAKS = "every other sd(leak) / sd(prior)"
ALONG = "sd(axial) along the chain"
EVERY_AXIAL = "every sd(axial) / sd(prior)"


@claim(
    "seven-first-marginals",
    figure="4A",
    paper="given F*: leak 0 and all axial marginals peak at the target, leak 1 to 3 stay almost "
    "uniform, axial ones broaden along the chain",
    needs=(FIRST_SAMPLES,),
    holds=below(FIRST_LEAK, 0.8)
    & above(OTHER_LEAKS, 0.8)
    & rising(ALONG)
    & below(EVERY_AXIAL, 0.8),
)
def seven_first_marginals(artifacts: Artifacts) -> Finding:
    """Widths of the marginals given F*."""

    def quantities(widths: pd.Series) -> Quantities:
        leak, axial = kinds(list(widths.index))
        return {
            FIRST_LEAK: widths[leak[0]],
            OTHER_LEAKS: widths[leak[1:]],
            ALONG: widths[axial],
            EVERY_AXIAL: widths[axial],
        }

    space = artifacts.problem("first_7d").space
    return _widths(relative_widths(artifacts.table(FIRST_SAMPLES), space), quantities)


EVERY = "every sd / sd(prior)"
NARROWER = "mean sd(axial) / mean sd(leak)"
ENDS = "largest sd of the end leaks / smallest of the inner ones"


@claim(
    "seven-all-marginals",
    figure="4A",
    paper="given H*: every marginal peaks at the target, axial narrower than leak, end leaks alike "
    "and narrower than the inner ones",
    needs=(ALL_SAMPLES,),
    holds=below(EVERY, 0.6) & below(NARROWER, 1) & below(ENDS, 1),
)
def seven_all_marginals(artifacts: Artifacts) -> Finding:
    """Widths of the marginals given H*."""

    def quantities(widths: pd.Series) -> Quantities:
        leak, axial = kinds(list(widths.index))
        ends, inner = [leak[0], leak[-1]], leak[1:-1]
        return {
            EVERY: widths,
            NARROWER: widths[axial].mean() / widths[leak].mean(),
            ENDS: widths[ends].max() / widths[inner].min(),
        }

    space = artifacts.problem("all_7d").space
    return _widths(relative_widths(artifacts.table(ALL_SAMPLES), space), quantities)


EVERY_MEAN = "distance of every mean from the target in sigma*"
EDGE = "every sd of the first row and column in sigma*"
REST = "median sd of the other heights / of the first column"


@claim(
    "seven-first-ppc",
    figure="4B",
    paper="given F*: first row and column within 1 to 2 sigma*, all means within 2 sigma*, the "
    "rest much wider",
    needs=(TARGET, FIRST_PREDICTIVE),
    holds=at_most(EVERY_MEAN, 2) & below(EDGE, 3) & above(REST, 1),
)
def seven_first_ppc(artifacts: Artifacts) -> Finding:
    """Predictive check of all heights given F*."""
    away, wide = deviations(artifacts, FIRST_PREDICTIVE)
    length = artifacts.frame.length
    column = first_column(length)
    edge = list(dict.fromkeys((*first_row(length), *column)))
    rest = [name for name in height_names(length) if name not in edge]

    def quantities(away: pd.Series, wide: pd.Series) -> Quantities:
        ratio = wide[rest].median() / wide[column].median()
        return {EVERY_MEAN: away.abs(), EDGE: wide[edge], REST: ratio}

    mean, sd = away.median(), wide.median()
    text = (
        f"largest mean deviation {mean.abs().max():.2f} sigma*, largest sd of first row and "
        f"column {sd[edge].max():.2f}, median sd of the others {sd[rest].median():.2f}, of the "
        f"first column {sd[column].median():.2f} (medians over seeds)"
    )
    each = [quantities(away.loc[seed], wide.loc[seed]) for seed in away.index]
    return Finding(text, quantities(mean, sd), each)


EVERY_SD = "every sd in sigma*"


@claim(
    "seven-all-ppc",
    figure="4B",
    paper="given H*: every sd within 1 to 2 sigma*",
    needs=(TARGET, ALL_PREDICTIVE),
    holds=at_most(EVERY_MEAN, 1) & below(EVERY_SD, 2.5),
)
def seven_all_ppc(artifacts: Artifacts) -> Finding:
    """Predictive check of all heights given H*."""
    away, wide = deviations(artifacts, ALL_PREDICTIVE)
    mean, sd = away.median(), wide.median()
    text = (
        f"largest mean deviation {mean.abs().max():.2f} sigma*, sds {sd.min():.2f} "
        f"to {sd.max():.2f} sigma* (medians over seeds)"
    )
    each = [{EVERY_MEAN: away.loc[s].abs(), EVERY_SD: wide.loc[s]} for s in away.index]
    return Finding(text, {EVERY_MEAN: mean.abs(), EVERY_SD: sd}, each)


SHARPER = "median ratio of the sds given H* and given F*, of heights that leave compartment 0 out,"


@claim(
    "seven-sharpening",
    figure="4B",
    paper="more than halved spread for the heights that leave compartment 0 out, from F* to H*",
    needs=(FIRST_PREDICTIVE, ALL_PREDICTIVE),
    holds=below(SHARPER, 0.5),
)
def seven_sharpening(artifacts: Artifacts) -> Finding:
    """Ratio of the spreads given H* and given F*, for heights without compartment 0."""
    length = artifacts.frame.length
    inner = range(1, length)
    names = [height_name(i, j, length) for i in inner for j in inner]
    given_all, given_first = (
        last_round(artifacts.table(path)).groupby("seed")[names].std(ddof=1)
        for path in (ALL_PREDICTIVE, FIRST_PREDICTIVE)
    )
    ratios = (given_all / given_first).median(axis=1)
    return Finding(
        spread(ratios), {SHARPER: ratios.median()}, [{SHARPER: ratio} for ratio in ratios]
    )


def relative_widths(samples: pd.DataFrame, space: Space) -> pd.DataFrame:
    """Standard deviation of each marginal over the prior's, a row a seed."""
    names = list(space.names)
    spread = last_round(samples).groupby("seed")[names].std(ddof=1)
    return spread / (space.width / np.sqrt(12))


def deviations(artifacts: Artifacts, predictive: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean and spread of predicted heights about the target in units of sigma*, a row a seed."""
    table, target = last_round(artifacts.table(predictive)), artifacts.table(TARGET)
    names = height_names(artifacts.frame.length)
    star, sigma = target[names].mean(), target[names].std(ddof=1)
    groups = table.groupby("seed")[names]
    return (groups.mean() - star) / sigma, groups.std(ddof=1) / sigma


def _widths(widths: pd.DataFrame, quantities: Callable[[pd.Series], Quantities]) -> Finding:
    medians = widths.median()
    text = ", ".join(
        f"{str(name).removeprefix('g_')} {value:.2f}" for name, value in medians.items()
    )
    each = [quantities(row) for _, row in widths.iterrows()]
    return Finding(f"sd over the prior's (medians): {text}", quantities(medians), each)
