"""Posteriors as particles of approximate Bayesian computation, smoothed.

Samples come from a Gaussian kernel density estimate of the particles (scipy's, Scott's rule),
because a posterior that repeats a few points could not be compared with one that does not.
Shapes: S seeds, P particles of a seed, M parameter sets, D parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.posterior.base import (
    PosteriorFormatError,
    common,
    common_of,
    described,
    inside,
    supported,
)
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.rejection import doubling, rejection
from analog_sbi.problem import Problem

if TYPE_CHECKING:
    from scipy.stats import gaussian_kde

KIND = "particles"


@dataclass(frozen=True, eq=False, repr=False)
class Particles:
    """Particles (P, D) and their weights (P,) of every seed, which may differ in number."""

    problem: Problem
    target: Tensor
    seeds: tuple[int, ...]
    round: int
    history: tuple[dict[str, Any], ...]
    particles: tuple[Tensor, ...]
    weights: tuple[Tensor, ...]

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    @cached_property
    def densities(self) -> list[gaussian_kde]:
        """Kernel density estimates of all seeds."""
        from scipy.stats import gaussian_kde

        return [
            gaussian_kde(particles.double().numpy().T, weights=weights.double().numpy())
            for particles, weights in zip(self.particles, self.weights, strict=True)
        ]

    def given(self, target: Tensor) -> Particles:
        """Raises PosteriorFormatError: particles are of one target only."""
        raise PosteriorFormatError("expected an amortized posterior, found particles")

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) within the prior's bounds, and the acceptance (S,).

        ``seeds`` seed a generator for each. Raises LeakageError after ``max_draws`` draws.
        """
        generators = [np.random.default_rng(seed) for seed in seeds]

        def draw(rows: Tensor) -> Tensor:
            of_each = rows.bincount(minlength=len(self.seeds)).tolist()
            parts = [
                density.resample(number, seed=generator).T
                for density, number, generator in zip(
                    self.densities, of_each, generators, strict=True
                )
            ]
            return torch.tensor(np.concatenate(parts), dtype=torch.float32)

        names = [f"seed {number}" for number in self.seeds]
        prior, size = self.problem.prior, len(self.problem.space)
        return rejection(draw, inside(prior), names, count, size, max_draws, doubling(count))

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds."""
        density = torch.stack(
            [
                torch.tensor(own.logpdf(place.double().numpy().T))
                for own, place in zip(self.densities, theta, strict=True)
            ]
        )
        return torch.where(supported(self.problem.prior, theta), density, -torch.inf)

    def as_sbi(self, index: int) -> Any:
        """Raises PosteriorFormatError: sbi has no such posterior."""
        raise PosteriorFormatError("expected a posterior that sbi has, found particles")

    def plain(self) -> dict[str, Any]:
        """Plain data that ``particles_of`` reads."""
        own = {"particles": list(self.particles), "weights": list(self.weights)}
        return common(KIND, self) | own

    def select(self, positions: Sequence[int]) -> Particles:
        """Particles of the seeds at some positions only."""
        return replace(
            self,
            seeds=tuple(self.seeds[i] for i in positions),
            history=tuple(self.history[i] for i in positions),
            particles=tuple(self.particles[i] for i in positions),
            weights=tuple(self.weights[i] for i in positions),
        )


@kind(KIND)
def particles_of(content: Mapping[str, Any]) -> Particles:
    """Particles of plain data; raises PosteriorFormatError naming the key that is wrong."""
    parts = common_of(content, "particles", "weights")
    for name in ("particles", "weights"):
        if len(content[name]) != len(parts["seeds"]):
            raise PosteriorFormatError(
                f"{name}: expected {len(parts['seeds'])} seeds, found {len(content[name])}"
            )
    particles, weights = tuple(content["particles"]), tuple(content["weights"])
    return Particles(particles=particles, weights=weights, **parts)
