"""Likelihoods and ratios learned in rounds, sampled by Markov chains."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_sbi.algorithms import algorithm
from analog_sbi.algorithms.each import EachSeed, States
from analog_sbi.algorithms.stock import of_estimator, options, saved, summary
from analog_sbi.algorithms.task import Task, complete, from_prior, integer
from analog_sbi.dataset import Dataset
from analog_sbi.estimators.rounds import split
from analog_sbi.posterior.base import seeded
from analog_sbi.posterior.stock import Stock, builder, quiet, trainer
from analog_sbi.torch_prior import as_sbi


@dataclass
class Learner:
    """sbi's trainer of one seed, its network so far and what became of the training."""

    task: Task
    number: int
    trainer: Any
    round: int = -1
    network: Any = None
    history: dict[str, Any] | None = None


class Surrogate(EachSeed):
    """Train after each round and propose from the posterior so far."""

    method: str

    def begin(self, task: Task, number: int) -> Learner:
        """State of one seed."""
        build = builder(self.method, of_estimator(task.estimator))
        with seeded(number):  # sbi tries the prior
            return Learner(task, number, trainer(self.method, as_sbi(task.problem.prior), build))

    def draw(self, state: Learner, left: int, seed: np.random.SeedSequence) -> np.ndarray:
        """Parameters (left, D)."""
        if state.network is None:
            return from_prior(state.task, left, [seed])[0]
        posterior = self._posterior(state.task, [state])
        theta, _ = posterior.sample(left, [integer(seed)], state.task.max_draws)
        return theta[0].double().numpy()

    def fit(self, state: Learner, data: Dataset, seed: np.random.SeedSequence) -> Learner:
        """Train on all rounds so far."""
        theta, x, missing = complete(data, state.number, state.task.max_missing)
        split(len(theta), state.task.training)
        with seeded(integer(seed)), quiet():
            state.trainer.append_simulations(theta, x)
            network = state.trainer.train(**options(state.task.training))
        excluded = missing + (state.history or {"excluded": 0})["excluded"]
        history = summary(state.trainer) | {"excluded": excluded, "blind": False}
        known = Learner(state.task, state.number, state.trainer, state.round + 1)
        known.network, known.history = deepcopy(network), history
        return known

    def posterior(self, state: States) -> Stock:
        """Posterior of all seeds, normalized after the last round."""
        found = self._posterior(state.task, state.seeds)
        return found.normalized() if found.round == len(state.task.rounds) - 1 else found

    def _posterior(self, task: Task, learners: list[Learner]) -> Stock:
        return Stock(
            task.problem,
            task.target,
            tuple(own.number for own in learners),
            learners[0].round,
            tuple(own.history or {} for own in learners),
            self.method,
            of_estimator(task.estimator),
            tuple(saved(own.network) for own in learners),
        )


@algorithm("snle", title="SNLE", trials=True)
class Likelihood(Surrogate):
    """SNLE (Papamakarios et al., 2019) with a flow of the study's size."""

    method = "likelihood"


@algorithm("snre", title="SNRE", trials=True)
class Ratio(Surrogate):
    """SNRE-B (Durkan et al., 2020) with sbi's default classifier."""

    method = "ratio"
