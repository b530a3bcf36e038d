"""Claims on Figure 3 and sections 2.1, 4.1 and 4.3: grid, calibration, posteriors in 2d."""

from __future__ import annotations

import numpy as np
import pandas as pd
from contourpy import contour_generator
from scipy.interpolate import RegularGridInterpolator
from scipy.stats import spearmanr

from analog_sbi.checks.register import CALIBRATION, CENTRE, CHARACTERIZATION, GRID
from analog_sbi.checks.seeds import correlation, last_round, per_seed, told
from analog_sbi.checks.table import Artifacts, Verdict

TAU = "{backend}/tau_2d/%s.parquet"
FIRST = "{backend}/first_2d/%s.parquet"

MEMBRANE_US = (30.0, 12.0)  # paper, section 4.1
SYNAPSE_US = 10.0  # paper, section 4.1


def grid_range(artifacts: Artifacts) -> Verdict:
    """Compare the extremes of tau over the grid."""
    tau = artifacts.table(GRID)["tau"].dropna()
    low, high = tau.min(), tau.max()
    return Verdict(f"{low:.2f} to {high:.2f}", 0.1 <= low <= 0.3 and 3.3 <= high <= 5.0)


def grid_monotone(artifacts: Artifacts) -> Verdict:
    """Rank correlation of tau with one conductance while the other is fixed."""
    grid = artifacts.table(GRID).dropna(subset=["tau"])
    with_axial = [spearmanr(rows["g_axial"], rows["tau"])[0] for _, rows in grid.groupby("g_leak")]
    upper = grid[grid["g_axial"] > grid["g_axial"].quantile(0.25)]
    with_leak = [spearmanr(rows["g_leak"], rows["tau"])[0] for _, rows in upper.groupby("g_axial")]
    axial, leak = float(np.median(with_axial)), float(np.median(with_leak))
    return Verdict(f"axial {axial:.3f}, leak {leak:.3f}", axial > 0.8 and leak < -0.6)


def grid_contours(artifacts: Artifacts) -> Verdict:
    """Correlation of leak and axial conductance along the contour of tau*."""
    leak, axial, tau = _plane(artifacts.table(GRID))
    target = artifacts.table(CENTRE)["tau"].mean()
    lines = contour_generator(leak, axial, tau.T).lines(target)
    longest = max(lines, key=len)
    r = float(np.corrcoef(longest[:, 0], longest[:, 1])[0, 1])
    return Verdict(f"r = {r:.3f} along tau = {target:.2f}", r > 0.8)


def membrane_range(artifacts: Artifacts) -> Verdict:
    """Compare the measured membrane time constants at both ends of the leak codes."""
    table = artifacts.table(CHARACTERIZATION)
    table = table[table["quantity"] == "membrane"]
    means = table.groupby("parameter")["time_constant"].mean().sort_index()
    slow, fast = means.iloc[0], means.iloc[-1]
    holds = all(
        abs(found / expected - 1) <= 0.15
        for found, expected in zip((slow, fast), MEMBRANE_US, strict=True)
    )
    return Verdict(f"{fast:.1f} to {slow:.1f} us", holds)


def synapse_calibrated(artifacts: Artifacts) -> Verdict:
    """Synaptic time constants as measured before and after calibration."""
    table = artifacts.table(CALIBRATION)
    before, after = table["tau_synapse_before"], table["tau_synapse"]
    mean, sd = after.mean(), after.std(ddof=1)
    gain = before.std(ddof=1) / sd
    return Verdict(
        f"{mean:.2f} +- {sd:.3f} us, before {before.mean():.2f} +- {before.std(ddof=1):.2f} us",
        abs(mean / SYNAPSE_US - 1) <= 0.05 and gain >= 3,
    )


def target_tau(artifacts: Artifacts) -> Verdict:
    """Mean and spread of the decay constant over the trials of the target."""
    tau = artifacts.table(CENTRE)["tau"]
    mean, sd = tau.mean(), tau.std(ddof=1)
    return Verdict(f"{mean:.3f} +- {sd:.3f}", 1.05 <= mean <= 1.29 and 0.02 <= sd <= 0.06)


def tau_correlation(artifacts: Artifacts) -> Verdict:
    """Correlation of the posterior samples given tau*."""
    r = per_seed(artifacts.table(TAU % "samples"), correlation)
    return Verdict(told(r, r.between(0.85, 0.98)), 0.85 <= r.median() <= 0.98)


