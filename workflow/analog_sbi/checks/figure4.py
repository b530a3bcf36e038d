"""Claims on Figure 4: seven parameters, given the first column or all heights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.checks.register import CENTRE
from analog_sbi.checks.seeds import last_round
from analog_sbi.checks.table import Artifacts, Verdict

FIRST = "{backend}/first_7d/%s.parquet"
ALL = "{backend}/all_7d/%s.parquet"


def relative_widths(samples: pd.DataFrame, artifacts: Artifacts) -> pd.DataFrame:
    """Standard deviation of each marginal over the prior's, a row a seed."""
    samples = last_round(samples)
    spread = samples.groupby("seed")[_parameters(samples)].std(ddof=1)
    for name in spread:
        limits = artifacts.limits.leak if name.startswith("g_leak") else artifacts.limits.axial
        spread[name] /= (limits[1] - limits[0]) / np.sqrt(12)
    return spread


def deviations(predictive: pd.DataFrame, target: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean and spread of emulated heights about the target in units of sigma*, a row a seed."""
    predictive = last_round(predictive)
    names = [name for name in predictive if name.startswith("h_")]
    star, sigma = target[names].mean(), target[names].std(ddof=1)
    groups = predictive.groupby("seed")[names]
    return (groups.mean() - star) / sigma, groups.std(ddof=1) / sigma


def seven_first_marginals(artifacts: Artifacts) -> Verdict:
    """Widths of the marginals given F*."""
    widths = relative_widths(artifacts.table(FIRST % "samples"), artifacts)
    leak, axial = _kinds(widths)

    def holds(row: pd.Series) -> bool:
        along = row[axial].to_numpy()
        return bool(
            row[leak[0]] < 0.8
            and (row[leak[1:]] > 0.8).all()
            and (np.diff(along) > 0).all()
            and (along < 0.8).all()
        )

    return _told(widths, holds)


def seven_all_marginals(artifacts: Artifacts) -> Verdict:
    """Widths of the marginals given H*."""
    widths = relative_widths(artifacts.table(ALL % "samples"), artifacts)
    leak, axial = _kinds(widths)
    ends, inner = [leak[0], leak[-1]], leak[1:-1]

    def holds(row: pd.Series) -> bool:
        return bool(
            (row < 0.6).all()
            and row[axial].mean() < row[leak].mean()
            and row[ends].max() < row[inner].min()
        )

    return _told(widths, holds)


def seven_first_ppc(artifacts: Artifacts) -> Verdict:
    """Predictive check of all heights given F*."""
    target = artifacts.table(CENTRE)
    mean, spread = deviations(artifacts.table(FIRST % "predictive"), target)
    edge = [name for name in mean if name[2] == "0" or name[3] == "0"]
    column = [name for name in mean if name[3] == "0"]
    rest = [name for name in mean if name not in edge]

    def holds(away: pd.Series, wide: pd.Series) -> bool:
        return bool(
            (away.abs() <= 2).all()
            and (wide[edge] < 3).all()
            and wide[rest].median() > wide[column].median()
        )

    medians = mean.median(), spread.median()
    each = [holds(mean.loc[s], spread.loc[s]) for s in mean.index]
    text = (
        f"largest mean deviation {medians[0].abs().max():.2f} sigma*, largest sd of first row and "
        f"column {medians[1][edge].max():.2f}, median sd of the others "
        f"{medians[1][rest].median():.2f}, of the first column {medians[1][column].median():.2f} "
        f"(medians over seeds); "
        f"holds for {sum(each)} of {len(each)} seeds"
    )
    return Verdict(text, holds(*medians))


def seven_all_ppc(artifacts: Artifacts) -> Verdict:
    """Predictive check of all heights given H*."""
    mean, spread = deviations(artifacts.table(ALL % "predictive"), artifacts.table(CENTRE))

    def holds(away: pd.Series, wide: pd.Series) -> bool:
        return bool((away.abs() <= 1).all() and (wide < 2.5).all())

    medians = mean.median(), spread.median()
    each = [holds(mean.loc[s], spread.loc[s]) for s in mean.index]
    text = (
        f"largest mean deviation {medians[0].abs().max():.2f} sigma*, sds {medians[1].min():.2f} "
        f"to {medians[1].max():.2f} sigma* (medians over seeds); "
        f"holds for {sum(each)} of {len(each)} seeds"
    )
    return Verdict(text, holds(*medians))


def seven_sharpening(artifacts: Artifacts) -> Verdict:
    """Ratio of the spreads given H* and given F*, for heights without compartment 0."""
    spreads = []
    for path in (ALL, FIRST):
        table = last_round(artifacts.table(path % "predictive"))
        names = [n for n in table if n.startswith("h_") and n[2] != "0" and n[3] != "0"]
        spreads.append(table.groupby("seed")[names].std(ddof=1))
    ratios = (spreads[0] / spreads[1]).median(axis=1)
    return Verdict(
        f"median {ratios.median():.2f}, range {ratios.min():.2f} to {ratios.max():.2f}; "
        f"holds for {int((ratios < 0.5).sum())} of {len(ratios)} seeds",
        ratios.median() < 0.5,
    )


def _told(widths: pd.DataFrame, holds) -> Verdict:
    medians = widths.median()
    each = [holds(row) for _, row in widths.iterrows()]
    text = ", ".join(f"{name.removeprefix('g_')} {value:.2f}" for name, value in medians.items())
    return Verdict(
        f"sd over the prior's (medians): {text}; holds for {sum(each)} of {len(each)} seeds",
        holds(medians),
    )


def _parameters(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name.startswith("g_")]


def _kinds(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    names = _parameters(table)
    leak = [name for name in names if name.startswith("g_leak")]
    return leak, [name for name in names if name not in leak]
