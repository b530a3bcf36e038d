"""Families of density estimators by name, until ``analog_sbi.estimators`` lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from analog_sbi.inference import estimator as only
from analog_sbi.inference.estimator import (
    State,
    build_network,
    parameter_count,
    restore_network,
    seed_state,
    state_shapes,
)
from analog_sbi.inference.stacked import StackedFlow

__all__ = ["EstimatorSettings", "Maf", "State", "family", "parameter_count", "seed_state"]


@dataclass(frozen=True)
class EstimatorSettings(only.EstimatorSettings):
    """Size of a flow of a family."""

    family: str = "maf"
    bins: int | None = None


class Maf:
    """sbi's masked autoregressive flow."""

    def shapes(self, settings: EstimatorSettings, parameters: int, features: int) -> Any:
        """Names and shapes of the state of one network."""
        return state_shapes(settings, parameters, features)

    def flow(self, settings: EstimatorSettings, state: State) -> StackedFlow:
        """Flows of all seeds."""
        return StackedFlow(state)

    def network(self, settings: EstimatorSettings, state: State) -> Any:
        """sbi's estimator of one seed."""
        return restore_network(settings, state)

    def build(self, settings: EstimatorSettings, theta: Tensor, x: Tensor) -> State:
        """State of one new network."""
        return dict(build_network(settings, theta, x).state_dict())


def family(name: str) -> Maf:
    """Family by name."""
    return Maf()
