"""Approximate Bayesian computation by sbi: rejection, and populations of particles.

Distances are Euclidean, as the study's E. Few particles are accepted; samples are drawn from them
with replacement.
"""

from __future__ import annotations

import torch
from torch import Tensor

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded

ACCEPTED = 0.02  # share of the emulations that rejection keeps, but at least LEAST
LEAST = 20
DECAY = 0.5  # quantile of the distances that the next population must reach


def rejection(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Keep the emulations of the prior that are nearest, regression-adjusted (Beaumont, 2002)."""
    from sbi.inference import MCABC

    with seeded(seed):
        sampler = MCABC(
            simulate, task.prior(), simulation_batch_size=task.budget, show_progress_bars=False
        )
        kept = sampler(
            task.problem.target[None],
            num_simulations=task.budget,
            quantile=max(ACCEPTED, LEAST / task.budget),
            lra=True,
        )
        return Outcome(_resample(kept, task))


def sequential(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Populations of particles at falling distances (Beaumont et al., 2009)."""
    from sbi.inference import SMCABC

    particles = max(LEAST, task.budget // 20)
    with seeded(seed):
        sampler = SMCABC(
            simulate, task.prior(), simulation_batch_size=particles, show_progress_bars=False
        )
        kept = sampler(
            task.problem.target[None],
            num_particles=particles,
            num_initial_pop=2 * particles,
            num_simulations=task.budget - particles,  # it may finish a batch beyond
            epsilon_decay=DECAY,
            distance_based_decay=True,
        )
        return Outcome(_resample(kept, task))


def _resample(kept: Tensor, task: Task) -> Tensor:
    """Samples with replacement; those that adjustment has moved out come back to the bounds."""
    chosen = torch.randint(len(kept), (task.samples,))
    return kept[chosen].clamp(task.problem.low, task.problem.high)
