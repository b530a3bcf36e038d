"""The paper's E: how far emulations of posterior samples are from the target (section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

FAILED = 1.5
"""A run has not recovered if its E exceeds the best median by this factor (claims on Figure 7)."""


def distances(
    predictive: pd.DataFrame, target: pd.DataFrame, features: Sequence[str]
) -> pd.DataFrame:
    """Mean Euclidean distance E of emulated samples to the mean of the target's trials.

    Columns ``seed``, ``round``, ``distance`` in the unit of the heights.
    """
    star = target[list(features)].mean().to_numpy()
    away = np.linalg.norm(predictive[list(features)].to_numpy() - star, axis=1)
    table = predictive[["seed", "round"]].assign(distance=away)
    return table.groupby(["seed", "round"], as_index=False)["distance"].mean()


def with_estimators(distance: pd.DataFrame, estimators: pd.DataFrame) -> pd.DataFrame:
    """Distances with size and blindness of each seed's network."""
    return distance.merge(estimators, on=["seed", "round"], validate="one_to_one")
