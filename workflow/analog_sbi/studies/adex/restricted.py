"""The prior of seven codes restricted to where the neuron responds, and what it brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.models import load
from analog_sbi.paper.artifacts import Artifacts, of_experiment
from analog_sbi.paper.criteria import at_least
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style
from analog_sbi.studies.adex.posteriors import (
    PATTERNS,
    PREDICTIVE,
    TARGET,
    counted,
    of_shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAIRS = {
    "adex_transient_restricted": "adex_transient",
    "adex_seven_restricted": "adex_seven",
    "adex_bursting_restricted": "adex_bursting",
}
"""Experiments by those of the restricted prior with as many emulations in all, classifier included.

Not of the subthreshold pattern, which has no spikes and is no valid run.
"""
RESTRICTION, FIRST = (
    {name: of_experiment(name, kind)[0] for name in PAIRS}
    for kind in ("restriction", "round_0/observations")
)
OWN_PREDICTIVE = {name: of_experiment(name, "ensemble/predictive")[0] for name in PAIRS}
THEIRS = 0.38  # share of valid runs in the restricted prior of arXiv 2602.10763, 0.02 before

INSIDE = "share of the runs drawn from the restricted prior that are valid, each of three problems"
NEARER = "share of predictive runs within 1 spike of the target's, more than of the whole prior's"


COUNTS = tuple(
    template
    for name, whole in PAIRS.items()
    for template in (OWN_PREDICTIVE[name], PREDICTIVE[whole], TARGET[whole])
)


@figure(
    "adex_restricted",
    "Predictive spike counts of a spiking neuron, of the whole prior and of a restricted one",
    needs=COUNTS,
    height=2.4,
    target="adex",
    category="Second study",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw a panel a pattern: how many predictive runs have how many spikes, and the target's."""
    grid = canvas.subplots(1, len(PAIRS), sharey=True)
    axes: Axes
    for axes, (name, whole) in zip(grid, PAIRS.items(), strict=True):
        target = artifacts.table(TARGET[whole])["spike_count"].median()
        for path, colour, label in (
            (PREDICTIVE[whole], style.ORANGE, "whole prior"),
            (OWN_PREDICTIVE[name], style.BLUE, "restricted prior"),
        ):
            counts = of_shown(artifacts.table(path))["spike_count"]
            edges = np.arange(-0.5, target + 31, 1.0)
            share, _ = np.histogram(counts.clip(upper=target + 30), edges)
            axes.stairs(share / len(counts), edges, color=colour, label=label, lw=1.0)
        axes.axvline(target, color="black", lw=0.8, ls=":", label="target")
        axes.set(title=PATTERNS[whole], xlabel="spikes in the step")
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_ylabel("share of runs")
    handles, labels = grid[0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)


@claim(
    "adex-restricted-share",
    figure="adex_restricted",
    paper="a classifier restricts the prior to where 38 % of runs are valid (2602.10763; there "
    "2 % are in the whole prior)",
    needs=(*RESTRICTION.values(), *FIRST.values()),
    holds=at_least(INSIDE, THEIRS),
    source=OWN,
)
def adex_restricted_share(artifacts: Artifacts) -> Finding:
    """Valid runs of the whole prior and among those of all seeds from the restricted one."""
    shares, texts = [], []
    for name in PAIRS:
        row, runs = artifacts.table(RESTRICTION[name]).iloc[0], artifacts.table(FIRST[name])
        inside = _valid(runs)
        shares.append(float(inside.mean()))
        texts.append(
            f"{name}: valid {100 * row['valid']:.1f} % of {row['measurements']:.0f} before, "
            f"{100 * shares[-1]:.1f} % of {len(runs)} after ({int((~inside).sum())} others are "
            f"results), {100 * row['kept']:.1f} % of the prior kept"
        )
    return Finding("; ".join(texts), {INSIDE: np.array(shares)})


@claim(
    "adex-restricted-counts",
    figure="adex_restricted",
    paper="a restricted prior brings predictive spike counts of seven parameters nearer to the "
    "target's, at equal emulations, at each of three spiking patterns",
    needs=COUNTS,
    holds=at_least(NEARER, 0),
    source=OWN,
)
def adex_restricted_counts(artifacts: Artifacts) -> Finding:
    """Spikes in the step of predictive runs of both priors."""
    gains, texts = [], []
    for name, whole in PAIRS.items():
        target = artifacts.table(TARGET[whole])
        own, before = (
            counted(of_shown(artifacts.table(path)), target)
            for path in (OWN_PREDICTIVE[name], PREDICTIVE[whole])
        )
        gains.append(own - before)
        texts.append(f"{name} {100 * own:.0f} % (whole prior {100 * before:.0f} %)")
    return Finding(", ".join(texts), {NEARER: np.array(gains)})


def _valid(runs: pd.DataFrame) -> np.ndarray:
    valid = load("adex").valid
    assert valid is not None, "the model of this study says which runs are valid"
    return valid({name: runs[name].to_numpy() for name in valid.needs})
