"""The likelihood of a problem, estimated from its tables of region and measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from analog_sbi.artifacts import read_table
from analog_sbi.dataset import Dataset
from analog_sbi.features import feature_values
from analog_sbi.likelihood.gaussian import Degrees
from analog_sbi.likelihood.likelihood import Likelihood, fit
from analog_sbi.problem import Problem
from analog_sbi.space import Space
from analog_sbi.tables.measurements import single_schema


@dataclass(frozen=True)
class Settings:
    """How a likelihood is estimated: degrees of its polynomials, cells a dimension of its shape."""

    degrees: Degrees
    cells: int

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Settings:
        """Take the settings from the section of the configuration."""
        return cls(Degrees(**section["degrees"]), section["cells"])


def read_measurements(path: str | Path, problem: Problem, held: int) -> tuple[Dataset, Dataset]:
    """Measurements that a likelihood is estimated from, and the last ``held``, that it is not."""
    known = dataset(_read(path, problem), problem)
    split = len(known) - held
    return known.rows(slice(None, split)), known.rows(slice(split, None))


def read_repeats(path: str | Path, problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, D) and the repeated measurements at them (P, R, F), in double precision."""
    table = _read(path, problem, "point")
    count = table["point"].nunique()
    points = table.groupby("point")[list(problem.parameters)].first().to_numpy(float)
    x = feature_values(table, problem).astype(float)
    return points, x.reshape(count, -1, len(problem.features))


def dataset(table: pd.DataFrame, problem: Problem) -> Dataset:
    """Parameters and features of the rows of a table of measurements."""
    return Dataset(table[list(problem.parameters)].to_numpy(), feature_values(table, problem))


def estimate(measurements: Dataset, region: Space, settings: Settings) -> Likelihood:
    """Estimate the likelihood over the region from all of the measurements."""
    return fit(measurements.theta, measurements.x, region, settings.degrees, settings.cells)


def _read(path: str | Path, problem: Problem, *keys: str) -> pd.DataFrame:
    """Table with parameters and keys of the problem; its observable may have more features."""
    columns = single_schema(problem.parameters, *keys).columns
    return read_table(path, pa.DataFrameSchema(columns, strict=False))
