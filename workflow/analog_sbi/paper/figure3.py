"""Figure 3 and sections 2.1, 4.1 and 4.3: grid, calibration, posteriors of two parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import (
    CALIBRATION,
    CHARACTERIZATION,
    GRID,
    TRACES,
    Artifacts,
    known_position,
    of_experiment,
    position,
    target_of,
)
from analog_sbi.paper.chain import (
    AXIAL,
    COLOURS,
    GIVEN,
    LEAK,
    correlation,
    plane_of,
    recording,
)
from analog_sbi.paper.criteria import above, at_least, at_most, below, between, inside, within
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.seeds import decided_by, last_round, per_seed, shown, spread
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import plane, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = target_of("tau_2d")
TAU_SAMPLES, TAU_PREDICTIVE, TAU_DENSITY = of_experiment(
    "tau_2d", "samples", "predictive", "density"
)
(FIRST_SAMPLES,) = of_experiment("first_2d", "samples")
SHOWN = (GRID, TRACES, TARGET, TAU_DENSITY, TAU_SAMPLES, FIRST_SAMPLES)
SETTINGS = ("points", "predictive.shown", "predictive.seed")
HEIGHT = 5.4  # inches, of a chain of four
ROW = 0.5  # inches of each further compartment

MEMBRANE_US = (30.0, 12.0)  # paper, section 4.1
SYNAPSE_US = 10.0  # paper, section 4.1


@figure(
    "figure3",
    "Grid, traces and posteriors of the two-dimensional parameter space",
    needs=SHOWN,
    settings=SETTINGS,
    height=HEIGHT,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw all five panels: A grid, B scaled traces, C posterior, D samples, E traces."""
    more = ROW * max(0, artifacts.frame.length - 4)
    canvas.set_size_inches(style.WIDTH, HEIGHT + more)
    upper, lower = style.stacked(canvas, (1, 1.3 + 2.3 * more / HEIGHT), 0.02)
    panel_b, panel_e = lower.subfigures(1, 2, squeeze=False, wspace=0.04)[0]
    axes_a, axes_c, axes_d = upper.subplots(1, 3)
    traces, target = artifacts.table(TRACES), artifacts.table(TARGET)
    at, seed = plane_of(artifacts), artifacts.settings["predictive.seed"]
    how = recording(artifacts.frame)

    plane.draw_values(
        axes_a,
        artifacts.table(GRID),
        "tau",
        target["tau"].mean(),
        r"decay constant $\tau$ (compartments)",
        at,
    )
    style.letter(axes_a, "A")
    style.letter(plane.draw_traces(panel_b, traces, how, relative=True), "B")
    density = shown(artifacts.table(TAU_DENSITY), seed)
    plane.draw_density(axes_c, density, r"$p(\theta\,|\,\tau^*)$ (of maximum)", at)
    style.letter(axes_c, "C")
    samples = [
        plane.Samples(shown(artifacts.table(path), seed), COLOURS[name], GIVEN[name])
        for name, path in (("tau", TAU_SAMPLES), ("first", FIRST_SAMPLES))
    ]
    star = known_position(target, at.names)
    plane.draw_samples(axes_d, samples, artifacts.settings["predictive.shown"], star, at)
    style.letter(axes_d, "D")
    style.letter(plane.draw_traces(panel_e, traces, how, relative=False), "E")


@claim(
    "grid-range",
    figure="3A",
    paper="tau spans 0.16 to 4.08 over the 40x40 grid",
    needs=(GRID,),
    holds=between("smallest tau", 0.1, 0.3) & between("largest tau", 3.3, 5.0),
)
def grid_range(artifacts: Artifacts) -> Finding:
    """Compare the extremes of tau over the grid."""
    tau = artifacts.table(GRID)["tau"].dropna()
    low, high = tau.min(), tau.max()
    return Finding(f"{low:.2f} to {high:.2f}", {"smallest tau": low, "largest tau": high})


