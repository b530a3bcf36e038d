"""The best points of a search, which stand where algorithms have a posterior and are none.

They are found again by sampling, and have no density. Shapes: S seeds, P points, D parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from analog_sbi.posterior.base import (
    PosteriorFormatError,
    common,
    common_of,
    described,
    expect_shape,
)
from analog_sbi.posterior.kinds import kind
from analog_sbi.problem import Problem

KIND = "points"


@dataclass(frozen=True, eq=False, repr=False)
class Points:
    """Best points (S, P, D) of every seed, the best first."""

    problem: Problem
    target: Tensor
    seeds: tuple[int, ...]
    round: int
    history: tuple[dict[str, Any], ...]
    points: Tensor

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    def given(self, target: Tensor) -> Points:
        """Raises PosteriorFormatError: a search is for one target only."""
        raise PosteriorFormatError("expected an amortized posterior, found points of a search")

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """The first ``count`` points, or all where they are fewer; nothing is drawn."""
        return self.points[:, :count], torch.ones(len(self.points))

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """NaN (S, M): points have no density."""
        return torch.full(theta.shape[:2], torch.nan)

    def as_sbi(self, index: int) -> Any:
        """Raises PosteriorFormatError: sbi has no such posterior."""
        raise PosteriorFormatError("expected a posterior that sbi has, found points of a search")

    def plain(self) -> dict[str, Any]:
        """Plain data that ``points_of`` reads."""
        return common(KIND, self) | {"points": self.points}


@kind(KIND)
def points_of(content: Mapping[str, Any]) -> Points:
    """Points of plain data; raises PosteriorFormatError naming the key that is wrong."""
    parts = common_of(content, "points")
    points = content["points"]
    size = points.shape[1] if points.ndim == 3 else 0
    expect_shape("points", points, (len(parts["seeds"]), size, len(parts["problem"].space)))
    return Points(points=points, **parts)