def tau_contour(artifacts: Artifacts) -> Verdict:
    """Share of posterior samples whose decay constant on the grid is close to tau*."""
    leak, axial, tau = _plane(artifacts.table(GRID))
    target = artifacts.table(CENTRE)["tau"]
    field = RegularGridInterpolator((leak, axial), tau)
    width = 3 * target.std(ddof=1)

    def share(rows: pd.DataFrame) -> float:
        found = field(rows[["g_leak", "g_axial"]].to_numpy())
        return float(np.mean(np.abs(found - target.mean()) <= width))

    shares = per_seed(artifacts.table(TAU % "samples"), share)
    return Verdict(told(shares, shares >= 0.8), shares.median() >= 0.8)


def tau_spread(artifacts: Artifacts) -> Verdict:
    """Posterior mass in the upper against the second quarter of the leak's range."""
    low, high = artifacts.limits.leak

    def ratio(rows: pd.DataFrame) -> float:
        position = (rows["g_leak"] - low) / (high - low)
        second = position.between(0.25, 0.5, inclusive="left").sum()
        return float((position >= 0.75).sum() / max(second, 1))

    ratios = per_seed(artifacts.table(TAU % "samples"), ratio)
    return Verdict(f"ratio of masses: {told(ratios, ratios < 1)}", ratios.median() < 1)


def tau_ppc(artifacts: Artifacts) -> Verdict:
    """Mean and spread of the decay constant in the predictive check."""
    mean, sd, holds = _predictive_tau(artifacts)
    target = artifacts.table(CENTRE)["tau"]
    text = (
        f"{mean.median():.2f} +- {sd.median():.2f} (medians over seeds) against "
        f"{target.mean():.2f} +- {target.std(ddof=1):.2f}; "
        f"holds for {int(holds.sum())} of {len(holds)} seeds"
    )
    deviation = (mean - target.mean()).abs() / sd
    return Verdict(text, deviation.median() <= 1 and sd.median() < 0.15)


def few_rounds_suffice(artifacts: Artifacts) -> Verdict:
    """Seeds for which the predictive check of tau holds."""
    _, _, holds = _predictive_tau(artifacts)
    share = holds.sum() / len(holds)
    return Verdict(f"{int(holds.sum())} of {len(holds)} seeds", share >= 0.8)


def first_correlation(artifacts: Artifacts) -> Verdict:
    """Correlation of the posterior samples given F*, beside that given tau*."""
    given_tau = per_seed(artifacts.table(TAU % "samples"), correlation).median()
    r = per_seed(artifacts.table(FIRST % "samples"), correlation)
    holds = (r.abs() < 0.35) & (given_tau - r >= 0.5)
    return Verdict(told(r, holds), abs(r.median()) < 0.35 and given_tau - r.median() >= 0.5)


def first_recovers(artifacts: Artifacts) -> Verdict:
    """Place of theta* in the marginals given F*, and their widths against the prior's."""
    samples = artifacts.table(FIRST % "samples")
    holds, medians, texts = True, {}, []
    for name, star, limits in zip(
        ("g_leak", "g_axial"),
        artifacts.theta(),
        (artifacts.limits.leak, artifacts.limits.axial),
        strict=True,
    ):
        prior_sd = (limits[1] - limits[0]) / np.sqrt(12)
        place = per_seed(samples, lambda rows, n=name, s=star: float((rows[n] < s).mean()))
        width = per_seed(samples, lambda rows, n=name, w=prior_sd: float(rows[n].std(ddof=1) / w))
        medians[name] = place.between(0.05, 0.95) & (width < 0.25)
        holds &= bool(0.05 <= place.median() <= 0.95 and width.median() < 0.25)
        texts.append(f"{name}: theta* at {place.median():.2f}, sd {width.median():.2f} of prior's")
    both = medians["g_leak"] & medians["g_axial"]
    return Verdict(
        f"{'; '.join(texts)} (medians); holds for {int(both.sum())} of {len(both)} seeds", holds
    )


def _predictive_tau(artifacts: Artifacts) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Mean and sd of tau per seed, and whether the criterion of tau-ppc holds."""
    target = artifacts.table(CENTRE)["tau"].mean()
    groups = last_round(artifacts.table(TAU % "predictive")).groupby("seed")["tau"]
    mean, sd = groups.mean(), groups.std(ddof=1)
    return mean, sd, ((mean - target).abs() <= sd) & (sd < 0.15)


def _plane(grid: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leak (G,) and axial (G,) values of the grid and tau (G, G) over them."""
    plane = grid.pivot(index="g_leak", columns="g_axial", values="tau")
    return plane.index.to_numpy(), plane.columns.to_numpy(), plane.to_numpy()
