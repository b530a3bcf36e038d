"""Algorithms side by side: distance to the reference, coverage of it, E, and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.artifacts import table_schema
from analog_sbi.diagnostics.reference_distance import Reference, distances

CENTRAL = 0.90  # share that the central interval of a marginal should hold
METRICS = ("c2st", "mmd", "wasserstein")
SCHEMA = table_schema(
    numbers=(*METRICS, "coverage", "expected_coverage", "distance", "seconds"),
    integers=("budget", "seed", "emulations"),
    strings=("algorithm",),
    booleans=("blind",),
    nullable=True,
)
"""``distance`` is the paper's E, ``seconds`` those beside emulation. ``coverage`` is the share of
the reference's samples within the central 90 % of a marginal, mean over the parameters: less is
over-confident or beside it, more is too wide. ``expected_coverage`` is the same for the parameters
of tests from the whole prior; only amortized posteriors have it. Searches have no posterior to
compare.
"""


@dataclass(frozen=True)
class Run:
    """One algorithm at one budget, and its tables.

    ``distance`` has E of each seed, ``positions`` where the parameters of tests lie. Searches give
    points that are no samples: ``search``.
    """

    algorithm: str
    budget: int
    search: bool
    samples: pd.DataFrame
    distance: pd.DataFrame
    cost: pd.DataFrame
    positions: pd.DataFrame


def compare(run: Run, reference: Reference, seed: int) -> pd.DataFrame:
    """Rows of one algorithm at one budget, a seed each; ``seed`` is that of C2ST's classifier."""
    away = run.distance.set_index("seed")["distance"]
    costs, names = run.cost.set_index("seed"), list(reference.names)
    rows = []
    for number, part in run.samples.groupby("seed"):
        metrics = dict.fromkeys((*METRICS, "coverage"), np.nan)
        if not run.search:
            theta = part[names].to_numpy()
            near = distances(theta, reference, seed)
            metrics = {metric: near[metric] for metric in METRICS}
            metrics["coverage"] = coverage(theta, reference)
        of_tests = run.positions.loc[run.positions["seed"] == number, names].to_numpy()
        rows.append(
            {
                "algorithm": run.algorithm,
                "budget": run.budget,
                "seed": number,
                **metrics,
                "expected_coverage": expected_coverage(of_tests),
                "distance": away[number],
                "emulations": costs["emulations"][number],
                "blind": costs["blind"][number],
                "seconds": costs["thinking_s"][number],
            }
        )
    return pd.DataFrame(rows)


def coverage(samples: np.ndarray, reference: Reference) -> float:
    """Share of the reference within the central interval of samples (N, D), mean of marginals."""
    tail = (1 - CENTRAL) / 2
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0)
    return float(((low <= reference.samples) & (reference.samples <= high)).mean())


def expected_coverage(positions: np.ndarray) -> float:
    """Share of positions (M, D) of tests within the central interval, nan if there are none.

    A missing position, of a test with no sample inside the prior's bounds, is not within.
    """
    if not len(positions):
        return np.nan
    return float((np.abs(positions - 0.5) <= CENTRAL / 2).mean())


def markdown(table: pd.DataFrame, unit: str, titles: Mapping[str, str]) -> str:
    """Medians over seeds as text, a row an algorithm (by its title) and budget."""
    lines = [
        "# Algorithms at equal budgets",
        "",
        f"Medians over seeds (C2ST and coverage: range). E in {unit}; seconds beside emulation.",
        "",
        "| algorithm | budget | C2ST to the reference | MMD | Wasserstein "
        f"| coverage of {CENTRAL:.2f} | over the prior | E | blind | s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (budget, algorithm), rows in table.groupby(["budget", "algorithm"], sort=False):
        median = rows.median(numeric_only=True)
        cells = [
            titles[str(algorithm)],
            str(budget),
            _range(rows["c2st"]),
            f"{median['mmd']:.3f}",
            f"{median['wasserstein']:.4f}",
            _range(rows["coverage"]),
            _range(rows["expected_coverage"]) if rows["expected_coverage"].notna().any() else "",
            f"{median['distance']:.1f}",
            f"{rows['blind'].sum()} of {len(rows)}" if rows["blind"].any() else "",
            f"{median['seconds']:.2g}",
        ]
        if rows["c2st"].isna().all():
            cells[2:6] = [""] * 4
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _range(values: pd.Series) -> str:
    return f"{values.median():.2f} ({values.min():.2f} to {values.max():.2f})"
