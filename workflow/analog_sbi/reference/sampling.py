"""The way to draw from a posterior: on a grid for two parameters, by Markov chains for more."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from analog_sbi.reference import chain, plane
from analog_sbi.reference.likelihood import Likelihood
from analog_sbi.reference.quantities import Quantity
from analog_sbi.reference.region import Region, edge_share


class Sampler(Protocol):
    """Draws posterior samples given an observation under a uniform prior on a region."""

    def sample(
        self, x: np.ndarray, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Samples (count, D) given x (F,), and numbers that tell how the drawing went."""
        ...


def sampler(likelihood: Likelihood, effort: chain.Effort) -> Sampler:
    """Sampler for a likelihood; ``effort`` is that of the chains, if they are needed."""
    if len(likelihood.region.low) == 2:
        return plane.sampler(likelihood)
    return chain.Sampler(likelihood, effort)


MEANINGS = {
    "effective_cells": "cells of the grid that the mass spreads over, exp(entropy)",
    "r_hat": "potential scale reduction of the chains, largest over parameters",
    "effective_samples": "independent samples that the chains are worth, smallest over parameters",
    "acceptance": "share of the chains' moves that were accepted",
}
"""What the numbers that tell how the drawing went mean."""

NEXT_TO = 0.02  # of the region's width


def told(
    drawing: dict[str, float], samples: np.ndarray, region: Region, prior: Region
) -> list[Quantity]:
    """How the drawing of samples (T, D) went, and whether the region cuts the posterior off."""
    return [
        *(Quantity(name, value, MEANINGS[name]) for name, value in drawing.items()),
        Quantity(
            "edge_share",
            edge_share(samples, region, prior, NEXT_TO),
            "largest share of samples next to a face of the region that cuts the prior",
        ),
    ]
