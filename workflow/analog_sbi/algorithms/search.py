"""Searches for the best point: no posterior, but what a person tuning a chip might do.

The distance is Euclidean to the target. The ``BEST`` points of all emulations are the outcome.
"""

from __future__ import annotations

import random as python_random

import numpy as np
import torch
from torch import Tensor

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded

BEST = 10
# A small population that evolves for many generations; values of DEAP's examples.
POPULATION = 25
CROSSING, MUTATING, MUTATED = 0.5, 0.4, 0.1
TOURNAMENT = 3


def random(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Emulate parameters of the prior and keep the nearest."""
    with seeded(seed):
        theta = task.prior().sample((task.budget,))
        return _best(theta, simulate(theta), task)


def genetic(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """Evolve a population by DEAP: tournaments, blended crossing, normal mutation."""
    from deap import base, creator, tools

    if not hasattr(creator, "Nearest"):
        creator.create("Nearest", base.Fitness, weights=(-1.0,))
        creator.create("Circuit", list, fitness=creator.Nearest)
    generator = python_random.Random(seed)
    state = python_random.getstate()
    python_random.seed(seed)  # DEAP's operators draw from Python's global generator
    try:
        count = min(POPULATION, task.budget)
        unit = np.random.default_rng(seed).random((count, len(task.problem.parameters)))
        population = [creator.Circuit(row) for row in unit.tolist()]
        thetas, xs, left = [], [], task.budget
        while left:
            fresh = [one for one in population if not one.fitness.valid][:left]
            if not fresh:
                fresh = [population[generator.randrange(len(population))]]
            theta = _scaled(fresh, task)
            x = simulate(theta)
            for one, distance in zip(fresh, _distance(x, task), strict=True):
                one.fitness.values = (float(distance),)
            thetas.append(theta)
            xs.append(x)
            left -= len(fresh)
            valid = [one for one in population if one.fitness.valid]
            chosen = tools.selTournament(valid, count, tournsize=TOURNAMENT)
            population = [creator.Circuit(one) for one in chosen]
            for old, new in zip(chosen, population, strict=True):
                new.fitness.values = old.fitness.values
            for first, second in zip(population[::2], population[1::2], strict=False):
                if python_random.random() < CROSSING:
                    tools.cxBlend(first, second, alpha=0.5)
                    del first.fitness.values, second.fitness.values
            for one in population:
                if python_random.random() < MUTATING:
                    tools.mutGaussian(one, mu=0.0, sigma=MUTATED, indpb=0.5)
                    del one.fitness.values
                one[:] = [min(max(value, 0.0), 1.0) for value in one]
    finally:
        python_random.setstate(state)
    return _best(torch.cat(thetas), torch.cat(xs), task)


def _scaled(units: list, task: Task) -> Tensor:
    unit = torch.tensor([list(one) for one in units], dtype=torch.float32)
    return task.problem.low + unit * (task.problem.high - task.problem.low)


def _distance(x: Tensor, task: Task) -> Tensor:
    return torch.linalg.vector_norm(x - task.problem.target, dim=1)


def _best(theta: Tensor, x: Tensor, task: Task) -> Outcome:
    return Outcome(theta[_distance(x, task).argsort()[:BEST]])
