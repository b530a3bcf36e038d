"""Columns of the tables of reference posteriors, and how they are read as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import read_table, table_schema
from analog_sbi.backends import Backend
from analog_sbi.chain import bounds
from analog_sbi.reference.region import Region

REGION = table_schema(numbers=("low", "high"), strings=("parameter",))
# A value is missing where it cannot be told, as the autocorrelation of a chain that never moved.
QUANTITIES = table_schema(numbers=("value",), strings=("quantity", "meaning"), nullable=True)


def emulations_schema(names: Sequence[str], *keys: str) -> pa.DataFrameSchema:
    """Very many emulations: parameters and observable in single precision, integer keys."""
    columns = {name: pa.Column("float32", nullable=True) for name in names}
    columns |= {key: pa.Column("int64") for key in keys}
    return pa.DataFrameSchema(columns, strict=True)


def density_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Logarithm of the density over the plane, -inf where there is no mass."""
    return table_schema(numbers=(*names, "log_prob"))


def prior_region(device: Backend, parameters: str) -> Region:
    """The box of the prior."""
    return Region(*bounds(parameters, device.length, device.limits))


def region_table(region: Region, names: Sequence[str]) -> pd.DataFrame:
    """Table of a region, one row a parameter."""
    return pd.DataFrame({"parameter": list(names), "low": region.low, "high": region.high})


def read_region(path: str | Path) -> Region:
    """Region of a table that ``region_table`` made."""
    table = read_table(path, REGION)
    return Region(table["low"].to_numpy(), table["high"].to_numpy())
