"""Posteriors of the spiking neuron given summaries that are learned, beside those given features.

Both are given one run at the codes of spike-frequency adaptation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.paper.artifacts import Artifacts, of_experiment, position
from analog_sbi.paper.criteria import at_least, at_most, between
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style
from analog_sbi.studies.adex.posteriors import LABELS, contained, of_shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEATURES, SUMMARIES, LATENT = "adex_seven_once", "adex_seven_summaries", "adex_two_latent"
SAMPLES = {
    name: of_experiment(name, "ensemble/samples")[0] for name in (FEATURES, SUMMARIES, LATENT)
}
PREDICTIVE = of_experiment(SUMMARIES, "ensemble/predictive")[0]
TARGET = f"{{backend}}/adex/targets/{{{SUMMARIES}.target}}.parquet"


@figure(
    "adex_summaries",
    "Posteriors of a spiking neuron given features and given summaries of its trace",
    needs=(SAMPLES[FEATURES], SAMPLES[SUMMARIES], PREDICTIVE, TARGET),
    height=4.6,
    target="adex",
    category="Second study",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw marginals of both posteriors, and what the second predicts over the target's trace."""
    grid = canvas.add_gridspec(3, 4)
    marginals = [canvas.add_subplot(grid[row, column]) for row in (0, 1) for column in range(4)]
    problem = artifacts.problem(SUMMARIES)
    for axes, name, value in zip(
        marginals[:-1], problem.parameters, position(problem), strict=True
    ):
        low, high = problem.space.limits(name)
        edges = np.linspace(low, high, 41).tolist()
        for experiment, colour, label in (
            (FEATURES, style.ORANGE, "given features"),
            (SUMMARIES, style.BLUE, "given summaries"),
        ):
            values = of_shown(artifacts.table(SAMPLES[experiment]))[name]
            axes.hist(values, edges, density=True, histtype="step", color=colour, label=label)
        axes.axvline(value, color="black", lw=1)
        axes.set(xlim=(low, high), yticks=[], xlabel=LABELS[name])
        axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = marginals[0].get_legend_handles_labels()
    marginals[-1].axis("off")
    marginals[-1].legend(handles, labels, loc="center", frameon=False)
    predictive = of_trace(of_shown(artifacts.table(PREDICTIVE)))
    target = of_trace(artifacts.table(TARGET)).iloc[0]
    draw_predicted(canvas.add_subplot(grid[2, :]), predictive, target, style.BLUE)


def draw_predicted(axes: Axes, predictive: pd.DataFrame, target: pd.Series, colour: str) -> None:
    """Draw the central 95 % and the median of predictive traces over the target's."""
    time = (np.arange(len(target)) + 0.5) * 1.0 / len(target)
    low, middle, high = predictive.quantile([0.025, 0.5, 0.975]).to_numpy()
    axes.fill_between(time, low, high, color=colour, alpha=0.3, lw=0, label="predictive, 95 %")
    axes.plot(time, middle, color=colour, lw=1, label="its median")
    axes.plot(time, target, color="black", lw=1, label="target")
    axes.set(xlabel="time (ms)", ylabel="V (MADC LSB)", xlim=(0, 1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(ncols=3, loc="lower left", frameon=False)


def followed(predictive: pd.DataFrame, target: pd.Series) -> tuple[float, float]:
    """Share of the target's trace within the central 95 % of the predictive, whose median width."""
    low, high = predictive.quantile(0.025), predictive.quantile(0.975)
    share = float(((target >= low) & (target <= high)).mean())
    return share, float((high - low).median())


def of_trace(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of V in means over 10 us."""
    return table[[f"v_{number:02}" for number in range(100)]]


FOCUS = "geometric mean over the seven codes of the ratio of marginal standard deviations"
RANKS = "position of each of the seven codes of the target among samples given summaries"
RANKS_LATENT = "position of both codes of the target among samples given a latent vector"
FOLLOWED = "share of the trace's means over 10 us within the central 95 % of the predictive"


@claim(
    "adex-summaries-focus",
    figure="adex_summaries",
    paper="summaries learned with the flow give more focused posteriors than features (2602.10763)",
    needs=(SAMPLES[FEATURES], SAMPLES[SUMMARIES]),
    holds=at_most(FOCUS, 1),
    source=OWN,
)
def adex_summaries_focus(artifacts: Artifacts) -> Finding:
    """Marginal standard deviations of both posteriors, given the same run."""
    problem = artifacts.problem(SUMMARIES)
    spreads = [
        of_shown(artifacts.table(SAMPLES[name]))[list(problem.parameters)].std()
        for name in (SUMMARIES, FEATURES)
    ]
    ratios = spreads[0] / spreads[1]
    mean = float(np.exp(np.log(ratios).mean()))
    each = ", ".join(f"{LABELS[name]} {ratios[name]:.2f}" for name in problem.parameters)
    return Finding(f"{mean:.2f} ({each})", {FOCUS: mean})


@claim(
    "adex-summaries-contain",
    figure="adex_summaries",
    paper="the posterior of seven parameters given summaries contains the target's parameters",
    needs=(SAMPLES[SUMMARIES],),
    holds=between(RANKS, 0.005, 0.995),
    source=OWN,
)
def adex_summaries_contain(artifacts: Artifacts) -> Finding:
    """Where the seven codes lie in the marginals."""
    return contained(artifacts, SUMMARIES, SAMPLES[SUMMARIES], RANKS)


@claim(
    "adex-latent-contain",
    figure="adex_summaries",
    paper="the posterior of two parameters given a latent vector of the trace contains the "
    "target's parameters (2412.02437)",
    needs=(SAMPLES[LATENT],),
    holds=between(RANKS_LATENT, 0.025, 0.975),
    source=OWN,
)
def adex_latent_contain(artifacts: Artifacts) -> Finding:
    """Where the two codes lie in the marginals."""
    return contained(artifacts, LATENT, SAMPLES[LATENT], RANKS_LATENT)


@claim(
    "adex-summaries-predictive",
    figure="adex_summaries",
    paper="given summaries, predictive traces follow the membrane (2602.10763)",
    needs=(PREDICTIVE, TARGET),
    holds=at_least(FOLLOWED, 0.9),
    source=OWN,
)
def adex_summaries_predictive(artifacts: Artifacts) -> Finding:
    """The target's trace among those of the predictive, and how wide these are."""
    predictive = of_trace(of_shown(artifacts.table(PREDICTIVE)))
    target = of_trace(artifacts.table(TARGET)).iloc[0]
    share, width = followed(predictive, target)
    text = f"{100 * share:.0f} % of the trace; median width {width:.0f} MADC LSB"
    return Finding(text, {FOLLOWED: share})
