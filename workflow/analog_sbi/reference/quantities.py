"""Numbers that are told about a reference posterior, each with its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Quantity:
    """A number and what it means."""

    quantity: str
    value: float
    meaning: str


def table(quantities: Sequence[Quantity]) -> pd.DataFrame:
    """Columns ``quantity``, ``value``, ``meaning``."""
    return pd.DataFrame(
        {
            "quantity": [q.quantity for q in quantities],
            "value": [float(q.value) for q in quantities],
            "meaning": [q.meaning for q in quantities],
        }
    )


def joined(*tables: pd.DataFrame) -> pd.DataFrame:
    """One table of several."""
    return pd.concat(tables, ignore_index=True)
