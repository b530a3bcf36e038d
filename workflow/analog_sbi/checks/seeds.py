"""Quantities computed for every seed of an experiment, and how they are told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def last_round(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last round in a table of samples or checks."""
    return table[table["round"] == table["round"].max()]


def per_seed(table: pd.DataFrame, compute: Callable[[pd.DataFrame], float]) -> pd.Series:
    """Value of ``compute`` for the rows of each seed in the last round, indexed by seed."""
    groups = last_round(table).groupby("seed", sort=True)
    return pd.Series({seed: compute(rows) for seed, rows in groups})


def told(values: pd.Series, holds: pd.Series, digits: int = 2) -> str:
    """Text of a quantity: its median over seeds and for how many of the seeds it holds."""
    return (
        f"median {values.median():.{digits}f}, range {values.min():.{digits}f} to "
        f"{values.max():.{digits}f}; holds for {int(holds.sum())} of {len(holds)} seeds"
    )


def correlation(rows: pd.DataFrame) -> float:
    """Pearson's correlation of leak and axial conductance."""
    return float(np.corrcoef(rows["g_leak"], rows["g_axial"])[0, 1])
