"""How far posteriors of seven codes are from a reference posterior, a run of each pattern given.

The reference posterior is that of emulations which are repeated wherever particles go, which begin
at samples of the networks (``likelihood/particles.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.paper.artifacts import Artifacts, position
from analog_sbi.paper.criteria import at_least, at_most
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style
from analog_sbi.studies.adex.posteriors import LABELS, of_shown, spike_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PATTERNS = {
    "adex_subthreshold_once": "subthreshold",
    "adex_transient_once": "transient",
    "adex_seven_once": "adaptation",
    "adex_bursting_once": "bursting",
}
"""Experiments given one run, by the pattern that it shows."""

TARGET, REFERENCE, PREDICTED, ERROR, DISTANCES, SAMPLES = (
    {name: template.format(name=name) for name in PATTERNS}
    for template in (
        "{{backend}}/adex/targets/{{{name}.target}}.parquet",
        "{{backend}}/{name}/reference/samples.parquet",
        "{{backend}}/{name}/reference/predictive.parquet",
        "{{backend}}/{name}/reference/error.parquet",
        "{{backend}}/{name}/distances.parquet",
        "{{backend}}/{name}/ensemble/samples.parquet",
    )
)
NEAR = "C2ST of the ensemble to the reference posterior, every pattern"
RUNS = "C2ST of one run of the reference posterior to another, every pattern"
COUNTED = "share of the reference's predictive runs within 1 spike, third best of four patterns"
BINS = 40


@figure(
    "adex_reference",
    "Posteriors of seven codes of a spiking neuron and reference posteriors",
    needs=(*REFERENCE.values(), *SAMPLES.values()),
    height=4.6,
    target="adex_reference",
    category="Second study",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw marginals, a row a pattern and a column a parameter, of ensemble and reference."""
    parameters = artifacts.problem(next(iter(PATTERNS))).parameters
    grid = canvas.subplots(len(PATTERNS), len(parameters))
    for row, (name, title) in zip(grid, PATTERNS.items(), strict=True):
        problem = artifacts.problem(name)
        exact, ours = artifacts.table(REFERENCE[name]), of_shown(artifacts.table(SAMPLES[name]))
        axes: Axes
        for axes, own, value in zip(row, parameters, position(problem), strict=True):
            low, high = problem.space.limits(own)
            edges = np.linspace(low, high, BINS + 1).tolist()
            axes.hist(ours[own], edges, density=True, color=style.BLUE, alpha=0.6)
            axes.hist(exact[own], edges, density=True, color="black", histtype="step", lw=0.9)
            axes.axvline(value, color=style.VERMILION, lw=0.8, ls=":")
            axes.set(xlim=(low, high), yticks=[])
            axes.spines[["top", "right", "left"]].set_visible(False)
        row[0].set_ylabel(title)
    for axes, own in zip(grid[-1], parameters, strict=True):
        axes.set_xlabel(LABELS[own].replace(" ", "\n", 1))
    for axes in grid[:-1].flat:
        axes.set_xticklabels([])
    grid[0, 0].plot([], [], color="black", lw=0.9, label="reference")
    grid[0, 0].fill_between([], [], [], color=style.BLUE, alpha=0.6, lw=0, label="ensemble")
    grid[0, 0].plot([], [], color=style.VERMILION, lw=0.8, ls=":", label="the target's codes")
    canvas.legend(loc="outside upper center", ncols=3, frameon=False)


@claim(
    "adex-reference-c2st",
    figure="adex_reference",
    paper="ensembles of seven parameters given one run are as near to the reference posterior as "
    "those of the chain are asked to be, at each of four recorded patterns",
    needs=tuple(DISTANCES.values()),
    holds=at_most(NEAR, 0.55),
    source=OWN,
)
def adex_reference_c2st(artifacts: Artifacts) -> Finding:
    """C2ST of first ensemble and single networks to the reference, and of it to itself."""
    found, texts = [], []
    for name, title in PATTERNS.items():
        table = artifacts.table(DISTANCES[name])
        of = {kind: table.loc[table["kind"] == kind, "c2st"] for kind in ("seed", "ensemble")}
        floor = table.loc[table["kind"] == "floor", "c2st"]
        found.append(float(of["ensemble"].iloc[0]))
        itself = f", the reference to itself {floor.mean():.2f}" if len(floor) else ""
        texts.append(
            f"{title}: ensemble {found[-1]:.2f}, single networks {of['seed'].min():.2f} to "
            f"{of['seed'].max():.2f}{itself}"
        )
    return Finding("; ".join(texts), {NEAR: np.array(found)})


@claim(
    "adex-reference-runs",
    figure="adex_reference",
    paper="the reference posterior is the same in another run, at each of four recorded patterns",
    needs=tuple(ERROR.values()),
    holds=at_most(RUNS, 0.6),
    source=OWN,
)
def adex_reference_runs(artifacts: Artifacts) -> Finding:
    """C2ST of the reference's runs, their evidence, and the emulations that it rests on."""
    found, texts = [], []
    for name, title in PATTERNS.items():
        told = artifacts.table(ERROR[name]).set_index("quantity")["value"]
        found.append(float(told["c2st_runs"]))
        texts.append(
            f"{title}: {found[-1]:.2f}, log evidence differs by {told['log_evidence_range']:.1f}, "
            f"{told['emulations'] / 1e6:.1f} million emulations"
        )
    return Finding("; ".join(texts), {RUNS: np.array(found)})


@claim(
    "adex-reference-counts",
    figure="adex_reference",
    paper="predictive spike counts of the reference posterior of seven parameters are within 1 of "
    "the target's for at least 90 % of samples at three of four recorded patterns",
    needs=tuple(table[name] for name in PATTERNS for table in (PREDICTED, TARGET)),
    holds=at_least(COUNTED, 0.9),
    source=OWN,
)
def adex_reference_counts(artifacts: Artifacts) -> Finding:
    """Spikes in the step at samples of the reference: what is left when no network errs."""
    counts = {
        title: (artifacts.table(PREDICTED[name]), artifacts.table(TARGET[name]))
        for name, title in PATTERNS.items()
    }
    return spike_counts(counts, COUNTED)
