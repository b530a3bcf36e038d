"""Expected coverage, ranks and TARP of the first round's posteriors, and the claims on coverage.

A posterior whose regions hold the truth less often than they say is over-confident; one whose
regions hold it more often is conservative, which costs precision but misleads nobody. A claim
therefore fails only below the band. The band is simultaneous (``diagnostics/uniformity.py``): an
exact posterior stays within it at all levels together with probability 0.95.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, of_experiment
from analog_sbi.paper.chain import LEAK
from analog_sbi.paper.criteria import at_least
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLES = {
    "first_2d": r"2 parameters, given $\mathbf{F}$",
    "first_7d": r"7 parameters, given $\mathbf{F}$",
    "all_7d": r"7 parameters, given $\mathbf{H}$",
}
TABLES = {name: of_experiment(name, "coverage", "coverage_summary") for name in TITLES}
CALLED = {"first_2d": "2d F", "first_7d": "7d F", "all_7d": "7d H"}
BAND = "95 % band of an exact posterior"


@dataclass(frozen=True)
class Line:
    """Curves that are drawn alike."""

    label: str
    colour: str
    width: float
    dashes: str | tuple
    zorder: int


SEES = Line("seed", style.BLUE, 0.5, "-", 3)
BLIND = Line("seed, blind in one direction", style.VERMILION, 0.8, "--", 4)
ENSEMBLE = Line("ensemble", "black", 1.6, "-", 6)
BLIND_ENSEMBLE = Line("ensemble with a blind member", "black", 1.6, (0, (3, 1)), 6)
OF_KIND = {
    ("seed", False): SEES,
    ("seed", True): BLIND,
    ("ensemble", False): ENSEMBLE,
    ("ensemble", True): BLIND_ENSEMBLE,
}
"""By the kind of a member, and whether it is blind."""
OF_LEAK = Line("B: leak conductance, ensembles", style.GREEN, 0.9, "-", 5)
OF_AXIAL = Line("B: axial conductance, ensembles", style.ORANGE, 0.9, "-", 5)


@figure(
    "coverage",
    "Expected coverage, ranks and TARP in two and seven dimensions",
    needs=tuple(path for paths in TABLES.values() for path in paths),
    settings=("calibration.tests", "calibration.samples", "ensemble.size"),
    height=6.6,
    target="trust",
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a column an experiment: coverage, ranks and TARP, the last two minus the level."""
    grid = canvas.subplots(3, len(TITLES), height_ratios=(1.5, 1, 1), squeeze=False)
    for column, (name, title) in zip(grid.T, TITLES.items(), strict=True):
        curves, summary = map(artifacts.table, TABLES[name])
        above, middle, below = column
        blind = summary[["kind", "member", "blind"]]
        _members(above, _of(curves, "coverage"), blind, difference=False)
        above.set_title(title)
        above.set_aspect("equal")
        above.set(xlim=(0, 1), ylim=(0, 1), xlabel="credibility level")
        _ranks(middle, _of(curves, "sbc"))
        middle.set(xlim=(0, 1), xlabel="rank among the samples")
        _members(below, _of(curves, "tarp"), blind, difference=True)
        below.set(xlim=(0, 1), xlabel="credibility level")
        for axes in column:
            axes.spines[["top", "right"]].set_visible(False)
    for row in grid[1:]:
        largest = max(np.abs(axes.get_ylim()).max() for axes in row)
        for axes in row:
            axes.set_ylim(-largest, largest)
    for axes, text in zip(grid[:, 0], "ABC", strict=True):
        style.letter(axes, text)
    grid[0, 0].set_ylabel("expected coverage")
    grid[1, 0].set_ylabel("share of tests up to\nthe rank, minus uniform")
    grid[2, 0].set_ylabel("TARP coverage\nminus level")
    summaries = pd.concat([artifacts.table(summary) for _, summary in TABLES.values()])
    _legend(canvas, grid[0, 0], summaries)


def _of(curves: pd.DataFrame, method: str) -> pd.DataFrame:
    return curves[curves["method"] == method]


def _members(axes: Axes, curves: pd.DataFrame, blind: pd.DataFrame, difference: bool) -> None:
    """Curves of all seeds and ensembles, or their differences to the level."""
    _band(axes, curves, difference)
    marked = curves.merge(blind, on=["kind", "member"])
    for (kind, _, unseeing), rows in marked.groupby(["kind", "member", "blind"]):
        _line(axes, rows, OF_KIND[str(kind), bool(unseeing)], difference)


def _ranks(axes: Axes, curves: pd.DataFrame) -> None:
    """Differences to the diagonal of every parameter's ranks, of the ensembles."""
    ensembles = curves[curves["kind"] == "ensemble"]
    _band(axes, curves, difference=True)
    for (_, name), rows in ensembles.groupby(["member", "parameter"]):
        _line(axes, rows, OF_LEAK if str(name).startswith(LEAK) else OF_AXIAL, difference=True)


