"""Numbers that are told about a reference posterior, each with its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analog_sbi.artifacts import table_schema

# A value is missing where it cannot be told, as the autocorrelation of walkers that never moved.
QUANTITIES = table_schema(numbers=("value",), strings=("quantity", "meaning"), nullable=True)


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
