"""Parameters and what was measured at them, as arrays with keys such as seed and round.

Shapes: N measurements, D parameters, F features, S seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analog_sbi.errors import ArtifactError

Array = np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Parameters ``theta`` (N, D) and features ``x`` (N, F) of N measurements.

    ``keys`` (N,) are integers that tell measurements apart: seed, round, trial, point.
    """

    theta: Array
    x: Array
    keys: Mapping[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of measurements."""
        return len(self.theta)

    @property
    def missing(self) -> Array:
        """Whether a feature of a measurement is missing: (N,) bool."""
        return ~np.isfinite(self.x).all(axis=1)

    def rows(self, chosen: Array | slice) -> Dataset:
        """Measurements at positions, or where a mask (N,) is true."""
        keys = {name: values[chosen] for name, values in self.keys.items()}
        return Dataset(self.theta[chosen], self.x[chosen], keys)

    def complete(self) -> Dataset:
        """Measurements of which no feature is missing."""
        return self.rows(~self.missing)

    def of(self, key: str, value: int) -> Dataset:
        """Measurements whose key has a value."""
        return self.rows(self.keys[key] == value)

    def table(self, names: Sequence[str], features: Sequence[str]) -> pd.DataFrame:
        """Table with columns of parameters, features and keys."""
        columns = dict(zip(names, self.theta.T, strict=True))
        columns |= dict(zip(features, self.x.T, strict=True))
        return pd.DataFrame({**columns, **self.keys})


def joined(parts: Sequence[Dataset]) -> Dataset:
    """Measurements of several parts one after another, with the keys that the first has."""
    return Dataset(
        np.concatenate([part.theta for part in parts]),
        np.concatenate([part.x for part in parts]),
        {key: np.concatenate([part.keys[key] for part in parts]) for key in parts[0].keys},
    )


def from_tables(
    parameters: pd.DataFrame,
    features: pd.DataFrame,
    names: Sequence[str],
    columns: Sequence[str],
    keys: Sequence[str] = (),
) -> Dataset:
    """Dataset of two tables row by row, or of one given twice; keys are those of the first.

    Raises ArtifactError if the tables have different numbers of rows.
    """
    if len(parameters) != len(features):
        raise ArtifactError(
            f"expected as many measurements as the {len(parameters)} parameter sets, "
            f"found {len(features)}"
        )
    return Dataset(
        parameters[list(names)].to_numpy(),
        features[list(columns)].to_numpy(),
        {key: parameters[key].to_numpy() for key in keys},
    )


def stack_seeds(table: pd.DataFrame, columns: Sequence[str], seeds: Sequence[int]) -> Array:
    """Rows of each seed as a leading axis: (S, N, len(columns)), float32 as sbi trains.

    Raises ArtifactError if the seeds have different numbers of rows.
    """
    parts = [table.loc[table["seed"] == seed, list(columns)].to_numpy() for seed in seeds]
    if len({len(part) for part in parts}) > 1:
        counts = ", ".join(str(len(part)) for part in parts)
        raise ArtifactError(f"expected as many rows of every seed, found {counts}")
    return np.stack(parts).astype(np.float32)


def unstack_seeds(values: Array, columns: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Table with a column ``seed`` of values (S, N, len(columns)): the inverse of stack_seeds."""
    table = pd.DataFrame(values.reshape(-1, values.shape[2]), columns=list(columns))
    return table.assign(seed=np.repeat(np.asarray(seeds, dtype=np.int64), values.shape[1]))
