"""Predictive traces of the spiking neuron, given features and given summaries of the same run.

Features are said to be matched where they are included, and traces to deviate elsewhere
(2602.10763): the former is asked of the features, the latter of V in means over 10 us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, of_experiment
from analog_sbi.paper.criteria import above, at_least
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style
from analog_sbi.studies.adex.posteriors import CONSISTENT, consistent, of_shown
from analog_sbi.studies.adex.summaries import (
    FEATURES,
    SUMMARIES,
    TARGET,
    draw_predicted,
    followed,
    of_trace,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {FEATURES: "given features", SUMMARIES: "given summaries"}
PREDICTIVE = {name: of_experiment(name, "ensemble/predictive")[0] for name in TITLES}


@figure(
    "adex_traces",
    "What posteriors of a spiking neuron predict of its trace, given features and summaries",
    needs=(*PREDICTIVE.values(), TARGET),
    height=3.6,
    target="adex",
    category="Second study",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a row a posterior: the central 95 % of predictive traces over the target's trace."""
    grid = canvas.subplots(2, 1, sharex=True, sharey=True)
    target = of_trace(artifacts.table(TARGET)).iloc[0]
    for axes, (name, title) in zip(grid, TITLES.items(), strict=True):
        colour = style.ORANGE if name == FEATURES else style.BLUE
        draw_predicted(axes, _predictive(artifacts, name), target, colour)
        axes.set_title(title)
    grid[0].set_xlabel("")


APART = (
    "median distance of predictive traces to the target's (root mean square), given features over "
    "given summaries"
)


@claim(
    "adex-features-match",
    figure="adex_traces",
    paper="given features of one run, predictive runs match them (2602.10763)",
    needs=(PREDICTIVE[FEATURES], TARGET),
    holds=at_least(CONSISTENT, 0.9),
    source=OWN,
)
def adex_features_match(artifacts: Artifacts) -> Finding:
    """Features of the predictive given features of one run."""
    names = list(artifacts.problem(FEATURES).features)
    return consistent(artifacts.table(PREDICTIVE[FEATURES]), artifacts.table(TARGET), names)


@claim(
    "adex-features-deviate",
    figure="adex_traces",
    paper="given features, predictive traces deviate where no feature looks: they are further from "
    "the target's than those given summaries, which follow it (2602.10763)",
    needs=(*PREDICTIVE.values(), TARGET),
    holds=above(APART, 1),
    source=OWN,
)
def adex_features_deviate(artifacts: Artifacts) -> Finding:
    """Distances, and what share of the target's trace lies within the predictive, of both."""
    target = of_trace(artifacts.table(TARGET)).iloc[0]
    distances, texts = [], []
    for name, title in TITLES.items():
        predictive = _predictive(artifacts, name)
        square = (predictive - target) ** 2
        distances.append(float(np.sqrt(square.mean(axis=1)).median()))
        share, width = followed(predictive, target)
        texts.append(
            f"{title}: {distances[-1]:.0f} MADC LSB; {100 * share:.0f} % of the trace within the "
            f"central 95 %, of median width {width:.0f} MADC LSB"
        )
    return Finding("; ".join(texts), {APART: distances[0] / distances[1]})


def _predictive(artifacts: Artifacts, name: str) -> pd.DataFrame:
    return of_trace(of_shown(artifacts.table(PREDICTIVE[name])))
