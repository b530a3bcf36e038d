"""Priors as distributions of torch, as sbi asks for them.

Shapes: D parameters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from analog_sbi.prior import Box, Prior, median_and_spread
from analog_sbi.restricted import Restricted


def as_sbi(prior: Prior) -> Any:
    """The prior: sbi's own class for a box, ``TorchPrior`` for others."""
    if not isinstance(prior, Box):
        return TorchPrior(prior)
    from sbi.utils import BoxUniform

    return BoxUniform(*(torch.tensor(part, dtype=torch.float32) for part in bounds_of(prior)))


def bounds_of(prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds (D,)."""
    return prior.space.low, prior.space.high


def drawn(
    prior: Prior, shape: Sequence[int], generator: torch.Generator | None = None
) -> np.ndarray:
    """Parameters (*shape, D) of a prior by torch's random numbers, global ones by default."""
    size = len(prior.space)
    if isinstance(prior, Restricted):
        seed = int(torch.randint(2**62, (), generator=generator))
        theta = prior.draw(math.prod(shape), np.random.default_rng(seed))
        return theta.reshape(*shape, size)
    unit = torch.rand(*shape, size, generator=generator, dtype=torch.float64)
    return prior.scale(unit.numpy())


class TorchPrior(Distribution):
    """A prior of parameters from which ``shift`` (D,) is taken, and which ``spread`` (D,) divides.

    Draws come from torch's global generator. ``mean`` and ``stddev`` are median and half the
    central 68 %, which distributions with wide tails have as well: sbi standardizes by them.
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}
    has_rsample = False

    def __init__(
        self, prior: Prior, shift: np.ndarray | None = None, spread: np.ndarray | None = None
    ) -> None:
        """Take a prior, and how its parameters are standardized."""
        self.prior, size = prior, len(prior.space)
        self.shift = np.zeros(size) if shift is None else shift
        self.spread = np.ones(size) if spread is None else spread
        super().__init__(event_shape=torch.Size([size]), validate_args=False)

    @property
    def support(self) -> Any:
        """Constraint on each parameter.

        Raises NotImplementedError of a restricted prior, which sbi then asks for its density.
        """
        if isinstance(self.prior, Restricted):
            raise NotImplementedError("a region is no constraint on each parameter")
        low, high = (self._standard(part) for part in bounds_of(self.prior))
        if not np.isfinite([low, high]).any():
            return constraints.independent(constraints.real, 1)
        if np.isfinite([low, high]).all():
            interval: Any = constraints.interval(_single(low), _single(high))
            return constraints.independent(interval, 1)
        each = [_constraint(*pair) for pair in zip(low.tolist(), high.tolist(), strict=True)]
        return constraints.cat(each, dim=-1, lengths=[1] * len(each))

    @property
    def mean(self) -> Tensor:
        """Medians (D,)."""
        return _single(self._standard(median_and_spread(self.prior)[0]))

    @property
    def stddev(self) -> Tensor:
        """Half the widths (D,) of the central 68 %."""
        return _single(median_and_spread(self.prior)[1] / self.spread)

    @property
    def variance(self) -> Tensor:
        """Squares of ``stddev``."""
        return self.stddev**2

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Parameters (*sample_shape, D)."""
        theta = drawn(self.prior, torch.Size(sample_shape))
        return _single(self._standard(theta))

    def log_prob(self, value: Tensor) -> Tensor:
        """Log densities (...,) at parameters (..., D)."""
        theta = self.shift + self.spread * value.detach().double().numpy()
        return _single(self.prior.log_prob(theta) + np.log(self.spread).sum())

    def _standard(self, theta: np.ndarray) -> np.ndarray:
        return (theta - self.shift) / self.spread


def _single(values: Any) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)


def _constraint(low: float, high: float) -> Any:
    if np.isfinite([low, high]).all():
        return constraints.interval(low, high)
    if np.isfinite(low):
        return constraints.greater_than(low)
    return constraints.less_than(high) if np.isfinite(high) else constraints.real