WITH_AXIAL = "median rank correlation of tau with g_axial at fixed leak"
WITH_LEAK = "with g_leak at fixed axial (above the 25th percentile of g_axial)"


@claim(
    "grid-monotone",
    figure="3A",
    paper="tau rises with axial and falls with leak conductance",
    needs=(GRID,),
    holds=above(WITH_AXIAL, 0.8) & below(WITH_LEAK, -0.6),
)
def grid_monotone(artifacts: Artifacts) -> Finding:
    """Rank correlation of tau with one conductance while the other is fixed."""
    from scipy.stats import spearmanr

    grid = artifacts.table(GRID).dropna(subset=["tau"])
    with_axial = [spearmanr(rows[AXIAL], rows["tau"])[0] for _, rows in grid.groupby(LEAK)]
    upper = grid[grid[AXIAL] > grid[AXIAL].quantile(0.25)]
    with_leak = [spearmanr(rows[LEAK], rows["tau"])[0] for _, rows in upper.groupby(AXIAL)]
    axial, leak = float(np.median(with_axial)), float(np.median(with_leak))
    return Finding(f"axial {axial:.3f}, leak {leak:.3f}", {WITH_AXIAL: axial, WITH_LEAK: leak})


ALONG = "along the contour of tau*, r(g_leak, g_axial)"


@claim(
    "grid-contours",
    figure="3A",
    paper="lines of equal tau tie leak and axial together",
    needs=(GRID, TARGET),
    holds=above(ALONG, 0.8),
)
def grid_contours(artifacts: Artifacts) -> Finding:
    """Correlation of leak and axial conductance along the contour of tau*."""
    from contourpy import contour_generator

    leak, axial, tau = _plane(artifacts.table(GRID))
    target = artifacts.table(TARGET)["tau"].mean()
    lines = map(np.asarray, contour_generator(leak, axial, tau.T).lines(target))
    longest = max(lines, key=len)
    r = float(np.corrcoef(longest[:, 0], longest[:, 1])[0, 1])
    return Finding(f"r = {r:.3f} along tau = {target:.2f}", {ALONG: r})


SLOW = "longest membrane time constant (mean over compartments)"
FAST = "shortest membrane time constant (mean over compartments)"


@claim(
    "membrane-range",
    figure="4.1",
    paper="the membrane time constant spans 12 to 30 us over the leak codes",
    needs=(CHARACTERIZATION,),
    holds=within(SLOW, 0.15, MEMBRANE_US[0], "us") & within(FAST, 0.15, MEMBRANE_US[1], "us"),
)
def membrane_range(artifacts: Artifacts) -> Finding:
    """Compare the measured membrane time constants at both ends of the leak codes."""
    table = artifacts.table(CHARACTERIZATION)
    table = table[table["quantity"] == "membrane"]
    means = table.groupby("parameter")["time_constant"].mean().sort_index()
    slow, fast = means.iloc[0], means.iloc[-1]
    return Finding(f"{fast:.1f} to {slow:.1f} us", {SLOW: slow, FAST: fast})


SYNAPSE = "mean over compartments"
GAIN = "sd over compartments before calibration / after"


@claim(
    "synapse-calibrated",
    figure="4.1",
    paper="synaptic time constant calibrated to 10 us",
    needs=(CALIBRATION,),
    holds=within(SYNAPSE, 0.05, SYNAPSE_US, "us") & at_least(GAIN, 3),
)
def synapse_calibrated(artifacts: Artifacts) -> Finding:
    """Synaptic time constants as measured before and after calibration."""
    table = artifacts.table(CALIBRATION)
    before, after = table["tau_synapse_before"], table["tau_synapse"]
    mean, sd = after.mean(), after.std(ddof=1)
    return Finding(
        f"{mean:.2f} +- {sd:.3f} us, before {before.mean():.2f} +- {before.std(ddof=1):.2f} us",
        {SYNAPSE: mean, GAIN: before.std(ddof=1) / sd},
    )


