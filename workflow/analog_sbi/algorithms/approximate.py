"""Approximate Bayesian computation by sbi: rejection, and populations of particles.

Distances are Euclidean, as the study's E. Few particles are accepted; samples come from a Gaussian
kernel density estimate of them (scipy's, Scott's rule), because a posterior that repeats a few
points could not be compared with one that does not.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.stats import gaussian_kde
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
        return _smoothed(kept, None, task)


def sequential(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Populations of particles at falling distances (Beaumont et al., 2009)."""
    from sbi.inference import SMCABC

    particles = max(LEAST, task.budget // 20)
    with seeded(seed):
        sampler = SMCABC(
            simulate, task.prior(), simulation_batch_size=particles, show_progress_bars=False
        )
        kept, populations = sampler(
            task.problem.target[None],
            num_particles=particles,
            num_initial_pop=2 * particles,
            num_simulations=task.budget - particles,  # it may finish a batch beyond
            epsilon_decay=DECAY,
            distance_based_decay=True,
            return_summary=True,
        )
        return _smoothed(kept, populations["weights"][-1].exp(), task)


def _smoothed(kept: Tensor, weights: Tensor | None, task: Task) -> Outcome:
    """Samples within the prior's bounds of particles (P, D) with weights (P,), and their density.

    scipy draws them from numpy's global generator.
    """
    low, high = task.problem.low.numpy(), task.problem.high.numpy()
    density = gaussian_kde(kept.double().numpy().T, weights=weights)
    accepted = np.empty((0, kept.shape[1]))
    while len(accepted) < task.samples:
        drawn = density.resample(task.samples).T
        accepted = np.concatenate([accepted, drawn[((low <= drawn) & (drawn <= high)).all(axis=1)]])
    samples = accepted[: task.samples]
    return Outcome(
        torch.tensor(samples, dtype=torch.float32), torch.tensor(density.logpdf(samples.T))
    )
