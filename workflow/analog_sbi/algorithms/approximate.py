"""Approximate Bayesian computation by sbi: rejection, and populations of particles.

Distances are Euclidean, as the study's E. Few particles are accepted; samples come from a kernel
density estimate of them (``posterior.particles``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.algorithms import algorithm
from analog_sbi.algorithms.each import States
from analog_sbi.algorithms.looped import Looped
from analog_sbi.algorithms.loops import Ask
from analog_sbi.algorithms.task import Task
from analog_sbi.posterior.particles import Particles
from analog_sbi.torch_prior import as_sbi

ACCEPTED = 0.02  # share of the measurements that rejection keeps, but at least LEAST
LEAST = 20
DECAY = 0.5  # quantile of the distances that the next population must reach


class Approximate(Looped):
    """The loop returns particles (P, D) and weights (P,)."""

    def posterior(self, state: States) -> Particles:
        """Particles of all seeds."""
        particles, weights = zip(*(own.loop.result for own in state.seeds), strict=True)
        task = state.task
        nothing: tuple[dict, ...] = tuple({} for _ in state.seeds)
        return Particles(
            task.problem, task.target, task.seeds, 0, nothing, tuple(particles), tuple(weights)
        )


@algorithm("mcabc", title="MCABC", sequential=False)
class Rejection(Approximate):
    """Keep the measurements of the prior that are nearest, regression-adjusted (Beaumont, 2002)."""

    def loop(self, task: Task, ask: Ask) -> tuple[Tensor, Tensor]:
        """Particles of equal weights."""
        from sbi.inference import MCABC

        prior: Any = as_sbi(task.problem.prior)
        sampler = MCABC(
            _simulator(ask), prior, simulation_batch_size=task.budget, show_progress_bars=False
        )
        nearest, summary = sampler(
            task.target[None],
            num_simulations=task.budget,
            quantile=max(ACCEPTED, min(1.0, LEAST / task.budget)),
            return_summary=True,
        )
        there = torch.isfinite(summary["x"]).all(dim=1)  # of few, all are among the nearest
        kept = sampler._run_lra(nearest[there], summary["x"][there], observation=sampler.x_o)
        return kept, torch.ones(len(kept))


@algorithm("smcabc", title="SMCABC", sequential=False)
class Sequential(Approximate):
    """Populations of particles at falling distances (Beaumont et al., 2009)."""

    def loop(self, task: Task, ask: Ask) -> tuple[Tensor, Tensor]:
        """Particles of the last population and their weights."""
        from sbi.inference import SMCABC

        particles = max(LEAST, task.budget // 20)
        prior: Any = as_sbi(task.problem.prior)
        sampler = SMCABC(
            _simulator(ask), prior, simulation_batch_size=task.budget, show_progress_bars=False
        )
        kept, populations = sampler(
            task.target[None],
            num_particles=particles,
            num_initial_pop=min(2 * particles, task.budget),
            num_simulations=task.budget,
            epsilon_decay=DECAY,
            distance_based_decay=True,
            return_summary=True,
        )
        return kept, populations["weights"][-1].exp()


def _simulator(ask: Ask) -> Callable[[Tensor], Tensor]:
    def simulate(theta: Tensor) -> Tensor:
        x = ask(np.asarray(theta, dtype=np.float64))
        return torch.tensor(x, dtype=torch.float32)

    return simulate
