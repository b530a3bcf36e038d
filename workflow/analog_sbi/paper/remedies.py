"""Remedies side by side, and the claims on the way that is recommended.

The claims on the paper's own settings (``coverage``, ``trust``) stay as they are beside these.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pandas as pd

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.chain import GIVEN
from analog_sbi.paper.criteria import at_least, at_most
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

TABLE = "{backend}/remedies.parquet"
PLAIN = {"tau": "tau", "first": "F", "all": "H"}
MARKERS, DASHES = "oDs^vPX*", ("-", "--", ":", "-.")
"""How repairs are drawn, in the order of the table; from the start again if there are more."""
PANELS = (
    ("deficit", "largest level\nminus coverage"),
    ("c2st", "C2ST to the reference"),
    ("width", "width / reference's"),
)
RECOMMENDED = ("plain", "likelihood")
"""Way and repair that docs/remedies.md recommends where features are smooth."""
BUDGET = 3000  # measurements at which the claims are decided, or the most below


@figure(
    "remedies",
    "Remedies against over-confidence by number of measurements",
    needs=(TABLE,),
    height=6.0,
    category="Trust",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a column a problem: lack of coverage, C2ST and width, means over single networks."""
    table = artifacts.table(TABLE)
    table = table[table["kind"] == "seed"]
    problems, ways = (list(table[name].unique()) for name in ("problem", "way"))
    budgets = sorted(table["budget"].unique())
    colours = dict(zip(ways, style.colours(len(ways)), strict=True))
    looks = dict(zip(table["repair"].unique(), zip(cycle(MARKERS), cycle(DASHES)), strict=False))
    grid = canvas.subplots(len(PANELS), len(problems), sharex=True, sharey="row", squeeze=False)
    for column, problem in zip(grid.T, problems, strict=True):
        rows = table[table["problem"] == problem]
        column[0].set_title(_called(problem, artifacts))
        for (way, repair), part in rows.groupby(["way", "repair"], sort=False):
            means = part.groupby("budget").mean(numeric_only=True)
            places = [budgets.index(budget) for budget in means.index]
            for axes, (quantity, _) in zip(column, PANELS, strict=True):
                axes.plot(
                    places,
                    means[quantity],
                    marker=looks[repair][0],
                    ls=looks[repair][1],
                    ms=3,
                    lw=0.9,
                    color=colours[way],
                    label=f"{way}" if repair == "none" else f"{way}, {repair}",
                )
        for axes, (quantity, _) in zip(column, PANELS, strict=True):
            exact = {"deficit": 0.0, "c2st": 0.5, "width": 1.0}[quantity]
            axes.axhline(exact, color="0.6", lw=0.6, ls=":", zorder=0)
            axes.spines[["top", "right"]].set_visible(False)
        column[-1].set_xticks(range(len(budgets)), [f"{budget:g}" for budget in budgets])
        column[-1].set_xlabel("measurements")
    for row, (quantity, label), text in zip(grid, PANELS, "ABC", strict=True):
        row[0].set_ylabel(label)
        style.letter(row[0], text)
        if quantity == "width":
            row[0].set_yscale("log")
            style.plain_logarithm(row[0].yaxis)
    shown: dict[str, Artist] = {}
    for axes in grid[0]:
        handles, labels = axes.get_legend_handles_labels()
        shown |= dict(zip(labels, handles, strict=True))
    canvas.legend(
        list(shown.values()), list(shown), loc="outside upper center", ncols=4, frameon=False
    )


def _called(problem: str, artifacts: Artifacts) -> str:
    """Title of a problem."""
    number, observable = _parts(problem, artifacts)
    return f"{number}\n{GIVEN.get(observable, f'given {observable}')}"


def _parts(problem: str, artifacts: Artifacts) -> tuple[str, str]:
    """Number of parameters in words, and the observable."""
    parameters, _, observable = problem.partition("_")
    number = 2 if parameters == "global" else 2 * artifacts.frame.length - 1
    return f"{number} parameters", observable


MARGIN = (
    f"coverage minus the lower limit of its band at {BUDGET} measurements, given F and H with 7 "
    "parameters, worst ensemble"
)
FAR = f"C2ST of the ensembles to the reference at {BUDGET} measurements, worst problem"


@claim(
    "own-remedy-coverage",
    figure="remedies",
    paper="the recommended way is calibrated or conservative in 7 dimensions given F and H",
    needs=(TABLE,),
    holds=at_least(MARGIN, 0),
    source=OWN,
)
def own_remedy_coverage(artifacts: Artifacts) -> Finding:
    """Coverage of the ensembles of the recommended way, as ``own-coverage-7d`` asks it."""
    rows = _recommended(artifacts)
    rows = rows[rows["problem"].str.startswith("individual_")]
    ensembles = rows[rows["kind"] == "ensemble"]
    texts = []
    for problem, part in rows.groupby("problem", sort=False):
        single, joint = (part[part["kind"] == kind]["margin"] for kind in ("seed", "ensemble"))
        texts.append(
            f"{_plain(str(problem), artifacts)}: {joint.min():+.3f} (not below the band: "
            f"{int((joint >= 0).sum())} of {len(joint)} ensembles, {int((single >= 0).sum())} of "
            f"{len(single)} single networks, worst {single.min():+.3f})"
        )
    return Finding("; ".join(texts), {MARGIN: ensembles["margin"].to_numpy()})


@claim(
    "own-remedy-c2st",
    figure="remedies",
    paper="given the target the recommended way is the reference posterior",
    needs=(TABLE,),
    holds=at_most(FAR, 0.55),
    source=OWN,
)
def own_remedy_c2st(artifacts: Artifacts) -> Finding:
    """Distance of the ensembles of the recommended way to the reference."""
    rows = _recommended(artifacts)
    far = rows[rows["kind"] == "ensemble"].groupby("problem", sort=False)["c2st"].max()
    texts = [f"{_plain(str(problem), artifacts)}: {value:.3f}" for problem, value in far.items()]
    return Finding("; ".join(texts), {FAR: far.to_numpy()})


def _recommended(artifacts: Artifacts) -> pd.DataFrame:
    """Rows of the recommended way at ``BUDGET`` measurements, or the most below."""
    table = artifacts.table(TABLE)
    way, repair = RECOMMENDED
    rows = table[(table["way"] == way) & (table["repair"] == repair)]
    budgets = rows["budget"]
    nearest = budgets[budgets <= max(BUDGET, budgets.min())].max()
    return rows[budgets == nearest]


def _plain(problem: str, artifacts: Artifacts) -> str:
    """A problem in plain words."""
    number, observable = _parts(problem, artifacts)
    return f"{number} given {PLAIN.get(observable, observable)}"
