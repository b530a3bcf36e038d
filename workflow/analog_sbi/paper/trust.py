"""Our own checks of posteriors: distance to the reference over rounds, and misspecification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, of_experiment
from analog_sbi.paper.chain import GIVEN
from analog_sbi.paper.criteria import Criterion, at_least, at_most
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.seeds import last_round
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TAU, FIRST, ROUNDS = (
    of_experiment(name, "distances")[0] for name in ("tau_2d", "first_2d", "rounds_2d")
)
SPECIFIED = ("tau_2d", "first_2d", "first_7d", "all_7d")
MISSPECIFICATION = {name: of_experiment(name, "misspecification")[0] for name in SPECIFIED}

LARGEST_C2ST = 0.60  # that our claims allow an ensemble
STEP = 0.05  # rounds from one seed's point to the next one's, of few
SPREAD = 0.4  # rounds from the first seed's point to the last one's, of many
PALE = 0.25  # opacity of the points of earlier rounds
C2ST_RANGE = (0.4, 1.03)


@dataclass(frozen=True)
class Kind:
    """Points that are drawn alike."""

    label: str
    marker: str
    colour: str
    size: float
    zorder: int


SEES = Kind("seed", "o", style.BLUE, 8, 3)
BLIND = Kind("seed, blind in one direction", "x", style.VERMILION, 13, 4)
ENSEMBLE = Kind("ensemble", "D", style.ORANGE, 16, 5)
BLIND_ENSEMBLE = Kind("ensemble with a blind member", "D", "white", 16, 5)


@figure(
    "distances",
    "C2ST to the reference beside the paper's E, over rounds and against each other",
    needs=(TAU, FIRST, ROUNDS),
    height=6.2,
    target="trust",
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a column an experiment: C2ST and E over rounds, and C2ST against E."""
    columns = (
        ("tau_2d", TAU, GIVEN["tau"]),
        ("first_2d", FIRST, GIVEN["first"]),
        ("rounds_2d", ROUNDS, f"{GIVEN['first']}, rounds of equal size"),
    )
    grid = canvas.subplots(3, len(columns), height_ratios=(1, 1, 1.2), squeeze=False)
    for column, (name, path, title) in zip(grid.T, columns, strict=True):
        table, unit = artifacts.table(path), style.unit(artifacts.problem(name).units[0])
        above, middle, below = column
        _over_rounds(above, table, "c2st")
        _over_rounds(middle, table, "distance")
        middle.set_yscale("log")
        style.plain_logarithm(middle.yaxis)
        middle.set_xlabel("round")
        _against(below, table)
        for axes in (above, below):
            axes.axhspan(*_floor(table), color="0.85", lw=0, label="reference against itself")
            axes.axhline(LARGEST_C2ST, color="0.5", ls=":", lw=0.8, label="largest that is claimed")
            axes.set_ylim(*C2ST_RANGE)
        for axes in column:
            axes.spines[["top", "right"]].set_visible(False)
        above.set_title(title)
        middle.set_ylabel(f"mean distance $E$ ({unit})")
        below.set_xlabel(f"mean distance $E$ ({unit})")
    for axes, text in zip(grid[:, 0], "ABC", strict=True):
        style.letter(axes, text)
    grid[0, 0].set_ylabel("C2ST to the reference")
    grid[2, 0].set_ylabel("C2ST to the reference")
    every = pd.concat([artifacts.table(path) for _, path, _ in columns])
    for kind, rows in of_kind(every):
        if len(rows):
            _points(grid[0, 0], (), (), kind)
    grid[0, 0].scatter(
        [], [], s=SEES.size, color=SEES.colour, alpha=PALE, label="C, pale: before the last round"
    )
    handles, labels = grid[0, 0].get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    canvas.legend(shown.values(), shown, loc="outside upper center", ncols=3, frameon=False)


def of_kind(table: pd.DataFrame) -> list[tuple[Kind, pd.DataFrame]]:
    """Rows of a table of distances by how they are drawn; the floor is left out."""
    seeds, ensembles = (table[table["kind"] == kind] for kind in ("seed", "ensemble"))
    return [
        (SEES, seeds[~seeds["blind"]]),
        (BLIND, seeds[seeds["blind"]]),
        (ENSEMBLE, ensembles[~ensembles["blind"]]),
        (BLIND_ENSEMBLE, ensembles[ensembles["blind"]]),
    ]


def _over_rounds(axes: Axes, table: pd.DataFrame, quantity: str) -> None:
    for kind, rows in of_kind(table):
        last = rows["kind"].map(table.groupby("kind")["member"].max()).astype(float)
        step = (SPREAD / last.clip(lower=1)).clip(upper=STEP)
        _points(axes, rows["round"] + 1 + step * (rows["member"] - last / 2), rows[quantity], kind)
    seeds = table[table["kind"] == "seed"]
    median = seeds.groupby("round")[quantity].median()
    axes.plot(median.index + 1, median, color="black", lw=1.2, zorder=2, label="median of seeds")
    rounds = median.index + 1
    axes.set_xticks(rounds if len(rounds) < 6 else rounds[::2])


