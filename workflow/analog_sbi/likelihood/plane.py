"""The posterior of two parameters on a fine grid: exact but for the size of a cell.

Shapes: D = 2 parameters, C cells a dimension, T samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from analog_sbi.errors import ProblemError
from analog_sbi.likelihood import likelihood as likelihoods
from analog_sbi.likelihood.likelihood import Likelihood, Located

CELLS = 300  # a dimension of the region


@dataclass(frozen=True)
class Sampler:
    """Draws posterior samples given any observation, from the same grid of the likelihood."""

    located: Located

    @property
    def _spacing(self) -> np.ndarray:
        return self.located.likelihood.region.width / np.sqrt(len(self.located.theta))

    def masses(self, x: np.ndarray) -> np.ndarray:
        """Posterior mass (C^2,) of every cell given an observation (F,)."""
        log_likelihood = likelihoods.at(self.located, x)
        return np.exp(log_likelihood - logsumexp(log_likelihood))

    def sample(
        self, x: np.ndarray, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Samples (count, 2), even within a cell, and what is known about their drawing.

        ``effective_cells`` is the number of cells that the mass spreads over, as exp(entropy):
        if it is small the grid is too coarse.
        """
        mass = self.masses(x)
        chosen = generator.choice(len(mass), size=count, p=mass)
        shift = generator.random((count, 2)) - 0.5
        occupied = mass[mass > 0]
        return self.located.theta[chosen] + shift * self._spacing, {
            "effective_cells": float(np.exp(-(occupied * np.log(occupied)).sum()))
        }


def sampler(likelihood: Likelihood) -> Sampler:
    """Evaluate the likelihood on the grid; raises ProblemError unless it has two parameters."""
    region = likelihood.region
    if len(region) != 2:
        raise ProblemError(f"a plane has two parameters, found {', '.join(region.names)}")
    return Sampler(likelihoods.locate(likelihood, region.cells(CELLS)))


def log_density(likelihood: Likelihood, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Log posterior density (M,) at theta (M, 2) under a uniform prior; -inf out of the region.

    Normalized over the region, outside of which there is no mass that could be told from 0.
    """
    grid = sampler(likelihood).located
    spacing = np.log(likelihood.region.width / CELLS).sum()
    evidence = logsumexp(likelihoods.at(grid, x)) + spacing
    inside = likelihood.region.contains(theta)
    density = np.full(len(theta), -np.inf)
    density[inside] = likelihoods.log_likelihood(likelihood, theta[inside], x) - evidence
    return density


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """Total variation distance of two sets of masses (C^2,): 0 if equal, 1 if apart."""
    return float(0.5 * np.abs(one - other).sum())
