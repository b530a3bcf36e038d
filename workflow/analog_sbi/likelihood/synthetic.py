"""Likelihoods of repeated measurements at single parameter sets, and an estimated one beside them.

The synthetic likelihood (Price et al., J. Comput. Graph. Stat. 27, 2018) is the normal one with
mean and covariance of repeated measurements; it owes nothing to the smoothness over parameters
that the estimated one assumes. Weights that turn samples of one posterior into those of the
other tell how far apart the two are.
Shapes: P parameter sets, R repeats, F features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal

from analog_sbi.likelihood import gaussian
from analog_sbi.likelihood.gaussian import Gaussian


@dataclass(frozen=True)
class Agreement:
    """How the two likelihoods agree, and how they would if the estimated one were right.

    ``share`` is the effective share of samples after weighting, ``deviation`` the sd of the
    difference of the log likelihoods. That a finite number of repeats has its own error alone
    gives ``share_by_chance`` and ``deviation_by_chance``.
    """

    share: float
    deviation: float
    share_by_chance: float
    deviation_by_chance: float


def agreement(
    normal: Gaussian,
    theta: np.ndarray,
    repeats: np.ndarray,
    x: np.ndarray,
    generator: np.random.Generator,
) -> Agreement:
    """Compare at posterior samples theta (P, D) with repeats (P, R, F), given x (F,)."""
    at = gaussian.moments(normal, theta)
    estimated = gaussian.log_density(at, gaussian.standardize(at, x))
    exact = np.zeros(len(x))
    difference = log_densities(repeats, x, exact) - estimated
    count = repeats.shape[1]
    many = gaussian.moments(normal, np.repeat(theta, count, axis=0))
    noise = generator.standard_normal((len(many.mean), len(x)))
    made_up = gaussian.simulate(many, noise).reshape(repeats.shape)
    by_chance = log_densities(made_up, x, exact) - estimated
    return Agreement(
        share=_effective_share(difference),
        deviation=float(difference.std(ddof=1)),
        share_by_chance=_effective_share(by_chance),
        deviation_by_chance=float(by_chance.std(ddof=1)),
    )


def log_densities(repeats: np.ndarray, x: np.ndarray, blur: np.ndarray) -> np.ndarray:
    """Log densities (P,) of x (F,) under normal distributions of the moments of repeats (P, R, F).

    Standard deviations ``blur`` (F,) of noise that x is taken to have beside that of the repeats.
    -inf where all but F + 1 of the repeats miss a feature.
    """
    found = np.full(len(repeats), -np.inf)
    added = np.diag(blur**2)
    for place, part in enumerate(repeats):
        rows = part[np.isfinite(part).all(axis=1)]
        if len(rows) > len(x) + 1:
            covariance = np.atleast_2d(np.cov(rows.T)) + added
            found[place] = multivariate_normal(rows.mean(axis=0), covariance).logpdf(x)
    return found


def _effective_share(log_weights: np.ndarray) -> float:
    """Effective number of samples by Kish's formula, as a share of all."""
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))
