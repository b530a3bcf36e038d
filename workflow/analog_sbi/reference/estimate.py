"""The likelihood of an inference problem, estimated from its tables of region and emulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analog_sbi.artifacts import read_table
from analog_sbi.reference.gaussian import Degrees
from analog_sbi.reference.likelihood import Likelihood, fit
from analog_sbi.reference.region import Region
from analog_sbi.reference.tables import emulations_schema


@dataclass(frozen=True)
class Emulations:
    """Parameters (N, D) and observables (N, F) in single precision."""

    theta: np.ndarray
    x: np.ndarray


def read_emulations(
    path: str | Path, names: Sequence[str], features: Sequence[str], held: int
) -> tuple[Emulations, Emulations]:
    """Emulations that a likelihood is estimated from, and the last ``held``, that it is not."""
    table = read_table(path, emulations_schema((*names, *features)))
    theta, x = table[list(names)].to_numpy(), table[list(features)].to_numpy()
    split = len(table) - held
    return Emulations(theta[:split], x[:split]), Emulations(theta[split:], x[split:])


def read_repeats(
    path: str | Path, names: Sequence[str], features: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Points (P, D) and their repeated emulations (P, R, F), in double precision."""
    table = read_table(path, emulations_schema((*names, *features), "point"))
    count = table["point"].nunique()
    points = table.groupby("point")[list(names)].first().to_numpy(float)
    return points, table[list(features)].to_numpy(float).reshape(count, -1, len(features))


@dataclass(frozen=True)
class Settings:
    """How a likelihood is estimated: degrees of its polynomials, cells a dimension of its shape."""

    degrees: Degrees
    cells: int

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Settings:
        """Take the settings from the section of the configuration."""
        return cls(Degrees(**section["degrees"]), section["cells"])


def estimate(emulations: Emulations, region: Region, settings: Settings) -> Likelihood:
    """Estimate the likelihood over the region from all of the emulations."""
    return fit(emulations.theta, emulations.x, region, settings.degrees, settings.cells)
