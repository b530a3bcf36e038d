"""Columns and units of the tables that steps hand to each other (see ``artifacts``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import read_table, table_schema
from analog_sbi.backends import Backend
from analog_sbi.chain import parameter_names
from analog_sbi.observables import decay_constant, feature_names, height_names

# A backend adds the columns that it needs to configure its chain.
CALIBRATION = pa.DataFrameSchema(
    {"compartment": pa.Column("int64"), "success": pa.Column("bool")}, strict=False
)
CHARACTERIZATION = table_schema(
    numbers=("parameter", "time_constant"),
    integers=("compartment",),
    strings=("quantity",),
    nullable=True,
)


def traces_schema(length: int) -> pa.DataFrameSchema:
    """Recorded potentials ``v_i`` of each compartment at the marked points over time."""
    return table_schema(numbers=("time", *trace_names(length)), integers=("point",))


def trace_names(length: int) -> list[str]:
    """Columns of the recorded potentials."""
    return [f"v_{i}" for i in range(length)]


def parameters_schema(names: Sequence[str], *keys: str) -> pa.DataFrameSchema:
    """Parameter sets, told apart by integer columns such as seed and round."""
    return table_schema(numbers=names, integers=keys)


def measurements_schema(names: Sequence[str], length: int, *keys: str) -> pa.DataFrameSchema:
    """Measured heights and tau with their parameters, if any, and integer keys."""
    return table_schema(
        numbers=(*names, *height_names(length), "tau"), integers=keys, nullable=True
    )


def samples_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Posterior samples with the logarithm of their density inside the prior's bounds.

    The density is missing where an algorithm has none.
    """
    schema = table_schema(numbers=(*names, "log_prob"), integers=("seed", "round"))
    return schema.update_column("log_prob", nullable=True)


# What became of each seed's network: epochs and loss, leakage, size, and whether it is blind.
ESTIMATORS = table_schema(
    numbers=("best_validation_loss", "acceptance"),
    integers=("seed", "round", "epochs", "excluded", "weights"),
    booleans=("blind",),
)

# Emulations and seconds that an algorithm needed for each seed.
COST = table_schema(
    numbers=("emulating_s", "thinking_s"), integers=("seed", "emulations"), booleans=("blind",)
)


def positions_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Where parameters of tests lie among samples of an amortized posterior, 0 to 1."""
    return table_schema(numbers=names, integers=("seed",), nullable=True)


# Samples given several targets, and each target's own parameters among them. ``level`` is the
# share of samples that are denser than the target's parameters.
AMORTIZED = table_schema(
    numbers=("g_leak", "g_axial", "log_prob"), integers=("seed",), strings=("target",)
)
RECOVERED = table_schema(
    numbers=("g_leak", "g_axial", "level", "distance", "prior_distance"),
    integers=("seed",),
    strings=("target",),
)


def density_schema(names: Sequence[str]) -> pa.DataFrameSchema:
    """Logarithm of posterior densities over the plane of two parameters."""
    return table_schema(numbers=(*names, "log_prob"), integers=("seed", "round"))


def measured(backend: Backend, heights: np.ndarray) -> pd.DataFrame:
    """Table of heights (N, L, L) and the decay constant of their first column."""
    columns = height_names(backend.length)
    table = pd.DataFrame(heights.reshape(len(heights), -1), columns=columns)
    return table.assign(tau=decay_constant(heights[:, :, 0], backend.fit_bounds))


def read_target(path: str | Path, length: int) -> pd.DataFrame:
    """Trials of a target, a row each, on a chain of ``length`` compartments.

    Raises ArtifactError if the file holds anything else.
    """
    names = parameter_names("global", length)
    return read_table(path, measurements_schema(names, length, "trial"))


def read_observation(path: str | Path, length: int, observable: str) -> np.ndarray:
    """Mean observation (F,) over the trials of a target: what posteriors are given.

    Raises ArtifactError as read_target does.
    """
    return read_target(path, length)[feature_names(observable, length)].mean().to_numpy()


def units(backend: Backend, names: Sequence[str]) -> dict[str, str]:
    """Units of the columns of a table of measurements."""
    limits = backend.limits
    of_parameters = {
        name: limits.unit_leak if name.startswith("g_leak") else limits.unit_axial for name in names
    }
    heights = dict.fromkeys(height_names(backend.length), backend.height_unit)
    return {**of_parameters, **heights, "tau": "compartments"}


def stack_seeds(table: pd.DataFrame, columns: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
    """Rows of each seed as a leading axis: (S, N, len(columns)), float32 as sbi trains.

    Raises ValueError if the seeds have different numbers of rows.
    """
    parts = [table.loc[table["seed"] == seed, list(columns)].to_numpy() for seed in seeds]
    return np.stack(parts).astype(np.float32)


def unstack_seeds(values: np.ndarray, columns: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Table with a column ``seed`` of values (S, N, len(columns)): the inverse of stack_seeds."""
    table = pd.DataFrame(values.reshape(-1, values.shape[2]), columns=list(columns))
    return table.assign(seed=np.repeat(np.asarray(seeds, dtype=np.int64), values.shape[1]))
