"""Figure 7: E over depth and width of the estimator, with networks that are blind told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analog_sbi.diagnostics.distance import distances, with_estimators
from analog_sbi.paper.artifacts import Artifacts, of_experiment, target_of
from analog_sbi.paper.criteria import above, at_least, at_most, equal
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.seeds import last_round
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRANSFORMS = (1, 2, 3, 5)
WIDTHS = (10, 20, 30, 40, 50)
SIZES = tuple(f"size_2d_{t}x{h}" for t in TRANSFORMS for h in WIDTHS)
REVERSED = ("reverse_2d_2x30", "reverse_2d_3x20")
TARGET = target_of("size_2d_5x10")
KINDS = ("predictive", "estimators")
SIZE_CHECKS = tuple(path for name in SIZES for path in of_experiment(name, *KINDS))
REVERSE_CHECKS = tuple(path for name in REVERSED for path in of_experiment(name, *KINDS))

FAILED = 1.5
"""A run has not recovered if its E exceeds the best median by this factor."""


@figure(
    "figure7",
    "Predictive check over depth and width of the estimator",
    needs=(TARGET, *SIZE_CHECKS, *REVERSE_CHECKS),
    height=3.3,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a panel a depth, and one for reversed permutations, of what is configured."""
    configured = [name for name in SIZES if artifacts.available(of_experiment(name, *KINDS))]
    reverse = [name for name in REVERSED if artifacts.available(of_experiment(name, *KINDS))]
    sizes = size_table(artifacts, configured)
    depths, blind = sorted(sizes["transforms"].unique()), sizes["blind"].any()
    grid = canvas.subplots(1, len(depths) + bool(reverse), sharey=True, squeeze=False)[0]
    for axes, transforms in zip(grid, depths, strict=False):
        _panel(axes, sizes[sizes["transforms"] == transforms], "hidden")
        axes.set_title(f"{transforms} transform{'s' if transforms > 1 else ''}")
    if reverse:
        table = size_table(artifacts, reverse)
        size = table["transforms"].astype(str) + "x" + table["hidden"].astype(str)
        _panel(grid[-1], table.assign(size=size), "size")
        blind = blind or table["blind"].any()
        grid[-1].set_title("reversed\npermutations")
    for axes in grid:
        axes.axhline(FAILED * medians(sizes).min(), color="0.5", ls=":", lw=0.8)
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_yscale("log")
    grid[0].set_ylabel(f"mean distance $E$ ({style.unit(artifacts.frame.height_unit)})")
    style.plain_logarithm(grid[0].yaxis)
    canvas.supxlabel("hidden units of a block (trainable parameters)", fontsize=7.5)
    grid[0].scatter([], [], marker="o", s=9, color=style.BLUE, label="sees the observation")
    if blind:
        grid[0].scatter(
            [], [], marker="x", s=12, color=style.VERMILION, label="blind in one direction"
        )
    grid[0].plot([], [], color="black", lw=1.4, label="median")
    canvas.legend(
        *grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False
    )


def _panel(axes: Axes, rows: pd.DataFrame, by: str) -> None:
    groups = list(rows.groupby(by, sort=True))
    for place, (_, group) in enumerate(groups):
        offsets = (group["seed"] - group["seed"].mean()) / 25
        for blind, marker, size, colour in (
            (False, "o", 9, style.BLUE),
            (True, "x", 12, style.VERMILION),
        ):
            part = group[group["blind"] == blind]
            axes.scatter(
                place + offsets[part.index],
                part["distance"],
                marker=marker,
                s=size,
                color=colour,
                lw=0 if marker == "o" else 0.9,
                zorder=3,
            )
        axes.plot(
            [place - 0.3, place + 0.3], [group["distance"].median()] * 2, color="black", lw=1.4
        )
    labels = [f"{name} ({group['weights'].iloc[0]})" for name, group in groups]
    axes.set_xticks(range(len(groups)), labels, fontsize=6, rotation=90)
    axes.set_xlim(-0.6, len(groups) - 0.4)


def size_table(artifacts: Artifacts, names: tuple[str, ...] | list[str]) -> pd.DataFrame:
    """E, blindness and size of every seed of experiments ``..._<transforms>x<hidden>``.

    After the last round; columns ``transforms``, ``hidden``, ``seed``, ``distance``, ``blind``,
    ``weights`` and more.
    """
    target = artifacts.table(TARGET)
    parts = []
    for name in names:
        predictive, estimators = map(artifacts.table, of_experiment(name, *KINDS))
        features = artifacts.problem(name).features
        distance = distances(last_round(predictive), target, features)
        transforms, hidden = map(int, name.rsplit("_", 1)[1].split("x"))
        part = with_estimators(distance, estimators)
        parts.append(part.assign(transforms=transforms, hidden=hidden))
    return pd.concat(parts, ignore_index=True)


def medians(table: pd.DataFrame) -> pd.Series:
    """Median E over seeds by transforms and hidden units."""
    return table.groupby(["transforms", "hidden"])["distance"].median()


SHALLOW = "median E over seeds with 1 transform / with 5"
DEEP = "every median E with 2 or more transforms and 30 or more units / the best"


