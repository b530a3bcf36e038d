"""The paper's E: how far measurements at posterior samples are from the target (section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def distances(
    predictive: pd.DataFrame, target: pd.DataFrame, features: Sequence[str], member: str = "seed"
) -> pd.DataFrame:
    """Mean Euclidean distance E of measurements at samples to the mean of the target's trials.

    Columns ``member`` (seed or ensemble), ``round`` and ``distance``, in the unit of the features.
    """
    star = target[list(features)].mean().to_numpy()
    away = np.linalg.norm(predictive[list(features)].to_numpy() - star, axis=1)
    table = predictive[[member, "round"]].assign(distance=away)
    return table.groupby([member, "round"])["distance"].mean().reset_index()


def with_estimators(distance: pd.DataFrame, estimators: pd.DataFrame) -> pd.DataFrame:
    """Distances with size and blindness of each seed's network."""
    return distance.merge(estimators, on=["seed", "round"], validate="one_to_one")
