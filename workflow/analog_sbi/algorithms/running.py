"""Run an algorithm: propose, measure, learn, round by round, within the budget.

The random numbers of a round are those of what it is (``Streams``), whether all rounds run in one
job or each in a job of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.algorithms import Algorithm, Resumable
from analog_sbi.algorithms.task import Progress, Task
from analog_sbi.dataset import Dataset, from_tables
from analog_sbi.errors import ConfigurationError, StudyError
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.features import with_features
from analog_sbi.judging import check_missing
from analog_sbi.measuring import Measurements
from analog_sbi.posterior import Networks, Posterior
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator, seed_sequence

Measure = Callable[[Sequence[np.ndarray], Sequence[np.random.Generator]], Measurements]
"""Measurements at parameters (N, D) of each seed, with random numbers of its own."""
Epochs = Callable[[int], AbstractContextManager[Progress]]
"""Progress of the training of a round."""


class BudgetError(StudyError):
    """An algorithm asked for more measurements than it may use."""


@dataclass(frozen=True)
class Streams:
    """Random numbers of an experiment, by what they are for."""

    study_seed: int
    backend: str
    experiment: str
    seeds: tuple[int, ...]

    def proposals(self, round: int) -> list[np.random.SeedSequence]:
        """Of each seed, to propose the parameters of a round.

        The first round is drawn from the prior by the study's seed and the seed's number alone,
        so that all experiments and estimators start from the same parameters.
        """
        if round == 0:
            return [seed_sequence(self.study_seed, "prior", s) for s in self.seeds]
        purpose = (self.backend, self.experiment, round - 1, "propose")
        return [seed_sequence(self.study_seed, *purpose, s) for s in self.seeds]

    def training(self, round: int) -> list[np.random.SeedSequence]:
        """Of each seed, to learn from the measurements of a round."""
        return [seed_sequence(self.study_seed, "train_round", round, s) for s in self.seeds]

    def measuring(self, round: int) -> list[np.random.Generator]:
        """Of each seed, to measure a round."""
        purpose = (self.backend, self.experiment, str(round), "measure_round")
        return [generator(self.study_seed, *purpose, s) for s in self.seeds]


@dataclass(frozen=True)
class Round:
    """What a round measured, a row a parameter set, and the posterior after it."""

    number: int
    parameters: pd.DataFrame
    measurements: Measurements
    posterior: Posterior


@dataclass
class Cost:
    """Measurements of each seed, and seconds of all seeds together."""

    measurements: np.ndarray
    measuring_s: float = 0.0
    thinking_s: float = 0.0


def run(
    algorithm: Algorithm,
    task: Task,
    streams: Streams,
    measure: Measure,
    epochs: Epochs,
    cost: Cost,
) -> Iterator[Round]:
    """Run all rounds of a task; ``cost`` is added to.

    Raises BudgetError if more is proposed than is left of a round, MeasurementError if more of a
    seed's measurements are missing than may be, whatever the algorithm makes of them.
    """
    names, started = task.problem.parameters, time.perf_counter()
    state = algorithm.start(task)
    missing, spent = np.zeros((2, len(task.seeds)), dtype=np.int64)
    for number, budget in enumerate(task.rounds):
        proposing, training = streams.proposals(number), streams.training(number)
        random, left = streams.measuring(number), np.full(len(task.seeds), budget)
        tables, measured = [], []
        while left.max() > 0:
            proposed = algorithm.propose(state, int(left.max()), proposing)
            left = left - [len(theta) for theta in proposed]
            if (left < 0).any():
                raise BudgetError(
                    f"round {number}: expected at most {budget} measurements of a seed, "
                    f"found {budget - int(left.min())}"
                )
            table = as_table(proposed, names, task.seeds)
            if table.empty:
                break
            cost.thinking_s += time.perf_counter() - started
            started = time.perf_counter()
            measurements = measure(proposed, random)
            cost.measuring_s += time.perf_counter() - started
            started = time.perf_counter()
            tables.append(table)
            measured.append(measurements)
            data = as_dataset(table, measurements.table, task.problem)
            missing += [data.of("seed", seed).missing.sum() for seed in task.seeds]
            # what is left may all be good, unless there will be no more
            _check_missing(missing, spent + (budget if left.max() > 0 else budget - left), task)
            with epochs(number) as progress:
                state = algorithm.learn(state, data, training, progress)
        spent = spent + budget - left
        _check_missing(missing, spent, task)
        posterior = algorithm.posterior(state)
        cost.measurements += budget - left
        cost.thinking_s += time.perf_counter() - started
        table = pd.concat(tables, ignore_index=True)
        features = pd.concat([part.table for part in measured], ignore_index=True)
        # Seed after seed, however often each proposed.
        order = table["seed"].argsort(kind="stable")
        yield Round(
            number,
            table.iloc[order].reset_index(drop=True),
            Measurements(
                features.iloc[order].reset_index(drop=True),
                measured[0].units,
                sum(part.missing for part in measured),
            ),
            posterior,
        )
        started = time.perf_counter()


def _check_missing(missing: np.ndarray, counts: np.ndarray, task: Task) -> None:
    """Raise MeasurementError for the first seed of which too much is missing."""
    for seed, found, count in zip(task.seeds, missing, counts, strict=True):
        check_missing(int(found), int(count), task.max_missing, f"seed {seed}")


def propose(
    algorithm: Algorithm,
    problem: Problem,
    networks: Networks,
    count: int,
    streams: Streams,
    round: int,
    max_draws: int,
) -> Sequence[np.ndarray]:
    """Parameters (count, D) of each seed that a later round in a job of its own measures.

    ``networks`` are those of the round before. The first is drawn from the prior (``plans``).
    """
    known = resumable(algorithm)
    task = Task(
        problem,
        networks.target,
        (count,),
        streams.seeds,
        networks.estimator,
        TrainingSettings(),
        0.0,
        max_draws,
    )
    state = known.resume(task, [], networks)
    return algorithm.propose(state, count, streams.proposals(round))


def train(
    algorithm: Algorithm,
    task: Task,
    rounds: Sequence[Dataset],
    networks: Networks | None,
    streams: Streams,
    progress: Progress,
) -> Posterior:
    """Posterior after ``rounds``, of which all but the last led to ``networks``."""
    state = resumable(algorithm).resume(task, rounds[:-1], networks)
    training = streams.training(len(rounds) - 1)
    return algorithm.posterior(algorithm.learn(state, rounds[-1], training, progress))


def resumable(algorithm: Algorithm) -> Resumable:
    """The algorithm, if its rounds can be jobs; raises ConfigurationError if not."""
    if not isinstance(algorithm, Resumable):
        raise ConfigurationError(
            f"rounds_as: expected one_job for {type(algorithm).__name__}, found jobs"
        )
    return algorithm


def as_table(
    proposed: Sequence[np.ndarray], names: Sequence[str], seeds: Sequence[int]
) -> pd.DataFrame:
    """Parameters (N, D) of each seed as a table with the column ``seed``."""
    parts = [
        pd.DataFrame(theta, columns=list(names)).assign(seed=np.int64(number))
        for theta, number in zip(proposed, seeds, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def as_dataset(parameters: pd.DataFrame, measured: pd.DataFrame, problem: Problem) -> Dataset:
    """Dataset of a round's tables with the key ``seed``.

    Raises ArtifactError if they have different numbers of rows.
    """
    x = with_features(measured, problem)
    return from_tables(parameters, x, problem.parameters, problem.features, ("seed",))