def _line(axes: Axes, rows: pd.DataFrame, line: Line, difference: bool) -> None:
    value = rows["value"] - rows["level"] if difference else rows["value"]
    axes.plot(
        *_closed(rows["level"], value, difference),
        color=line.colour,
        lw=line.width,
        ls=line.dashes,
        zorder=line.zorder,
        clip_on=False,
    )


def _band(axes: Axes, curves: pd.DataFrame, difference: bool) -> None:
    """Diagonal and band; that of the first member where levels differ between members."""
    first = curves[["kind", "member", "parameter"]].iloc[0]
    rows = curves[(curves[["kind", "member", "parameter"]] == first).all(axis=1)]
    shift = rows["level"] if difference else 0
    level, low = _closed(rows["level"], rows["low"] - shift, difference)
    high = _closed(rows["level"], rows["high"] - shift, difference)[1]
    axes.fill_between(level, low, high, color="0.85", lw=0, zorder=1)
    axes.plot((0, 1), (0, 0 if difference else 1), color="0.5", lw=0.6, ls=":", zorder=2)


def _closed(level: pd.Series, value: pd.Series, difference: bool) -> tuple[np.ndarray, np.ndarray]:
    """A curve with the points that it has at levels 0 and 1."""
    end = 0.0 if difference else 1.0
    return np.r_[0.0, level, 1.0], np.r_[0.0, value, end]


def _legend(canvas: Figure, axes: Axes, summaries: pd.DataFrame) -> None:
    """Legend of the lines that there are."""
    there = set(zip(summaries["kind"], summaries["blind"].astype(bool), strict=True))
    lines = [line for kind, line in OF_KIND.items() if kind in there]
    for line in (*lines, OF_LEAK, OF_AXIAL):
        axes.plot([], [], color=line.colour, lw=line.width, ls=line.dashes, label=line.label)
    axes.fill_between([], [], [], color="0.85", lw=0, label=BAND)
    canvas.legend(loc="outside upper center", ncols=3, frameon=False)


ABOVE = "coverage minus the lower limit of the simultaneous 95 % band, every level of every {}"
OF_2D, OF_7D = ABOVE.format("first_2d ensemble"), ABOVE.format("first_7d and all_7d ensemble")


@claim(
    "own-coverage-2d",
    figure="coverage",
    paper="given F, the ensembles after the first round are calibrated or conservative in 2 "
    "dimensions",
    needs=(TABLES["first_2d"][0],),
    holds=at_least(OF_2D, 0),
    source=OWN,
)
def own_coverage_2d(artifacts: Artifacts) -> Finding:
    """Coverage of the ensembles given F with two parameters."""
    return _covered(artifacts, ["first_2d"], OF_2D)


@claim(
    "own-coverage-7d",
    figure="coverage",
    paper="given F and given H, the ensembles after the first round are calibrated or conservative "
    "in 7 dimensions",
    needs=(TABLES["first_7d"][0], TABLES["all_7d"][0]),
    holds=at_least(OF_7D, 0),
    source=OWN,
)
def own_coverage_7d(artifacts: Artifacts) -> Finding:
    """Coverage of the ensembles given F and given H with seven parameters."""
    return _covered(artifacts, ["first_7d", "all_7d"], OF_7D)


def _covered(artifacts: Artifacts, names: Sequence[str], quantity: str) -> Finding:
    """How far the curves of all ensembles stay above the lower limit of the band."""
    texts, margins = [], []
    for name in names:
        curves = _of(artifacts.table(TABLES[name][0]), "coverage")
        ensembles = curves[curves["kind"] == "ensemble"]
        margins.append(ensembles["value"] - ensembles["low"])
        texts.append(f"{CALLED[name]}: {_described(curves, ensembles)}")
    return Finding("; ".join(texts), {quantity: np.concatenate(margins)})


def _described(curves: pd.DataFrame, ensembles: pd.DataFrame) -> str:
    margin = (ensembles["value"] - ensembles["level"]).groupby(ensembles["member"])
    each = ", ".join(
        f"{low:+.3f} to {high:+.3f}" for low, high in zip(margin.min(), margin.max(), strict=True)
    )
    fine = curves.assign(fine=curves["value"] >= curves["low"])
    above = {
        kind: fine[fine["kind"] == kind].groupby("member")["fine"].all()
        for kind in ("ensemble", "seed")
    }
    return (
        f"coverage minus level of the ensembles {each or 'not known'} (not below the band: "
        f"{int(above['ensemble'].sum())} of {len(above['ensemble'])} ensembles, "
        f"{int(above['seed'].sum())} of {len(above['seed'])} single networks)"
    )
