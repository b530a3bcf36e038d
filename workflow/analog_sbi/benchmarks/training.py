"""Speed of training all seeds together against stock sbi, seed after seed.

Shapes: S seeds, N parameter sets, D parameters, F features.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import torch

from analog_sbi.backends import make
from analog_sbi.benchmarks.timing import Row, row, seconds
from analog_sbi.estimators import stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings, complete
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, seed_state
from analog_sbi.measuring import measure
from analog_sbi.posterior.networks import Networks
from analog_sbi.problem import Problem

FIRST_EPOCHS = 20
# Splines with five transforms differed by up to 2e-4 in the first five epochs of eleven rounds, and
# by up to 2e-2 in the first twelve: rounding grows where an item falls into another bin.
FIRST_EPOCHS_OF_SPLINES = 5
LARGEST_DIFFERENCE = 1e-3  # of validation losses, ours against stock sbi's
MAX_MISSING = 0.1
MAX_DRAWS = 10**6
TRIALS = 100  # of the target


class Measuring:
    """Rounds of a problem for all seeds, measured on its backend."""

    def __init__(self, problem: Problem) -> None:
        """Calibrate the backend and measure the target in the middle of the space."""
        self.problem = problem
        self.backend = make(problem.setup)
        self.generator = np.random.default_rng(0)
        self.calibration = self.backend.calibrate(self.generator)
        middle = problem.space.scale(np.full(len(problem.space), 0.5))
        self.target = self.observe(np.tile(middle, (1, TRIALS, 1)))[0].mean(axis=0)

    def prior(self, seeds: int, size: int) -> np.ndarray:
        """Parameters (S, size, D) from the prior."""
        drawn = self.problem.prior.draw(seeds * size, self.generator)
        return drawn.reshape(seeds, size, -1)

    def observe(self, theta: np.ndarray) -> np.ndarray:
        """Features (S, N, F) at parameters (S, N, D)."""
        problem = self.problem
        measured = measure(
            self.backend,
            problem.setup.model,
            self.calibration,
            theta.reshape(-1, theta.shape[-1]),
            problem.parameterization,
            [problem.observable],
            self.generator,
        )
        return measured.table[list(problem.features)].to_numpy().reshape(*theta.shape[:2], -1)

    def propose(
        self, state: State, estimator: EstimatorSettings, size: int, seeds: Sequence[int]
    ) -> np.ndarray:
        """Parameters (S, size, D) from the posteriors of networks given the target."""
        target = torch.as_tensor(self.target, dtype=torch.float32)
        nothing: tuple[dict[str, Any], ...] = ({},) * len(seeds)
        networks = Networks(self.problem, target, estimator, tuple(seeds), 0, state, nothing)
        samples, _ = networks.sample(size, seeds, MAX_DRAWS)
        return samples.double().numpy()


@dataclass(frozen=True)
class Task:
    """What is trained: seeds over rounds of as many measurements each.

    Ours and stock sbi's must agree over the first epochs of a round: over hundreds of them,
    rounding may move the epoch at which training ends, and makes other networks of flows with many
    branches. ``compared`` are the first epochs that must agree.
    """

    rounds: Sequence[int]
    seeds: int
    estimator: EstimatorSettings
    settings: TrainingSettings
    compared: int = FIRST_EPOCHS


def many_seeds(
    name: str,
    problem: Problem,
    task: Task,
    *,
    goal: float,
    copy_proposal: bool,
    progress: Callable[[str], None],
) -> Row:
    """Train all seeds of a task together; stock sbi trains one of them in every round.

    Round by round all seeds are trained together and then one of them, another each round, by stock
    sbi on the same data from the same generator, with the same losses (see ``Task``). The time of
    stock sbi for all seeds is its time an epoch in that round times the epochs of all seeds. The
    spread is that of the rounds' ratios. ``copy_proposal`` leaves stock sbi its deep copy of the
    proposal for every batch. Raises RuntimeError if losses differ over the first epochs.
    """
    measuring = Measuring(problem)
    rounds, seeds = task.rounds, task.seeds
    data: list[RoundData] = []
    previous: State | None = None
    pairs = []
    theta = measuring.prior(seeds, rounds[0])
    for number, _ in enumerate(rounds):
        data.append(RoundData(theta, measuring.observe(theta)))
        of_training = [1000 * number + s for s in range(seeds)]
        start = time.perf_counter()
        trained = training.train_round(
            data,
            previous,
            estimator=task.estimator,
            settings=task.settings,
            seeds=of_training,
            numbers=range(seeds),
        )
        ours = time.perf_counter() - start
        chosen = number % seeds
        part = complete(data, MAX_MISSING)[chosen]
        before = None if previous is None else seed_state(previous, chosen)
        start = time.perf_counter()
        with nullcontext() if copy_proposal else no_copies():
            _, theirs = stock.train_seed(
                part, before, task.estimator, task.settings, of_training[chosen]
            )
        per_epoch = (time.perf_counter() - start) / theirs["epochs"]
        mine = trained.history[chosen]
        expect_alike(f"{name}, round {number}, seed {chosen}", mine, theirs, task.compared)
        pairs.append((ours, per_epoch * sum(h["epochs"] for h in trained.history)))
        progress(f"{name}, round {number}: {pairs[-1][1] / ours:.1f} x")
        previous = trained.state
        if number + 1 < len(rounds):
            size = rounds[number + 1]
            theta = measuring.propose(trained.state, task.estimator, size, of_training)
    by_round = row(name, np.array(pairs), goal)
    ours, theirs_s = np.sum(pairs, axis=0)
    return Row(
        name,
        float(ours),
        float(theirs_s),
        float(theirs_s / ours),
        by_round.ratio_min,
        by_round.ratio_max,
        goal,
    )


def expect_alike(
    what: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], compared: int = FIRST_EPOCHS
) -> None:
    """Raise RuntimeError unless two trainings of a seed agree over the first ``compared`` epochs.

    Where they end at another epoch or with another loss, that is reported.
    """
    pairs = zip(ours["validation"], theirs["validation"], strict=False)
    first = [abs(one - other) for one, other in islice(pairs, compared)]
    last = abs(ours["best_validation_loss"] - theirs["best_validation_loss"])
    found = (
        f"{what}: expected the losses of stock sbi, in the end {theirs['epochs']} epochs and "
        f"{theirs['best_validation_loss']:.4f}, found {ours['epochs']} and "
        f"{ours['best_validation_loss']:.4f}; over the first epochs the losses differ by "
        f"{max(first):.1e}"
    )
    if max(first) > LARGEST_DIFFERENCE:
        raise RuntimeError(found)
    if ours["epochs"] != theirs["epochs"] or last > LARGEST_DIFFERENCE:
        logging.info(found)


@contextmanager
def no_copies() -> Iterator[None]:
    """Let sbi's posteriors be their own deep copies within a block."""
    from sbi.inference.posteriors import DirectPosterior

    DirectPosterior.__deepcopy__ = lambda self, memo: self
    try:
        yield
    finally:
        del DirectPosterior.__deepcopy__


def growth(
    problem: Problem, estimator: EstimatorSettings, numbers: Sequence[int], size: int
) -> pd.DataFrame:
    """Seconds of 100 epochs of the first round over the number of seeds trained together."""
    settings = TrainingSettings(max_num_epochs=99, stop_after_epochs=100)
    rows = []
    for number in numbers:
        measuring = Measuring(problem)
        theta = measuring.prior(number, size)
        data = [RoundData(theta, measuring.observe(theta))]

        def train(data: list[RoundData] = data, number: int = number) -> None:
            training.train_round(
                data,
                None,
                estimator=estimator,
                settings=settings,
                seeds=range(number),
                numbers=range(number),
            )

        rows.append(("seeds", number, seconds(train)))
    return pd.DataFrame(rows, columns=["of", "size", "seconds"])
