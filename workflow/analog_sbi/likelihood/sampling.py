"""The way to draw from a posterior: on a grid for two parameters, by walkers for other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from analog_sbi import randomness
from analog_sbi.likelihood import plane, walkers
from analog_sbi.likelihood.likelihood import Likelihood
from analog_sbi.likelihood.quantities import Quantity
from analog_sbi.likelihood.region import edge_share
from analog_sbi.problem import Problem
from analog_sbi.space import Space


class Sampler(Protocol):
    """Draws posterior samples given an observation under a uniform prior on a region."""

    def sample(
        self, x: np.ndarray, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Samples (count, D) given x (F,), and numbers that tell how the drawing went."""
        ...


def sampler(likelihood: Likelihood, effort: walkers.Effort) -> Sampler:
    """Sampler for a likelihood; ``effort`` is that of walkers, if they are needed."""
    if len(likelihood.region) == 2:
        return plane.sampler(likelihood)
    return walkers.Sampler(likelihood, effort)


def generator(study_seed: int, problem: Problem, purpose: str) -> np.random.Generator:
    """Random numbers of one step towards the reference posterior of a problem."""
    return randomness.generator(
        study_seed,
        problem.setup.backend,
        "reference",
        problem.parameterization,
        problem.observable,
        purpose,
    )


MEANINGS = {
    "effective_cells": "cells of the grid that the mass spreads over, exp(entropy)",
    "r_hat": "potential scale reduction of the chains, largest over parameters",
    "effective_samples": "independent samples that the chains are worth, smallest over parameters",
    "acceptance": "share of the chains' moves that were accepted",
}
"""What the numbers that tell how the drawing went mean."""

NEXT_TO = 0.02  # of the region's width


def quality(
    drawing: Mapping[str, float], samples: np.ndarray, region: Space, prior: Space
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
