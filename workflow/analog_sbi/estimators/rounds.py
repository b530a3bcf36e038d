"""What a round is trained on and with: simulations of all seeds so far, settings, seeds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.errors import MeasurementError
from analog_sbi.estimators.state import State

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
        if missing > max_missing * len(valid):
            raise MeasurementError(
                f"seed {seed}: expected at most {100 * max_missing:.0f} % missing measurements, "
                f"found {missing} of {len(valid)}"
            )
        if missing:
            logging.warning("seed %d: %d missing measurements are excluded", seed, missing)
        data.append(SeedData(theta[row, valid], x[row, valid], round_of[valid], missing))
    return data
