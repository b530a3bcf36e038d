"""Posteriors as vector fields, trained once on measurements of the prior."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from analog_sbi.algorithms import algorithm
from analog_sbi.algorithms.each import EachSeed, States
from analog_sbi.algorithms.stock import options, saved, summary
from analog_sbi.algorithms.task import Task, complete, from_prior, integer
from analog_sbi.dataset import Dataset
from analog_sbi.estimators.rounds import split
from analog_sbi.posterior.base import seeded
from analog_sbi.posterior.stock import Stock, builder, quiet, standard, standard_prior, trainer


class VectorField(EachSeed):
    """One training on parameters of mean 0 and variance 1, with sbi's default network."""

    method: str

    def begin(self, task: Task, number: int) -> tuple[Task, int]:
        """State of one seed."""
        return task, number

    def draw(self, state: tuple[Task, int], left: int, seed: np.random.SeedSequence) -> np.ndarray:
        """Parameters (left, D) of the prior."""
        return from_prior(state[0], left, [seed])[0]

    def fit(
        self, state: tuple[Task, int], data: Dataset, seed: np.random.SeedSequence
    ) -> tuple[Any, dict[str, Any]]:
        """Network of one seed and what became of its training."""
        task, number = state
        prior = task.problem.prior
        theta, x, missing = complete(data, number, task.max_missing)
        split(len(theta), task.training)
        with seeded(integer(seed)), quiet():
            learner = trainer(self.method, standard_prior(prior), builder(self.method, {}))
            learner.append_simulations(standard(prior, theta), x)
            network = deepcopy(learner.train(**options(task.training)))
        return network, summary(learner) | {"excluded": missing, "blind": False}

    def posterior(self, state: States) -> Stock:
        """Posterior of all seeds."""
        task = state.task
        networks, histories = zip(*state.seeds, strict=True)
        states = tuple(saved(network) for network in networks)
        return Stock(
            task.problem, task.target, task.seeds, 0, tuple(histories), self.method, {}, states
        )


@algorithm("fmpe", title="FMPE", sequential=False, amortized=True)
class FlowMatching(VectorField):
    """FMPE (Wildberger et al., 2023)."""

    method = "flow_matching"


@algorithm("npse", title="NPSE", sequential=False, amortized=True)
class Score(VectorField):
    """NPSE (Geffner et al., 2023; Sharrock et al., 2024)."""

    method = "score"
