"""What a family of flows offers, and what the flows of all seeds do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor

from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State


class Flow(Protocol):
    """Flows of S networks of equal size, whose trained weights are one tensor (S, P)."""

    weights: Tensor

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (S, B, A) of parameters (S, B, A, D) given observations (S, B, F)."""

    def inverse(self, noise: Tensor, x: Tensor) -> Tensor:
        """Parameters (S, B, A, D) at positions in the standard normal base, given x (S, B, F)."""

    def log_density(self, theta: Tensor, x: Tensor, weights: Tensor) -> Tensor:
        """Log densities (S, A, B) of theta (S, D, A, B) given x (S, F, B), with these weights."""

    def select(self, seeds: Tensor) -> Flow:
        """Flow of the seeds at the given positions only."""

    def trained(self, state: Mapping[str, Tensor], weights: Tensor) -> State:
        """Copy of the state that the flow was made from, with weights (S, P) for its own."""


class Family(Protocol):
    """A family of flows; ``options`` names the settings that it has beside sizes."""

    options: frozenset[str]

    def build(self, settings: EstimatorSettings, theta: Tensor, x: Tensor) -> State:
        """State of one new network for parameters (N, D) and observations (N, F).

        Both are standardized with their mean and standard deviation. Initial weights come from
        torch's global state, as sbi draws them.
        """

    def shapes(
        self, settings: EstimatorSettings, parameters: int, features: int
    ) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the state of one network."""

    def flow(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Flow:
        """Flow of the networks of all seeds."""

    def network(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Any:
        """Rebuild sbi's estimator of one seed; torch's global state is kept."""

    def blind(self, settings: EstimatorSettings, state: Mapping[str, Tensor]) -> Tensor:
        """Whether the network of a seed is blind to the observation in one direction: (S,) bool."""

    def never_blind(self, settings: EstimatorSettings, parameters: int) -> EstimatorSettings:
        """Settings of the same size whose networks of D parameters are never blind.

        Raises ConfigurationError if there are none.
        """

    def history(
        self, settings: EstimatorSettings, state: Mapping[str, Tensor]
    ) -> list[dict[str, Any]]:
        """Further facts on the network of each seed, as plain values."""
