"""Tables of calibration, traces, parameters and measurements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import table_schema

# A backend adds the columns that it needs to configure its model.
CALIBRATION = pa.DataFrameSchema({"success": pa.Column("bool")}, strict=False)
CHARACTERIZATION = table_schema(
    numbers=("parameter", "time_constant"),
    integers=("compartment",),
    strings=("quantity",),
    nullable=True,
)
# The box of parameters that holds a posterior.
REGION = table_schema(numbers=("low", "high"), strings=("parameter",))


def traces_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Recorded potentials at the marked points over time."""
    return table_schema(numbers=("time", *names), integers=("point",))


def parameters_schema(names: Sequence[str], *keys: str) -> pa.DataFrameSchema:
    """Parameter sets, told apart by integer columns such as seed and round."""
    return table_schema(numbers=names, integers=keys)


def measurements_schema(
    names: Sequence[str], features: Sequence[str], *keys: str
) -> pa.DataFrameSchema:
    """Measured features with their parameters, if any, and integer keys."""
    return table_schema(numbers=(*names, *features), integers=keys, nullable=True)


def single_schema(names: Sequence[str], *keys: str) -> pa.DataFrameSchema:
    """Very many measurements: parameters and features in single precision, integer keys."""
    columns = {name: pa.Column("float32", nullable=True) for name in names}
    columns |= {key: pa.Column("int64") for key in keys}
    return pa.DataFrameSchema(columns, strict=True)


def as_written(
    plan: pd.DataFrame,
    features: pd.DataFrame,
    parameters: Sequence[str],
    kept: Sequence[str],
    precision: str,
) -> tuple[pd.DataFrame, pa.DataFrameSchema]:
    """Table of measurements and its schema: keys and ``kept`` parameters of a plan, and features.

    ``parameters`` are all of the plan, the rest of its columns are keys. Raises ValueError for a
    precision other than single or double.
    """
    keys = [name for name in map(str, plan.columns) if name not in parameters]
    table = pd.concat([plan[[*keys, *kept]], features], axis=1)
    names = (*kept, *map(str, features.columns))
    if precision == "double":
        return table, table_schema(numbers=names, integers=keys, nullable=True)
    if precision == "single":
        return table.astype(dict.fromkeys(names, np.float32)), single_schema(names, *keys)
    raise ValueError(f"precision is single or double, found {precision!r}")
