"""Normalize a density that is known up to a constant, by adaptive importance sampling.

Parameters are brought to an unbounded space, where a multivariate t distribution is fitted to
weighted draws from the one before, of a tempered density as long as the weights are uneven (Cappe
et al., 2008, "Adaptive importance sampling in general mixture classes", with one component).
Shapes: N draws, D parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from analog_sbi.space import Space
from analog_sbi.weights import log_effective, longest_power

if TYPE_CHECKING:
    from scipy.stats import multivariate_t

LogDensity = Callable[[np.ndarray], np.ndarray]
"""Logarithm (N,) of a density up to a constant at parameters (N, D)."""

DEGREES = 5.0  # of freedom of the proposal: heavier tails than nearly every posterior
ADAPTING, FINAL = 4000, 20_000  # draws of each adaptation, and of the estimate
ADAPTATIONS = 30  # at most
EVEN = 0.1  # effective share of the draws to which weights are tempered
BISECTIONS, LEAST = 40, 1e-6  # to find the power of tempering, and the least one
FEW = 200  # effective draws, below which the estimate is warned of
STEP = 1e-4  # of the derivative of the map to the unbounded space


@dataclass(frozen=True)
class Evidence:
    """Logarithm of the integral of a density, and the effective number of draws behind it.

    Missing where no draw met the density.
    """

    log: float
    effective: float


def log_evidence(
    density: LogDensity, space: Space, start: np.ndarray, generator: np.random.Generator, name: str
) -> Evidence:
    """Integral of a density over a space, from the parameters ``start`` (N, D) of the prior.

    Warns, with the name, of an estimate from few effective draws.
    """
    images = space.unbounded(start)
    proposal = _fitted(images, np.full(len(images), 1 / len(images)))
    for _ in range(ADAPTATIONS):
        images, weights = _weighed(density, space, proposal, ADAPTING, generator)
        if not np.isfinite(weights).any():
            break
        power = longest_power(weights, np.ones(()), EVEN, BISECTIONS).clip(LEAST)
        tempered = power * weights
        proposal = _fitted(images, np.exp(tempered - logsumexp(tempered)))
        if power == 1:
            break
    _, weights = _weighed(density, space, proposal, FINAL, generator)
    effective = float(np.exp(log_effective(weights)))
    integral = float(logsumexp(weights) - np.log(FINAL)) if effective else np.nan
    found = Evidence(integral, effective)
    if found.effective < FEW:
        logging.warning(
            "%s: its density is normalized by %.0f effective draws only", name, found.effective
        )
    return found


def _weighed(
    density: LogDensity,
    space: Space,
    proposal: multivariate_t,
    count: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, D) drawn from a proposal and the logarithms (N,) of their weights."""
    images = proposal.rvs(size=count, random_state=generator).reshape(count, len(space))
    theta = space.bounded(images)
    slope = (space.bounded(images + STEP) - space.bounded(images - STEP)) / (2 * STEP)
    with np.errstate(divide="ignore"):
        volume = np.log(slope).sum(axis=1)
    weights = density(theta) + volume - proposal.logpdf(images)
    return images, np.where(np.isfinite(weights), weights, -np.inf)


def _fitted(images: np.ndarray, weights: np.ndarray) -> multivariate_t:
    from scipy.stats import multivariate_t

    mean = weights @ images
    away = images - mean
    covariance = (weights[:, None] * away).T @ away + 1e-12 * np.eye(images.shape[1])
    return multivariate_t(mean, covariance, df=DEGREES, allow_singular=True)
