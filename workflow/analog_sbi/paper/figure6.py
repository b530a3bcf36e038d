"""Figure 6: recovery of the posterior over rounds of fifty measurements."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import pandas as pd

from analog_sbi.diagnostics.distance import distances, with_estimators
from analog_sbi.paper.artifacts import Artifacts, known_position, of_experiment, target_of
from analog_sbi.paper.chain import plane_of
from analog_sbi.paper.criteria import below
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = target_of("rounds_2d")
SAMPLES, PREDICTIVE, ESTIMATORS = of_experiment("rounds_2d", "samples", "predictive", "estimators")
SHOWN = 6  # rounds of panel B
SHORT = 3.2  # inches of height, of few rounds
RECOVERED = 2.0  # times the smallest E, below which a seed has recovered


@figure(
    "figure6",
    "Recovery of the posterior over rounds of fifty measurements",
    needs=(TARGET, SAMPLES, PREDICTIVE, ESTIMATORS),
    height=4.6,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw A, E of every seed over rounds, and B, posteriors of a quick and a slow recovery.

    Side by side where there are too few rounds to fill a line.
    """
    samples, plane = artifacts.table(SAMPLES), plane_of(artifacts)
    rounds = sorted(samples["round"].unique())
    shown = rounds[: SHOWN - 1] + rounds[-1:] if len(rounds) > SHOWN else rounds
    if len(shown) <= SHOWN // 2:
        canvas.set_size_inches(style.WIDTH, SHORT)
        panels = canvas.subfigures(1, 2, squeeze=False, width_ratios=(2, len(shown)), wspace=0.03)
        panel_a, panel_b = panels[0]
    else:
        panel_a, panel_b = style.stacked(canvas, (1, 1.15), 0.03)
    distance = over_rounds(artifacts)
    colours = (style.BLUE, style.VERMILION)
    named = dict(zip(examples(distance).items(), colours, strict=False))
    colour_of: dict[Hashable, str] = {number: colour for (number, _), colour in named.items()}
    axes = panel_a.subplots()
    for seed, rows in distance.groupby("seed"):
        colour = colour_of.get(seed, "0.6")
        dashes = ":" if rows["blind"].iloc[0] else "-"
        axes.plot(
            rows["round"] + 1,
            rows["distance"],
            ls=dashes,
            marker="o",
            ms=2.5,
            color=colour,
            zorder=3 if seed in colour_of else 2,
        )
    axes.set_xlabel("round")
    axes.set_ylabel(f"mean distance $E$ ({style.unit(artifacts.frame.height_unit)})")
    axes.set_yscale("log")
    style.plain_logarithm(axes.yaxis)
    axes.set_xticks(sorted(distance["round"].unique() + 1))
    for (_, text), colour in named.items():
        axes.plot([], [], color=colour, label=text)
    if distance["blind"].any():
        axes.plot([], [], color="0.6", ls=":", label="network blind in one direction")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    style.letter(axes, "A")

    x, y = plane.names
    star = known_position(artifacts.table(TARGET), plane.names)
    grid = panel_b.subplots(len(named), len(shown), sharex=True, sharey=True, squeeze=False)
    for row, (example, colour) in enumerate(colour_of.items()):
        for column, number in enumerate(shown):
            axes = grid[row, column]
            part = samples[(samples["seed"] == example) & (samples["round"] == number)]
            axes.scatter(part[x], part[y], s=1, lw=0, alpha=0.5, color=colour, rasterized=True)
            if star is not None:
                style.cross(axes, star[0], star[1], size=6)
            axes.set_xlim(*plane.space.limits(x))
            axes.set_ylim(*plane.space.limits(y))
            axes.set_box_aspect(1)
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(f"round {number + 1}")
    panel_b.supxlabel(
        f"{plane.labels[0]} ({style.unit(plane.space.units[0])}), whole range",
        fontsize=7.5,
    )
    panel_b.supylabel(plane.labels[1], fontsize=7.5)
    style.letter(grid[0, 0], "B")


LAST = "E of every seed after the last round / smallest E reached"
RECOVERS = below(LAST, RECOVERED)


@claim(
    "rounds-recover",
    figure="6A",
    paper="10 seeds, 10 rounds of 50: some first rounds are poor, all recover",
    needs=(TARGET, PREDICTIVE, ESTIMATORS),
    holds=RECOVERS,
)
def rounds_recover(artifacts: Artifacts) -> Finding:
    """E of every seed after the last round against the smallest reached."""
    table = over_rounds(artifacts)
    first = table[table["round"] == 0]["distance"]
    last = table[table["round"] == table["round"].max()]
    smallest = table["distance"].min()
    ratios = last["distance"] / smallest
    recovered = RECOVERS.count([{LAST: ratio} for ratio in ratios])
    blind = last.loc[last["blind"], "seed"].tolist()
    text = (
        f"first round {first.min():.1f} to {first.max():.1f}, last {last['distance'].min():.1f} to "
        f"{last['distance'].max():.1f}, smallest {smallest:.1f} {artifacts.frame.height_unit}; "
        f"{recovered} of {len(last)} seeds recover; blind seeds: {blind or 'none'}"
    )
    return Finding(text, {LAST: ratios})


def over_rounds(artifacts: Artifacts) -> pd.DataFrame:
    """E of every seed and round, and whether its network is blind."""
    distance = distances(
        artifacts.table(PREDICTIVE),
        artifacts.table(TARGET),
        artifacts.problem("rounds_2d").features,
    )
    return with_estimators(distance, artifacts.table(ESTIMATORS))


def examples(distance: pd.DataFrame) -> dict[int, str]:
    """Two seeds with a poor first round, the quickest and the slowest to recover, in words.

    Poor is above the median of the first round. Seeds that do not recover are not shown, nor good
    first rounds, unless there are no two others; then, or if there is but one, no speed is told.
    """
    whole = distance.pivot(index="seed", columns="round", values="distance")
    recovered = whole[whole[whole.columns[-1]] < RECOVERED * whole.min().min()]
    table = whole if recovered.empty else recovered
    first = table[table.columns[0]]
    poor = table[first >= first.median()]
    seeds = next((part for part in (poor, table, whole) if len(part) > 1), whole)
    below = seeds < RECOVERED * table.min().min()
    when = below.apply(lambda row: row.values.argmax() if row.any() else len(row), axis=1)
    first = -seeds[seeds.columns[0]]
    order = pd.DataFrame({"when": when, "first": first}).sort_values(["when", "first"])
    quick, slow = int(order.index[0]), int(order.index[-1])
    if order["when"].iloc[0] == order["when"].iloc[-1]:
        return {number: f"seed {number}" for number in (quick, slow)}
    speed = {quick: "quick", slow: "slow"}
    never = when == len(seeds.columns)
    return {
        number: f"{'no' if never[number] else words} recovery (seed {number})"
        for number, words in speed.items()
    }
