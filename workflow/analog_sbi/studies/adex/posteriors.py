"""Posteriors of two and of seven codes given the features of a run, and what they predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, of_experiment, position
from analog_sbi.paper.criteria import at_least, between
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TWO, SEVEN = "adex_two", "adex_seven"
PATTERNS = {
    "adex_subthreshold": "subthreshold",
    "adex_transient": "transient",
    SEVEN: "adaptation",
    "adex_bursting": "bursting",
}
"""Experiments by the pattern of their targets."""
SAMPLES = {name: of_experiment(name, "ensemble/samples")[0] for name in (TWO, SEVEN)}
PREDICTIVE = {name: of_experiment(name, "ensemble/predictive")[0] for name in (TWO, *PATTERNS)}
TARGET = {name: f"{{backend}}/adex/targets/{{{name}.target}}.parquet" for name in (TWO, *PATTERNS)}
SHOWN = 0  # ensemble

LABELS = {
    "leak_i_bias": "leak bias",
    "reset_v_reset": "reset potential",
    "adaptation_i_bias_tau": r"adaptation $\tau$ bias",
    "adaptation_i_bias_a": "adaptation $a$ bias",
    "adaptation_i_bias_b": "adaptation $b$ bias",
    "exponential_v_exp": "exponential onset",
    "exponential_i_bias": "exponential strength",
}


def of_shown(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first ensemble."""
    return table[table["ensemble"] == SHOWN]


