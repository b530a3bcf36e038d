"""Algorithms side by side: distance to the reference, E, whether theta* is found, and time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.algorithms import SEARCHES
from analog_sbi.artifacts import table_schema
from analog_sbi.checks.reference_distance import Reference, distances

CENTRAL = 0.90  # interval of a marginal that should hold the target's parameters
SCHEMA = table_schema(
    numbers=("c2st", "mmd", "wasserstein", "distance", "seconds"),
    integers=("budget", "seed", "emulations"),
    strings=("algorithm",),
    booleans=("found",),
    nullable=True,
)
"""``distance`` is the paper's E, ``seconds`` those beside emulation, ``found`` whether the
target's parameters lie within the central interval of every marginal. Searches have no posterior
to compare with the reference.
"""

NAMES = {
    "snpe_c": "SNPE-C",
    "tsnpe": "TSNPE",
    "snle": "SNLE",
    "snre": "SNRE",
    "mcabc": "MCABC",
    "smcabc": "SMCABC",
    "fmpe": "FMPE",
    "npse": "NPSE",
    "random_search": "random search",
    "genetic": "genetic algorithm",
}


def compare(
    algorithm: str,
    budget: int,
    samples: pd.DataFrame,
    distance: pd.DataFrame,
    cost: pd.DataFrame,
    reference: Reference,
    star: np.ndarray,
    names: list[str],
    seed: int,
) -> pd.DataFrame:
    """Rows of one algorithm at one budget, a seed each.

    ``distance`` has E of each seed, ``star`` (D,) are the target's parameters, ``seed`` is that of
    the classifier of C2ST.
    """
    away = distance.set_index("seed")["distance"]
    costs = cost.set_index("seed")
    rows = []
    for number, part in samples.groupby("seed"):
        theta = part[names].to_numpy()
        tail = (1 - CENTRAL) / 2
        low, high = np.quantile(theta, [tail, 1 - tail], axis=0)
        found = {"c2st": np.nan, "mmd": np.nan, "wasserstein": np.nan}
        if algorithm not in SEARCHES:
            found = distances(theta, reference, seed)
        rows.append(
            {
                "algorithm": algorithm,
                "budget": budget,
                "seed": number,
                **found,
                "distance": away[number],
                "found": bool(((low <= star) & (star <= high)).all()),
                "emulations": costs["emulations"][number],
                "seconds": costs["thinking_s"][number],
            }
        )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame, unit: str) -> str:
    """Medians over seeds as text, a row an algorithm and budget."""
    lines = [
        "# Algorithms at equal budgets",
        "",
        f"Medians over seeds (C2ST: range). E in {unit}; seconds beside emulation.",
        "",
        "| algorithm | budget | C2ST to the reference | MMD | Wasserstein | E | theta* found | s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (budget, algorithm), rows in table.groupby(["budget", "algorithm"], sort=False):
        median = rows.median(numeric_only=True)
        cells = [
            NAMES[algorithm],
            str(budget),
            f"{median['c2st']:.2f} ({rows['c2st'].min():.2f} to {rows['c2st'].max():.2f})",
            f"{median['mmd']:.3f}",
            f"{median['wasserstein']:.4f}",
            f"{median['distance']:.1f}",
            f"{int(rows['found'].sum())} of {len(rows)}",
            f"{median['seconds']:.0f}",
        ]
        if algorithm in SEARCHES:
            cells[2:5] = ["", "", ""]
            cells[6] = ""
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
