"""Flows whose densities end at the bounds of the prior: any family, on logits of the parameters.

A flow on parameters themselves has to leave mass beyond the bounds wherever an observation tells
nothing of a parameter: a smooth density is flat inside only if it reaches out. On the logits of the
positions between the bounds nothing leaks, and such a posterior is a logistic distribution.
Densities are those of the parameters, the change of variables included.
Shapes: S seeds, B items of a batch, A atoms, D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import family
from analog_sbi.estimators.protocol import Family, Flow
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State
from analog_sbi.space import Space

EDGE = 1e-6  # of the width: least distance to a bound, above the rounding of single precision


@dataclass(frozen=True)
class Bounds:
    """Lower bounds and widths (D,) in single precision."""

    low: Tensor
    width: Tensor

    @classmethod
    def of(cls, space: Space) -> Bounds:
        """Bounds of a space; raises ConfigurationError unless all are finite."""
        low, width = (torch.tensor(part, dtype=torch.float32) for part in (space.low, space.width))
        if not (torch.isfinite(low) & torch.isfinite(width)).all():
            raise ConfigurationError(
                "bounded: expected a prior with bounds of every parameter, found none of some"
            )
        return cls(low, width)

    def logits(self, theta: Tensor) -> Tensor:
        """Logits (..., D) of parameters (..., D), which may lie beyond a bound by rounding."""
        return torch.logit((theta - self.low) / self.width, eps=EDGE)

    def parameters(self, logits: Tensor) -> Tensor:
        """Parameters (..., D) at logits (..., D): inverts ``logits``."""
        theta = self.low + self.width * torch.sigmoid(logits)
        return torch.minimum(torch.maximum(theta, self.low), self.low + self.width)

    def log_slope(self, logits: Tensor) -> Tensor:
        """Logarithm (...) of the change of logits with parameters, all of them together."""
        of_each = -logsigmoid(logits) - logsigmoid(-logits) - self.width.log()
        return of_each.sum(dim=-1)


class BoundedFlow:
    """A flow on logits, as one on parameters (see ``protocol.Flow``)."""

    def __init__(self, flow: Flow, bounds: Bounds) -> None:
        """Take a flow on logits."""
        self.flow, self.bounds, self.weights = flow, bounds, flow.weights

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (S, B, A) of parameters (S, B, A, D) given observations (S, B, F)."""
        logits = self.bounds.logits(theta)
        return self.flow.log_prob(logits, x) + self.bounds.log_slope(logits)

    def log_density(self, theta: Tensor, x: Tensor, weights: Tensor) -> Tensor:
        """Log densities (S, A, B) of theta (S, D, A, B) given x (S, F, B), with these weights."""
        logits = self.bounds.logits(theta.movedim(1, -1))
        density = self.flow.log_density(logits.movedim(-1, 1), x, weights)
        return density + self.bounds.log_slope(logits)

    def inverse(self, noise: Tensor, x: Tensor) -> Tensor:
        """Parameters (S, B, A, D) at positions in the base, given x (S, B, F)."""
        return self.bounds.parameters(self.flow.inverse(noise, x))

    def select(self, seeds: Tensor) -> BoundedFlow:
        """Flow of the seeds at the given positions only."""
        selected = copy(self)
        selected.flow = self.flow.select(seeds)
        selected.weights = selected.flow.weights
        return selected

    def trained(self, state: Mapping[str, Tensor], weights: Tensor) -> State:
        """Copy of the state that the flow was made from, with weights (S, P) for its own."""
        return self.flow.trained(state, weights)


def build(
    settings: EstimatorSettings, theta: Tensor, x: Tensor, space: Space | None
) -> dict[str, Tensor]:
    """State of one new network for parameters (N, D) and observations (N, F) (see ``Family``)."""
    of: Family = family(settings.family)
    own = _bounds(settings, space).logits(theta) if settings.bounded else theta
    return of.build(settings, own, x)


def flow(settings: EstimatorSettings, state: Mapping[str, Tensor], space: Space | None) -> Flow:
    """Flow of the networks of all seeds, within the bounds of ``space`` if it is bounded."""
    inner = family(settings.family).flow(settings, state)
    return BoundedFlow(inner, _bounds(settings, space)) if settings.bounded else inner


def _bounds(settings: EstimatorSettings, space: Space | None) -> Bounds:
    if space is None:
        raise ConfigurationError("bounded: expected the bounds of the prior, found none")
    return Bounds.of(space)


def as_sbi(network: Any, space: Space) -> Any:
    """sbi's estimator of parameters, from one of their logits."""
    from sbi.neural_nets.estimators import ConditionalDensityEstimator

    bounds = Bounds.of(space)

    class Within(ConditionalDensityEstimator):
        """Densities and samples within bounds."""

        def __init__(self) -> None:
            super().__init__(network.net, network.input_shape, network.condition_shape)
            self.network = network

        def log_prob(self, input: Tensor, condition: Tensor, **kwargs: Any) -> Tensor:
            logits = bounds.logits(input)
            log_prob: Tensor = self.network.log_prob(logits, condition, **kwargs)
            return log_prob + bounds.log_slope(logits)

        def loss(self, input: Tensor, condition: Tensor, **kwargs: Any) -> Tensor:
            return -self.log_prob(input[None], condition)[0]

        def sample(self, sample_shape: torch.Size, condition: Tensor, **kwargs: Any) -> Tensor:
            return bounds.parameters(self.network.sample(sample_shape, condition, **kwargs))

    return Within()
