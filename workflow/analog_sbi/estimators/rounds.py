"""What a round is trained on and with: simulations of all seeds so far, settings, seeds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.estimators.state import State
from analog_sbi.judging import check_missing

LEAST = 2  # simulations of a batch: a spread to standardize with, an atom besides the true one
EQUAL, OUTLIER = 1e-14, 10.0  # spread of a constant feature, distance of an outlier: those of sbi
LIMITS = ("max_missing", "max_draws")  # of a round, beside its training


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a round's training, by sbi's names; the defaults are those of sbi 0.21."""

    batch_size: int = 50
    learning_rate: float = 5e-4
    num_atoms: int = 10
    validation_fraction: float = 0.1
    stop_after_epochs: int = 20
    max_num_epochs: int = 2**31 - 1
    clip_max_norm: float = 5.0

    @classmethod
    def of(cls, inference: Mapping[str, Any]) -> TrainingSettings:
        """Settings of the config's section ``inference``, which has limits beside them."""
        return cls(**{key: value for key, value in inference.items() if key not in LIMITS})


class TrainingError(StudyError):
    """A network cannot be trained on these simulations or with these settings."""


@dataclass(frozen=True)
class RoundData:
    """Parameters (S, N, D) and observations (S, N, F) of one round."""

    theta: np.ndarray
    x: np.ndarray


@dataclass(frozen=True)
class Trained:
    """Networks of all seeds after a round's training; ``history`` has an entry a seed."""

    state: State
    history: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class SeedData:
    """Complete simulations of one seed in all rounds: theta (N, D), x (N, F)."""

    theta: Tensor
    x: Tensor
    round_of: Tensor
    excluded: int


def complete(
    rounds: Sequence[RoundData], max_missing: float, numbers: Sequence[int] | None = None
) -> list[SeedData]:
    """Simulations of each seed without those that have a missing value.

    ``numbers`` are the names of the seeds in messages, their positions by default. Raises
    MeasurementError if more than the fraction ``max_missing`` of a seed is missing.
    """
    theta = torch.as_tensor(np.concatenate([r.theta for r in rounds], axis=1), dtype=torch.float32)
    x = torch.as_tensor(np.concatenate([r.x for r in rounds], axis=1), dtype=torch.float32)
    round_of = torch.cat([torch.full((r.theta.shape[1],), i) for i, r in enumerate(rounds)])
    numbers = range(len(theta)) if numbers is None else numbers
    data = []
    for row, seed in enumerate(numbers):
        valid = torch.isfinite(x[row]).all(dim=1)
        missing = int((~valid).sum())
        check_missing(missing, len(valid), max_missing, f"seed {seed}")
        if missing:
            logging.warning("seed %d: %d missing measurements are excluded", seed, missing)
        data.append(SeedData(theta[row, valid], x[row, valid], round_of[valid], missing))
    return data


def split(total: int, settings: TrainingSettings) -> int:
    """How many of ``total`` measurements are trained on; the rest is validated on.

    Raises TrainingError unless both parts and their batches have ``LEAST``.
    """
    trained = int((1 - settings.validation_fraction) * total)
    if min(trained, total - trained, settings.batch_size) < LEAST:
        raise TrainingError(
            f"expected at least {LEAST} of {total} simulations a batch to train and to validate "
            f"on (inference.validation_fraction), found {trained} and {total - trained} in batches "
            f"of {settings.batch_size}"
        )
    return trained


def warn_of_degenerate(data: Sequence[SeedData], numbers: Sequence[int]) -> None:
    """Warn of constant features and of outliers, where sbi does.

    An outlier is more than ``OUTLIER`` times the interquartile range from the quartiles; a feature
    whose quartiles are equal has none.
    """
    seeds: dict[str, list[int]] = {}
    for part, number in zip(data, numbers, strict=True):
        for text in _degenerate(part.x):
            seeds.setdefault(text, []).append(number)
    for text, members in seeds.items():
        logging.warning("seed %s: %s", ", ".join(map(str, members)), text)


def _degenerate(x: Tensor) -> list[str]:
    constant = torch.nonzero(x.std(dim=0) < EQUAL).flatten().tolist()
    quarters = torch.as_tensor(np.quantile(x.numpy(), [0.25, 0.75], axis=0))
    width = quarters[1] - quarters[0]
    outside = (x < quarters[0] - OUTLIER * width) | (x > quarters[1] + OUTLIER * width)
    outliers = torch.nonzero(outside.any(dim=0) & (width > EQUAL)).flatten().tolist()
    texts = []
    if constant:
        texts.append(f"features {constant} (from 0) are constant, and tell nothing")
    if outliers:
        texts.append(
            f"features {outliers} (from 0) have outliers, beside which the other values may become "
            "indistinguishable"
        )
    return texts