@claim(
    "target-tau",
    figure="2.1.2",
    paper="tau* = 1.17 +- 0.04 over 100 trials at theta*",
    needs=(TARGET,),
    holds=between("mean", 1.05, 1.29) & between("sd", 0.02, 0.06),
)
def target_tau(artifacts: Artifacts) -> Finding:
    """Mean and spread of the decay constant over the trials of the target."""
    tau = artifacts.table(TARGET)["tau"]
    mean, sd = tau.mean(), tau.std(ddof=1)
    return Finding(f"{mean:.3f} +- {sd:.3f}", {"mean": mean, "sd": sd})


@claim(
    "tau-correlation",
    figure="3C/D",
    paper="posterior given tau*: r(leak, axial) = 0.93",
    needs=(TAU_SAMPLES,),
    holds=between("r", 0.85, 0.98),
)
def tau_correlation(artifacts: Artifacts) -> Finding:
    """Correlation of the posterior samples given tau*."""
    r = per_seed(artifacts.table(TAU_SAMPLES), correlation)
    return Finding(spread(r), **decided_by(pd.DataFrame({"r": r})))


NEAR = "share of posterior samples whose tau on the grid is within 3 sd of tau*"


@claim(
    "tau-contour",
    figure="3C",
    paper="high density along the contour of tau*",
    needs=(GRID, TARGET, TAU_SAMPLES),
    holds=at_least(NEAR, 0.8),
)
def tau_contour(artifacts: Artifacts) -> Finding:
    """Share of posterior samples whose decay constant on the grid is close to tau*."""
    from scipy.interpolate import RegularGridInterpolator

    leak, axial, tau = _plane(artifacts.table(GRID))
    target = artifacts.table(TARGET)["tau"]
    field = RegularGridInterpolator((leak, axial), tau)
    width = 3 * target.std(ddof=1)

    def share(rows: pd.DataFrame) -> float:
        on_grid = field(rows[[LEAK, AXIAL]].to_numpy())
        return float(np.mean(np.abs(on_grid - target.mean()) <= width))

    shares = per_seed(artifacts.table(TAU_SAMPLES), share)
    return Finding(spread(shares), **decided_by(pd.DataFrame({NEAR: shares})))


UPPER = "posterior mass in the upper quarter of the range of g_leak / in the second quarter"


@claim(
    "tau-spread",
    figure="3C",
    paper="probability falls towards larger leak",
    needs=(TAU_SAMPLES,),
    holds=below(UPPER, 1),
)
def tau_spread(artifacts: Artifacts) -> Finding:
    """Posterior mass in the upper against the second quarter of the leak's range."""
    low, high = artifacts.problem("tau_2d").space.limits(LEAK)

    def ratio(rows: pd.DataFrame) -> float:
        place = (rows[LEAK] - low) / (high - low)
        second = place.between(0.25, 0.5, inclusive="left").sum()
        return float((place >= 0.75).sum() / max(second, 1))

    ratios = per_seed(artifacts.table(TAU_SAMPLES), ratio)
    text = f"ratio of masses: {spread(ratios)}"
    return Finding(text, **decided_by(pd.DataFrame({UPPER: ratios})))


AWAY = "distance of the predictive mean from tau* in predictive sds"
PREDICTIVE_SD = "predictive sd"
PREDICTS_TAU = at_most(AWAY, 1) & below(PREDICTIVE_SD, 0.15)


@claim(
    "tau-ppc",
    figure="2.1.2",
    paper="predictive check: tau = 1.20 +- 0.09 against 1.17 +- 0.04",
    needs=(TARGET, TAU_PREDICTIVE),
    holds=PREDICTS_TAU,
)
def tau_ppc(artifacts: Artifacts) -> Finding:
    """Mean and spread of the decay constant in the predictive check."""
    mean, quantities = _predictive_tau(artifacts)
    target = artifacts.table(TARGET)["tau"]
    text = (
        f"{mean.median():.2f} +- {quantities[PREDICTIVE_SD].median():.2f} (medians over seeds) "
        f"against {target.mean():.2f} +- {target.std(ddof=1):.2f}"
    )
    return Finding(text, **decided_by(quantities))


