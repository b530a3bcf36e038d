"""Quantities computed for every seed of an experiment, and how they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd


def last_round(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last round in a table of samples or checks."""
    return table[table["round"] == table["round"].max()]


def shown(table: pd.DataFrame, number: int, member: str = "seed") -> pd.DataFrame:
    """Rows of one seed, or of one ensemble, in the last round."""
    rows = last_round(table)
    return rows[rows[member] == number]


def per_seed(table: pd.DataFrame, compute: Callable[[pd.DataFrame], float]) -> pd.Series:
    """Value of ``compute`` for the rows of each seed in the last round, indexed by seed."""
    groups = last_round(table).groupby("seed", sort=True)
    return pd.Series({seed: compute(rows) for seed, rows in groups})


def spread(values: pd.Series, digits: int = 2) -> str:
    """Text of a quantity of every seed: median and range."""
    return (
        f"median {values.median():.{digits}f}, range {values.min():.{digits}f} to "
        f"{values.max():.{digits}f}"
    )


def decided_by(quantities: pd.DataFrame) -> dict[str, Any]:
    """Arguments of a ``Finding`` from quantities of every seed (a row each): medians decide."""
    return {
        "quantities": quantities.median().to_dict(),
        "seeds": quantities.to_dict("records"),
    }
