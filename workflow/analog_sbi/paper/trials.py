"""How a posterior narrows with the number of trials that it is given one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.paper.artifacts import Artifacts, of_experiment, position
from analog_sbi.paper.chain import parameter_label
from analog_sbi.paper.registry import figure
from analog_sbi.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TITLES = {"trials_likelihood": "SNLE", "trials_ratio": "SNRE"}
STYLES = {"trials_likelihood": "-o", "trials_ratio": "--s"}
SAMPLES = {name: of_experiment(name, "trials")[0] for name in TITLES}


def widths(
    samples: pd.DataFrame, names: tuple[str, ...], star: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers (T,) of trials, standard deviations (T, D) and errors of the mean in units of them.

    Errors are distances to where the target was measured (D,). Medians over seeds.
    """
    grouped = samples.groupby(["trials", "seed"])[list(names)]
    spread, away = grouped.std(), (grouped.mean() - star).abs()
    medians = [part.groupby("trials").median() for part in (spread, away / spread)]
    return medians[0].index.to_numpy(), medians[0].to_numpy(), medians[1].to_numpy()


@figure(
    "several_trials",
    "Posteriors given more and more trials of the target",
    needs=tuple(SAMPLES.values()),
    height=2.6,
    width=5.2,
    category="Several trials",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw widths over the number of trials, and how many of them the truth is away; medians."""
    width, away = canvas.subplots(1, 2)
    problem = artifacts.problem("trials_likelihood")
    star, names = position(problem), problem.parameters
    for name, title in TITLES.items():
        numbers, spread, off = widths(artifacts.table(SAMPLES[name]), names, star)
        for index, parameter in enumerate(names):
            colour = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE)[index % 4]
            named = parameter_label(parameter) if parameter.startswith("g_") else parameter
            label = f"{named}, {title}"
            width.loglog(numbers, spread[:, index], STYLES[name], ms=3.5, color=colour, label=label)
            away.semilogx(numbers, off[:, index], STYLES[name], ms=3.5, color=colour)
            if name == "trials_likelihood":
                root = spread[0, index] / np.sqrt(numbers)
                width.loglog(numbers, root, ":", color="0.5", lw=0.8)
    style.plain_logarithm(width.yaxis)
    width.set_ylabel(f"standard deviation ({style.unit(problem.space.units[0])})")
    away.set_ylabel("distance of the mean to where\nit was measured (standard deviations)")
    away.set_ylim(bottom=0)
    for axes, text in zip((width, away), "AB", strict=True):
        style.plain_ticks(axes.xaxis, list(numbers))
        axes.set_xlabel("trials given")
        axes.spines[["top", "right"]].set_visible(False)
        style.letter(axes, text)
    width.legend(frameon=False, fontsize=6)