def _against(axes: Axes, table: pd.DataFrame) -> None:
    """Last round in full, earlier ones paler."""
    for kind, rows in of_kind(table):
        late = rows["round"] == table["round"].max()
        _points(axes, rows.loc[~late, "distance"], rows.loc[~late, "c2st"], kind, alpha=PALE)
        _points(axes, rows.loc[late, "distance"], rows.loc[late, "c2st"], kind)
    axes.set_xscale("log")
    style.plain_logarithm(axes.xaxis)


def _points(
    axes: Axes,
    x: pd.Series | Sequence[float],
    y: pd.Series | Sequence[float],
    kind: Kind,
    alpha: float = 1.0,
) -> None:
    crossed = kind.marker == "x"
    edge: dict[str, Any] = {}
    if not crossed:
        edge["edgecolors"] = "white" if kind is SEES else "black"
    axes.scatter(
        x,
        y,
        marker=kind.marker,
        s=kind.size,
        color=kind.colour,
        lw=0.9 if crossed else 0.4,
        alpha=alpha,
        zorder=kind.zorder,
        label=None if len(x) else kind.label,
        **edge,
    )


def _floor(table: pd.DataFrame) -> tuple[float, float]:
    """Range of C2ST of the reference against itself; 0.5 alone if it is not known."""
    values = table.loc[table["kind"] == "floor", "c2st"]
    return (values.min(), values.max()) if len(values) else (0.5, 0.5)


C2ST = "C2ST of every {} ensemble to the reference after the last round"


def near(experiment: str) -> Criterion:
    """Whether every ensemble of an experiment is near the reference."""
    return at_most(C2ST.format(experiment), LARGEST_C2ST)


@claim(
    "own-c2st-first",
    figure="trust",
    paper="the ensembles' posterior given F* is the reference posterior",
    needs=(FIRST,),
    holds=near("first_2d"),
    source=OWN,
)
def own_c2st_first(artifacts: Artifacts) -> Finding:
    """C2ST of the ensembles given F* to the reference."""
    return _to_reference(artifacts.table(FIRST), C2ST.format("first_2d"))


@claim(
    "own-c2st-tau",
    figure="trust",
    paper="the ensembles' posterior given tau* is the reference posterior",
    needs=(TAU,),
    holds=near("tau_2d"),
    source=OWN,
)
def own_c2st_tau(artifacts: Artifacts) -> Finding:
    """C2ST of the ensembles given tau* to the reference."""
    return _to_reference(artifacts.table(TAU), C2ST.format("tau_2d"))


P_VALUE = "p of the target in both tests, for tau, F and H of 2 and 7 parameters,"


@claim(
    "own-specified",
    figure="trust",
    paper="the targets are observations that the prior can produce",
    needs=tuple(MISSPECIFICATION.values()),
    holds=at_least(P_VALUE, 0.05),
    source=OWN,
)
def own_specified(artifacts: Artifacts) -> Finding:
    """Tests of whether the prior can produce the targets."""
    parts = []
    for name, path in MISSPECIFICATION.items():
        part, target = artifacts.table(path), artifacts.problem(name).target.name
        parts.append(part.assign(experiment=name, own=part["target"] == target))
    table = pd.concat(parts, ignore_index=True)
    own = table[table["own"]]
    lowest = own.sort_values("p_value", kind="stable").iloc[0]
    refused = table[table["misspecified"]]
    others = sorted(set(refused["target"] + " in " + refused["experiment"]))
    text = (
        f"smallest p {lowest['p_value']:.2f} ({lowest['method']}, {lowest['experiment']}); "
        f"refused of {len(table)} tests of all targets: {', '.join(others) or 'none'}"
    )
    return Finding(text, {P_VALUE: own["p_value"]})


def _to_reference(table: pd.DataFrame, quantity: str) -> Finding:
    """C2ST of every ensemble after the last round, beside that of single seeds."""
    last = last_round(table)
    ensembles = last[last["kind"] == "ensemble"].sort_values("member")
    seeds = last[last["kind"] == "seed"]
    floor = table.loc[table["kind"] == "floor", "c2st"]
    blind = int(seeds["blind"].sum())
    each = ", ".join(f"{value:.3f}" for value in ensembles["c2st"])
    text = (
        f"ensembles {each}; single seeds median {seeds['c2st'].median():.2f}, range "
        f"{seeds['c2st'].min():.2f} to {seeds['c2st'].max():.2f} ({blind} of {len(seeds)} blind); "
        f"reference against itself {f'{floor.mean():.2f}' if len(floor) else 'not known'}"
    )
    return Finding(text, {quantity: ensembles["c2st"]})