SUFFICES = "share of seeds that hold tau-ppc"


@claim(
    "few-rounds-suffice",
    figure="4.3",
    paper="tau*: three rounds of 50 with one transform of two blocks of ten units suffice",
    needs=(TARGET, TAU_PREDICTIVE),
    holds=at_least(SUFFICES, 0.8),
)
def few_rounds_suffice(artifacts: Artifacts) -> Finding:
    """Seeds for which the predictive check of tau holds."""
    _, quantities = _predictive_tau(artifacts)
    held = PREDICTS_TAU.count(quantities.to_dict("records"))
    return Finding(f"{held} of {len(quantities)} seeds", {SUFFICES: held / len(quantities)})


R_FIRST = "r given F*"
DROP = "r given tau* - r given F*"


@claim(
    "first-correlation",
    figure="3D",
    paper="posterior given F*: r falls to 0.06",
    needs=(TAU_SAMPLES, FIRST_SAMPLES),
    holds=inside(R_FIRST, -0.35, 0.35) & at_least(DROP, 0.5),
)
def first_correlation(artifacts: Artifacts) -> Finding:
    """Correlation of the posterior samples given F*, beside that given tau*."""
    given_tau = per_seed(artifacts.table(TAU_SAMPLES), correlation).median()
    r = per_seed(artifacts.table(FIRST_SAMPLES), correlation)
    quantities = pd.DataFrame({R_FIRST: r, DROP: given_tau - r})
    return Finding(spread(r), **decided_by(quantities))


PLACE = {name: f"part of the samples with {name} below theta*" for name in (LEAK, AXIAL)}
WIDTH = {name: f"sd of {name} / the prior's" for name in (LEAK, AXIAL)}


@claim(
    "first-recovers",
    figure="3D",
    paper="samples scatter around theta*, bell-shaped marginals",
    needs=(TARGET, FIRST_SAMPLES),
    holds=between(PLACE[LEAK], 0.05, 0.95)
    & between(PLACE[AXIAL], 0.05, 0.95)
    & below(WIDTH[LEAK], 0.25)
    & below(WIDTH[AXIAL], 0.25),
)
def first_recovers(artifacts: Artifacts) -> Finding:
    """Place of theta* in the marginals given F*, and their widths against the prior's."""
    samples = last_round(artifacts.table(FIRST_SAMPLES))
    problem = artifacts.problem("first_2d")
    quantities: dict[str, pd.Series] = {}
    texts = []
    for name, star, width in zip(
        problem.space.names, position(problem), problem.space.width, strict=True
    ):
        values, seeds = samples[name], samples["seed"]
        place = (values < star).groupby(seeds).mean()
        sd = values.groupby(seeds).std(ddof=1) / (width / np.sqrt(12))
        quantities |= {PLACE[name]: place, WIDTH[name]: sd}
        texts.append(f"{name}: theta* at {place.median():.2f}, sd {sd.median():.2f} of prior's")
    return Finding(f"{'; '.join(texts)} (medians)", **decided_by(pd.DataFrame(quantities)))


def _predictive_tau(artifacts: Artifacts) -> tuple[pd.Series, pd.DataFrame]:
    """Mean of tau of each seed, and what decides tau-ppc."""
    target = artifacts.table(TARGET)["tau"].mean()
    groups = last_round(artifacts.table(TAU_PREDICTIVE)).groupby("seed")["tau"]
    mean, sd = groups.mean(), groups.std(ddof=1)
    return mean, pd.DataFrame({AWAY: (mean - target).abs() / sd, PREDICTIVE_SD: sd})


def _plane(grid: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leak (G,) and axial (G,) values of the grid and tau (G, G) over them."""
    plane = grid.pivot(index=LEAK, columns=AXIAL, values="tau")
    return plane.index.to_numpy(), plane.columns.to_numpy(), plane.to_numpy()