@figure(
    "adex_posteriors",
    "Posteriors of two and of seven codes of a spiking neuron, given features",
    needs=tuple(SAMPLES.values()),
    height=4.2,
    target="adex",
    category="Second study",
)
def draw_posteriors(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw samples of the two over the prior's range, and marginals of the seven."""
    grid = canvas.subplots(2, 4)
    problem = artifacts.problem(TWO)
    samples, star = of_shown(artifacts.table(SAMPLES[TWO])), position(problem)
    x, y = problem.parameters
    axes: Axes = grid[0, 0]
    axes.scatter(samples[x], samples[y], s=2, lw=0, alpha=0.5, color=style.BLUE)
    axes.plot(*star, "x", color="black", ms=6, mew=1.4)
    axes.set(xlim=problem.space.limits(x), ylim=problem.space.limits(y))
    axes.set(xlabel=LABELS[x], ylabel=LABELS[y], title="two codes")
    problem = artifacts.problem(SEVEN)
    samples, star = of_shown(artifacts.table(SAMPLES[SEVEN])), position(problem)
    for axes, name, value in zip(grid.flat[1:], problem.parameters, star, strict=True):
        low, high = problem.space.limits(name)
        axes.hist(
            samples[name], np.linspace(low, high, 41).tolist(), density=True, color=style.BLUE
        )
        axes.axhline(1 / (high - low), color="0.5", ls=":", lw=0.8)
        axes.axvline(value, color="black", lw=1)
        axes.set(xlim=(low, high), yticks=[], xlabel=LABELS[name])
        axes.spines[["top", "right", "left"]].set_visible(False)
    grid[0, 1].set_title("seven codes")


@figure(
    "adex_predictive",
    "What posteriors of a spiking neuron predict, beside the target",
    needs=(*(PREDICTIVE[name] for name in (TWO, SEVEN)), *(TARGET[name] for name in (TWO, SEVEN))),
    height=4.4,
    target="adex",
    category="Second study",
)
def draw_predictive(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw the distribution of every feature: predictive of two and seven codes, and trials."""
    grid = canvas.subplots(3, 4)
    problem = artifacts.problem(SEVEN)
    shown = {
        "target, trials": (artifacts.table(TARGET[SEVEN]), "black"),
        "two codes": (of_shown(artifacts.table(PREDICTIVE[TWO])), style.ORANGE),
        "seven codes": (of_shown(artifacts.table(PREDICTIVE[SEVEN])), style.BLUE),
    }
    for axes, name, unit in zip(grid.flat, problem.features, problem.units, strict=True):
        values = pd.concat([table[name] for table, _ in shown.values()])
        low, high = values.quantile([0.005, 0.995])
        edges = np.linspace(low - 0.5, high + 0.5, 31).tolist()
        for label, (table, colour) in shown.items():
            options = {"density": True, "histtype": "step", "lw": 1.0}
            axes.hist(table[name].clip(low, high), edges, color=colour, label=label, **options)
        axes.set(yticks=[], xlabel=f"{name} ({style.unit(unit)})" if unit != "1" else name)
        axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)


RANKS_TWO = "position of both codes of the target among samples of the first ensemble"
RANKS_SEVEN = "position of each of the seven codes of the target among samples"
CONSISTENT = "share of features whose target is within the central 95 % of the predictive"
COUNTED = (
    "share of predictive runs within 1 spike of the target's median, third largest of four patterns"
)


@claim(
    "adex-two-contain",
    figure="adex_posteriors",
    paper="the posterior of two parameters contains the target's parameters (2412.02437; there "
    "given a latent vector of the trace, here given features)",
    needs=(SAMPLES[TWO],),
    holds=between(RANKS_TWO, 0.025, 0.975),
    source=OWN,
)
def adex_two_contain(artifacts: Artifacts) -> Finding:
    """Where the two codes lie in the marginals."""
    return contained(artifacts, TWO, SAMPLES[TWO], RANKS_TWO)


@claim(
    "adex-seven-contain",
    figure="adex_posteriors",
    paper="the posterior of seven parameters given features contains the target's parameters",
    needs=(SAMPLES[SEVEN],),
    holds=between(RANKS_SEVEN, 0.005, 0.995),
    source=OWN,
)
def adex_seven_contain(artifacts: Artifacts) -> Finding:
    """Where the seven codes lie in the marginals."""
    return contained(artifacts, SEVEN, SAMPLES[SEVEN], RANKS_SEVEN)


@claim(
    "adex-two-predictive",
    figure="adex_predictive",
    paper="predictive runs of two parameters are consistent with the target (2412.02437)",
    needs=(PREDICTIVE[TWO], TARGET[TWO]),
    holds=at_least(CONSISTENT, 0.9),
    source=OWN,
)
def adex_two_predictive(artifacts: Artifacts) -> Finding:
    """Features of the predictive of the two codes."""
    return _consistent(artifacts, TWO)


@claim(
    "adex-seven-predictive",
    figure="adex_predictive",
    paper="given features, predictive runs of seven parameters match them (2602.10763)",
    needs=(PREDICTIVE[SEVEN], TARGET[SEVEN]),
    holds=at_least(CONSISTENT, 0.9),
    source=OWN,
)
def adex_seven_predictive(artifacts: Artifacts) -> Finding:
    """Features of the predictive of the seven codes."""
    return _consistent(artifacts, SEVEN)


@claim(
    "adex-spike-counts",
    figure="adex_predictive",
    paper="predictive spike counts of seven parameters are within 1 of the target's for at least "
    "90 % of posterior samples at three of four recorded patterns",
    needs=tuple(table[name] for name in PATTERNS for table in (PREDICTIVE, TARGET)),
    holds=at_least(COUNTED, 0.9),
    source=OWN,
)
def adex_spike_counts(artifacts: Artifacts) -> Finding:
    """Spikes in the step of the predictive of the seven codes."""
    counts = {
        title: (of_shown(artifacts.table(PREDICTIVE[name])), artifacts.table(TARGET[name]))
        for name, title in PATTERNS.items()
    }
    return spike_counts(counts, COUNTED)


def spike_counts(
    patterns: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], quantity: str
) -> Finding:
    """Third best share of runs that are within 1 spike of the target's, by pattern in words.

    Of each pattern predictive runs and the trials of the target.
    """
    shares, texts = [], []
    for title, (predictive, trials) in patterns.items():
        shares.append(counted(predictive, trials))
        low, high = predictive["spike_count"].quantile([0.025, 0.975])
        texts.append(
            f"{title}: {100 * shares[-1]:.0f} % within 1 of {trials['spike_count'].median():g} "
            f"(95 % from {low:g} to {high:g})"
        )
    return Finding("; ".join(texts), {quantity: sorted(shares)[-3]})


def contained(artifacts: Artifacts, name: str, path: str, quantity: str) -> Finding:
    """Positions (D,) of an experiment's target among samples, in words with their spreads."""
    problem = artifacts.problem(name)
    samples = of_shown(artifacts.table(path))[list(problem.parameters)].to_numpy()
    ranks = (samples < position(problem)).mean(axis=0)
    spread = samples.std(axis=0) / (problem.space.width / np.sqrt(12))
    texts = [
        f"{LABELS[key]} {rank:.3f} (sd {share:.2f} of the prior's)"
        for key, rank, share in zip(problem.parameters, ranks, spread, strict=True)
    ]
    return Finding(", ".join(texts), {quantity: ranks})


def counted(predictive: pd.DataFrame, trials: pd.DataFrame) -> float:
    """Share of predictive runs within 1 spike of the target's median."""
    away = predictive["spike_count"] - trials["spike_count"].median()
    return float((away.abs() <= 1).mean())


def _consistent(artifacts: Artifacts, name: str) -> Finding:
    features = list(artifacts.problem(name).features)
    return consistent(artifacts.table(PREDICTIVE[name]), artifacts.table(TARGET[name]), features)


def consistent(predictive: pd.DataFrame, target: pd.DataFrame, features: list[str]) -> Finding:
    """Share of features whose target, the mean of its trials, is within the predictive."""
    predicted = of_shown(predictive)[features]
    low, high = predicted.quantile(0.025), predicted.quantile(0.975)
    mean = target[features].mean()
    inside = (mean >= low) & (mean <= high)
    outside = ", ".join(inside.index[~inside]) or "none"
    text = f"{int(inside.sum())} of {len(features)} features; outside: {outside}"
    return Finding(text, {CONSISTENT: float(inside.mean())})
