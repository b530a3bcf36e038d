"""Does a posterior find the parameters of targets that it was not trained for?

Shapes: S seeds, M samples, D parameters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.space import Space


def recovery(
    theta: np.ndarray,
    density: np.ndarray,
    star: np.ndarray,
    density_star: np.ndarray,
    prior: np.ndarray,
    space: Space,
) -> pd.DataFrame:
    """Compare samples (S, M, D) and their densities (S, M) with the true parameters (D,).

    ``density_star`` (S,) is the density there, ``prior`` (M, D) samples of the unit cube. Columns,
    a row a seed: ``level``, the share of samples that are denser than the truth (below 0.95: it
    lies in the 95 % highest-density region); ``distance`` and ``prior_distance``, medians over
    samples in units of the range.
    """
    place = space.position(star)
    distance = np.linalg.norm(space.position(theta) - place, axis=2)
    return pd.DataFrame(
        {
            "level": (density > density_star[:, None]).mean(axis=1),
            "distance": np.median(distance, axis=1),
            "prior_distance": np.median(np.linalg.norm(prior - place, axis=1)),
        }
    )
