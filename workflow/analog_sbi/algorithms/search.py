"""Searches for the best point: no posterior, but what a person tuning a chip might do.

The distance is Euclidean to the target. The ``BEST`` points of all measurements are the outcome.
"""

from __future__ import annotations

import numpy as np
import torch

from analog_sbi.algorithms import algorithm
from analog_sbi.algorithms.each import States
from analog_sbi.algorithms.looped import Looped, Running
from analog_sbi.algorithms.loops import Ask
from analog_sbi.algorithms.task import Task
from analog_sbi.posterior.points import Points

BEST = 10
MEMBERS = 5  # of a population, for each parameter: small, to evolve for many generations
SMALLEST = 5  # population that scipy evolves


class Search(Looped):
    """Whatever was measured nearest to the target."""

    def posterior(self, state: States) -> Points:
        """Best points of all seeds."""
        task = state.task
        nothing: tuple[dict, ...] = tuple({} for _ in state.seeds)
        points = torch.tensor(
            np.stack([_best(own, task) for own in state.seeds]), dtype=torch.float32
        )
        return Points(task.problem, task.target, task.seeds, 0, nothing, points)


@algorithm("random_search", title="random search", sequential=False, search=True)
class Random(Search):
    """Measure parameters of the prior and keep the nearest."""

    def loop(self, task: Task, ask: Ask) -> None:
        """Ask once."""
        ask(task.problem.prior.draw(task.budget, _generator()))


@algorithm("genetic", title="differential evolution", sequential=False, search=True)
class Genetic(Search):
    """Evolve a population by scipy's differential evolution.

    Populations are as equal as whole generations allow; what is left over is measured at random
    beforehand, as is a budget of less than two of the smallest populations.
    """

    def loop(self, task: Task, ask: Ask) -> None:
        """Ask for a population after another."""
        from scipy.optimize import differential_evolution
        from scipy.stats.qmc import LatinHypercube

        prior, generator = task.problem.prior, _generator()
        space = prior.space
        generations = max(2, task.budget // (MEMBERS * len(space)))
        size = task.budget // generations
        if size < SMALLEST:
            generations = 0
        if rest := task.budget - generations * size:
            ask(task.problem.prior.draw(rest, generator))
        if not generations:
            return

        def distances(unit: np.ndarray) -> np.ndarray:
            """Distances (P,) of a population (D, P) in the unit cube; missing ones are infinite."""
            distance = _distance(ask(prior.scale(unit.T)), task)
            return np.where(np.isfinite(distance), distance, np.inf)

        differential_evolution(
            distances,
            bounds=[(0.0, 1.0)] * len(space),
            init=LatinHypercube(len(space), rng=generator).random(size),
            maxiter=generations - 1,
            tol=0,
            atol=-1,  # never converged: the budget ends it
            polish=False,
            vectorized=True,
            updating="deferred",
            rng=generator,
        )


def _generator() -> np.random.Generator:
    """Generator that starts from numpy's global one, which is the loop's own."""
    return np.random.default_rng(np.random.randint(2**31, size=4))


def _distance(x: np.ndarray, task: Task) -> np.ndarray:
    return np.linalg.norm(x - task.target.double().numpy(), axis=1)


def _best(own: Running, task: Task) -> np.ndarray:
    """Nearest of all that was measured (BEST, D), missing ones last."""
    theta, x = np.concatenate(own.theta), np.concatenate(own.x)
    return theta[_distance(x, task).argsort(kind="stable")[:BEST]]
