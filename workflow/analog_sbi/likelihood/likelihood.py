"""The likelihood of an observation: a normal one with the shape that measurements have.

Shapes: N measurements, M parameter sets, D parameters, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_sbi.likelihood import gaussian, shape
from analog_sbi.likelihood.gaussian import Degrees, Gaussian, Moments
from analog_sbi.likelihood.shape import Shape
from analog_sbi.space import Space


@dataclass(frozen=True)
class Likelihood:
    """Normal likelihood over a region and the correction of its shape."""

    gaussian: Gaussian
    shape: Shape

    @property
    def region(self) -> Space:
        """Where the likelihood is known."""
        return self.gaussian.region


@dataclass(frozen=True)
class Located:
    """A likelihood at parameters (M, D), ready for many observations."""

    likelihood: Likelihood
    theta: np.ndarray
    moments: Moments


def fit(
    theta: np.ndarray, x: np.ndarray, region: Space, degrees: Degrees, cells: int
) -> Likelihood:
    """Estimate the likelihood from measurements x (N, F) of parameters (N, D) in the region.

    Measurements with a missing value are left out.
    """
    measured = np.isfinite(x).all(axis=1)
    theta, x = theta[measured].astype(float), x[measured].astype(float)
    normal = gaussian.fit(theta, x, region, degrees)
    standardized = np.concatenate(
        [
            gaussian.standardize(gaussian.moments(normal, theta[part]), x[part])
            for part in gaussian.chunks(len(theta))
        ]
    )
    return Likelihood(normal, shape.fit(theta, standardized, region, cells))


def locate(likelihood: Likelihood, theta: np.ndarray) -> Located:
    """Evaluate what does not depend on the observation at parameters (M, D)."""
    return Located(likelihood, theta, gaussian.moments(likelihood.gaussian, theta))


def at(located: Located, x: np.ndarray) -> np.ndarray:
    """Log likelihoods (M,) of an observation (F,), or of one for each parameter set (M, F)."""
    standardized = gaussian.standardize(located.moments, x)
    normal = gaussian.log_density(located.moments, standardized)
    return normal + shape.log_ratio(located.likelihood.shape, located.theta, standardized)


def log_likelihood(likelihood: Likelihood, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log likelihoods (M,) of an observation (F,) at parameters (M, D)."""
    return at(locate(likelihood, theta), x)
