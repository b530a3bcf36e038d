"""The part of the space of the parameters that holds a posterior: a box, as a space of its own.

Shapes: T samples, D parameters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_table
from analog_sbi.errors import ArtifactError
from analog_sbi.space import Space
from analog_sbi.tables.measurements import REGION


def around(samples: np.ndarray, prior: Space, margin: float) -> Space:
    """The box that holds samples (T, D), widened by ``margin`` of its width, within the prior."""
    low, high = samples.min(axis=0), samples.max(axis=0)
    wider = margin * (high - low)
    bounds = np.maximum(low - wider, prior.low), np.minimum(high + wider, prior.high)
    return Space(prior.names, prior.units, *bounds)


def edge_share(samples: np.ndarray, region: Space, prior: Space, margin: float) -> float:
    """Largest share of samples (T, D) next to a face of the box that is no limit of the prior.

    Next to it means within ``margin`` of the box's width. 0 if every face is the prior's. A
    share that is not small says that the posterior goes on beyond the box.
    """
    wide = margin * (region.high - region.low)
    low = (samples < region.low + wide).mean(axis=0) * (region.low > prior.low)
    high = (samples > region.high - wide).mean(axis=0) * (region.high < prior.high)
    return float(max(low.max(), high.max()))


def region_table(region: Space) -> pd.DataFrame:
    """Table of a region, one row a parameter."""
    return pd.DataFrame({"parameter": list(region.names), "low": region.low, "high": region.high})


def read_region(path: str | Path, prior: Space) -> Space:
    """Region of a table that ``region_table`` made, of the parameters of the prior.

    Raises ArtifactError if it is of others.
    """
    table = read_table(path, REGION)
    if sorted(table["parameter"]) != sorted(prior.names):
        raise ArtifactError(
            f"{path}: expected bounds of {', '.join(prior.names)}, "
            f"found {', '.join(table['parameter'])}"
        )
    bounds = table.set_index("parameter").loc[list(prior.names)]
    return Space(prior.names, prior.units, bounds["low"].to_numpy(), bounds["high"].to_numpy())
