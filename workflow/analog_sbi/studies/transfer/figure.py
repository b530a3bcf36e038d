"""Posteriors given a target of another backend, and what they predict on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, of_experiment
from analog_sbi.paper.registry import figure
from analog_sbi.plots import style
from analog_sbi.studies.transfer.comparison import HERE, PARAMETER, SCALE, THERE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GIVEN, INFERRED = "transfer", "transfer_relative"
TITLES = {GIVEN: "scale given", INFERRED: "scale inferred"}
COLOURS = {GIVEN: style.BLUE, INFERRED: style.ORANGE}
SAMPLES = {name: of_experiment(name, "samples")[0] for name in TITLES}
TABLE = "{backend}/transfer.parquet"


@figure(
    "transfer",
    "A target of another backend, inferred here",
    needs=(TABLE, *SAMPLES.values()),
    height=2.5,
    category="Transfer",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw samples over the plane, and features predicted on both backends beside the target's."""
    table = artifacts.table(TABLE)
    axes = canvas.subplots(1, 3, width_ratios=(1, 1, 1))
    _plane(axes[0], artifacts, table)
    for place, name, text in zip(axes[1:], TITLES, "BC", strict=True):
        _features(place, table[table["experiment"] == name])
        scale = table[(table["experiment"] == name) & (table["kind"] == SCALE)].iloc[0]
        known = f"given {scale['expected']:g}, " if np.isfinite(scale["expected"]) else ""
        found = f"found {scale['mean']:.2f} $\\pm$ {scale['spread']:.2f}"
        place.set_title(f"{TITLES[name]}\n({known}{found})")
        style.letter(place, text)
    axes[1].legend(frameon=False)


def _plane(axes: Axes, artifacts: Artifacts, table: pd.DataFrame) -> None:
    space = artifacts.problem(GIVEN).space
    x, y = space.names
    for name, title in TITLES.items():
        samples = artifacts.table(SAMPLES[name])
        shown = samples[samples["round"] == samples["round"].max()]
        axes.scatter(shown[x], shown[y], s=2, lw=0, alpha=0.3, color=COLOURS[name])
        axes.plot([], [], "o", ms=3, color=COLOURS[name], label=title)
    rows = table[(table["experiment"] == GIVEN) & (table["kind"] == PARAMETER)]
    expected = rows.set_index("name")["expected"]
    axes.plot(
        expected[x], expected[y], "x", color="black", ms=6, mew=1.4, label="equal time constants"
    )
    axes.set(xlim=space.limits(x), ylim=space.limits(y))
    axes.set(xlabel=f"{x} ({space.unit(x)})", ylabel=f"{y} ({space.unit(y)})")
    axes.legend(frameon=False, loc="upper left")
    style.letter(axes, "A")


def _features(axes: Axes, rows: pd.DataFrame) -> None:
    for kind, colour, shift, label in (
        (HERE, style.GREEN, -0.12, "predicted here"),
        (THERE, style.VERMILION, 0.12, "predicted there"),
    ):
        own = rows[rows["kind"] == kind]
        place = np.arange(len(own))
        axes.errorbar(
            place + shift, own["mean"], yerr=own["spread"], fmt="o", ms=3, color=colour, label=label
        )
    axes.plot(place, own["expected"], "x", color="black", ms=6, mew=1.4, label="target")
    axes.set_xticks(place, own["name"])
    axes.set_ylabel(", ".join(dict.fromkeys(own["unit"])).replace("1", "relative"))
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
