"""Searches for the best point: no posterior, but what a person tuning a chip might do.

The distance is Euclidean to the target. The ``BEST`` points of all emulations are the outcome.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded

BEST = 10
MEMBERS = 5  # of a population, for each parameter: small, to evolve for many generations
SMALLEST = 5  # population that scipy evolves


def random(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Emulate parameters of the prior and keep the nearest."""
    with seeded(seed):
        theta = task.prior().sample((task.budget,))
        return _best(theta, simulate(theta), task)


def genetic(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Evolve a population by scipy's differential evolution.

    Populations are as equal as whole generations allow: fewer emulations than generations are
    left over. A budget of less than two of the smallest populations is spent at random.
    """
    from scipy.optimize import differential_evolution
    from scipy.stats.qmc import LatinHypercube

    dimension = len(task.problem.parameters)
    generations = max(2, task.budget // (MEMBERS * dimension))
    size = task.budget // generations
    if size < SMALLEST:
        return random(simulate, task, seed)
    generator = np.random.default_rng(seed)
    thetas, xs = [], []

    def distances(unit: np.ndarray) -> np.ndarray:
        """Distances (S,) of a population (D, S) in the unit cube; missing ones are infinite."""
        thetas.append(_scaled(unit.T, task))
        xs.append(simulate(thetas[-1]))
        return _distance(xs[-1], task).nan_to_num(nan=torch.inf).numpy().astype(float)

    differential_evolution(
        distances,
        bounds=[(0.0, 1.0)] * dimension,
        init=LatinHypercube(dimension, rng=generator).random(size),
        maxiter=generations - 1,
        tol=0,
        atol=-1,  # never converged: the budget ends it
        polish=False,
        vectorized=True,
        updating="deferred",
        rng=generator,
    )
    return _best(torch.cat(thetas), torch.cat(xs), task)


def _scaled(unit: np.ndarray, task: Task) -> Tensor:
    values = torch.as_tensor(unit, dtype=torch.float32)
    return task.problem.low + values * (task.problem.high - task.problem.low)


def _distance(x: Tensor, task: Task) -> Tensor:
    return torch.linalg.vector_norm(x - task.problem.target, dim=1)


def _best(theta: Tensor, x: Tensor, task: Task) -> Outcome:
    return Outcome(theta[_distance(x, task).argsort()[:BEST]])