@claim(
    "one-transform-fails",
    figure="7",
    paper="one transform does not recover the posterior given F*, two or more do",
    needs=(TARGET, *SIZE_CHECKS),
    holds=above(SHALLOW, 1.5) & at_most(DEEP, 1.3),
)
def one_transform_fails(artifacts: Artifacts) -> Finding:
    """Median E with one transform against five, and of deeper networks against the best."""
    table = size_table(artifacts, SIZES)
    by_depth = table.groupby("transforms")["distance"].median()
    ratio = by_depth[1] / by_depth[5]
    every = medians(table)
    deep = every[[t >= 2 and h >= 30 for t, h in every.index]] / every.min()
    text = f"1 transform {by_depth[1]:.1f}, 5 transforms {by_depth[5]:.1f} (ratio {ratio:.2f}); "
    text += f"2 or more of 30 or more units: {deep.min():.2f} to {deep.max():.2f} times the best"
    return Finding(text, {SHALLOW: ratio, DEEP: deep})


WEIGHTS = {
    (1, 40): "parameters of 1x40",
    (1, 50): "parameters of 1x50 (which the text names, a slip in the paper)",
    (5, 10): "parameters of 5x10",
}
WIDER = "median E of 1x40 and of 1x50 / of 5x10"


@claim(
    "size-is-no-guide",
    figure="7",
    paper="one transform with 3764 parameters fails, 5 transforms of 10 units with 1720 succeed",
    needs=(TARGET, *SIZE_CHECKS),
    holds=equal(WEIGHTS[5, 10], 1720)
    & equal(WEIGHTS[1, 40], 3764)
    & equal(WEIGHTS[1, 50], 5704)
    & above(WIDER, 1.5),
)
def size_is_no_guide(artifacts: Artifacts) -> Finding:
    """Weights and median E of 1x40, 1x50 and 5x10."""
    table = size_table(artifacts, SIZES)
    weights = table.groupby(["transforms", "hidden"])["weights"].first()
    every = medians(table)
    text = ", ".join(f"{t}x{h}: {weights[t, h]} weights, E {every[t, h]:.1f}" for t, h in WEIGHTS)
    wider = [every[1, hidden] / every[5, 10] for hidden in (40, 50)]
    counts = {name: weights[size] for size, name in WEIGHTS.items()}
    return Finding(text, {**counts, WIDER: wider})


TAIL = (
    "binomial probability of no more, and of no fewer, blind seeds than there are, with a share of "
    "0.5^(t-1), for every t of 1, 2, 3, 5"
)


@claim(
    "own-blind-share",
    figure="7",
    paper="the share of seeds whose network is blind in one direction falls as 0.5^(t-1)",
    needs=(TARGET, *SIZE_CHECKS),
    holds=at_least(TAIL, 0.005),
    source=OWN,
)
def own_blind_share(artifacts: Artifacts) -> Finding:
    """Share of blind networks by depth against 0.5^(t - 1)."""
    from scipy.stats import binom

    table = size_table(artifacts, SIZES)
    tails, texts = [], []
    for transforms in TRANSFORMS:
        blind = table.loc[table["transforms"] == transforms, "blind"]
        chance, count = 0.5 ** (transforms - 1), int(blind.sum())
        spread = binom(len(blind), chance)
        tails += [spread.cdf(count), spread.sf(count - 1)]
        texts.append(f"t = {transforms}: {count} of {len(blind)} ({chance:g})")
    return Finding("; ".join(texts), {TAIL: tails})


BLIND_FAIL = f"share of blind size_2d runs with E above {FAILED:g} times the best median"
OTHERS_RECOVER = "share of the others with E below that"


@claim(
    "own-blind-explains",
    figure="7",
    paper="blindness, not depth or size, decides who recovers",
    needs=(TARGET, *SIZE_CHECKS),
    holds=at_least(BLIND_FAIL, 0.95) & at_least(OTHERS_RECOVER, 0.8),
    source=OWN,
)
def own_blind_explains(artifacts: Artifacts) -> Finding:
    """E of blind networks and of the others against the best median."""
    table = size_table(artifacts, SIZES)
    failed = table["distance"] > FAILED * medians(table).min()
    blind, others = failed[table["blind"]], ~failed[~table["blind"]]
    text = f"{blind.mean():.1%} of {len(blind)} blind ones fail, "
    text += f"{others.mean():.1%} of {len(others)} others recover"
    return Finding(text, {BLIND_FAIL: blind.mean(), OTHERS_RECOVER: others.mean()})


REPAIRED = (
    "E of every seed of 2x30 and 3x20 with `permutations: reverse` / the best median of size_2d"
)
REPAIRS = at_most(REPAIRED, FAILED)


@claim(
    "own-reverse-repairs",
    figure="7",
    paper="reversing the permutations repairs the shallow networks",
    needs=(TARGET, *SIZE_CHECKS, *REVERSE_CHECKS),
    holds=REPAIRS,
    source=OWN,
)
def own_reverse_repairs(artifacts: Artifacts) -> Finding:
    """E of shallow networks with reversed permutations against the best median."""
    best = medians(size_table(artifacts, SIZES)).min()
    table = size_table(artifacts, REVERSED)
    texts = []
    for (transforms, hidden), rows in table.groupby(["transforms", "hidden"]):
        recovered = REPAIRS.count([{REPAIRED: e / best} for e in rows["distance"]])
        texts.append(
            f"{transforms}x{hidden}: {recovered} of {len(rows)} seeds "
            f"(E {rows['distance'].min():.1f} to {rows['distance'].max():.1f})"
        )
    return Finding("; ".join(texts), {REPAIRED: table["distance"] / best})
