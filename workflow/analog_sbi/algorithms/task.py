"""What an algorithm is asked, and helpers that several share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.dataset import Dataset
from analog_sbi.errors import ArtifactError
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.judging import check_missing
from analog_sbi.problem import Problem

Progress = Callable[[int, int], None]
"""Called after each epoch of a training with the epochs so far and the seeds still in training."""


@dataclass(frozen=True, eq=False)
class Task:
    """A problem with its target (F,), the measurements of a seed in each round, and the seeds.

    ``trainer`` names how the networks of all seeds are trained (``estimators.TRAINERS``).
    ``max_missing`` bounds the fraction of missing measurements, ``max_draws`` rejection sampling.
    """

    problem: Problem
    target: Tensor
    rounds: tuple[int, ...]
    seeds: tuple[int, ...]
    estimator: EstimatorSettings
    training: TrainingSettings
    max_missing: float
    max_draws: int
    trainer: str = "batched"

    @property
    def budget(self) -> int:
        """Measurements of a seed in all rounds."""
        return sum(self.rounds)


def pose(
    problem: Problem,
    target: np.ndarray,
    *,
    rounds: Sequence[int],
    seeds: int,
    estimator: Mapping[str, Any],
    inference: Mapping[str, Any],
    trainer: str,
) -> Task:
    """Task of the first ``seeds`` seeds of an experiment given a target (F,).

    ``estimator`` are settings of the density estimator, ``inference`` those of training and limits.
    Raises ArtifactError for a target of another shape or with a missing feature.
    """
    expected = (len(problem.features),)
    if np.shape(target) != expected or not np.isfinite(target).all():
        found = np.shape(target) if np.shape(target) != expected else np.asarray(target).tolist()
        raise ArtifactError(f"target: expected numbers of shape {expected}, found {found}")
    return Task(
        problem=problem,
        target=torch.tensor(target, dtype=torch.float32),
        rounds=tuple(rounds),
        seeds=tuple(range(seeds)),
        estimator=EstimatorSettings(**estimator),
        training=TrainingSettings.of(inference),
        max_missing=inference["max_missing"],
        max_draws=inference["max_draws"],
        trainer=trainer,
    )


def integer(seed: np.random.SeedSequence) -> int:
    """63 bit integer of a seed, as ``randomness.integer_seed`` makes it."""
    return int(seed.generate_state(1, np.uint64)[0] >> 1)


def from_prior(task: Task, count: int, seeds: Sequence[np.random.SeedSequence]) -> list[np.ndarray]:
    """Parameters (count, D) of each seed from the prior."""
    return [task.problem.prior.draw(count, np.random.default_rng(seed)) for seed in seeds]


def complete(data: Dataset, number: int, max_missing: float) -> tuple[Tensor, Tensor, int]:
    """Parameters (N, D) and observations (N, F) of one seed, and how many were missing.

    Raises MeasurementError if more than a fraction ``max_missing`` is missing.
    """
    own = data.of("seed", number)
    missing = int(own.missing.sum())
    check_missing(missing, len(own), max_missing, f"seed {number}")
    if missing:
        logging.warning("seed %d: %d missing measurements are excluded", number, missing)
    kept = own.complete()
    theta, x = (torch.tensor(part, dtype=torch.float32) for part in (kept.theta, kept.x))
    return theta, x, missing
