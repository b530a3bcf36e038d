"""What posteriors of repaired networks have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from torch import Tensor

from analog_sbi.posterior.base import PosteriorFormatError, described
from analog_sbi.posterior.networks import Networks
from analog_sbi.problem import Problem


@dataclass(frozen=True, eq=False, repr=False)
class Repaired:
    """Networks, and in its subclasses what repairs them."""

    base: Networks

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    @property
    def problem(self) -> Problem:
        """What was inferred."""
        return self.base.problem

    @property
    def target(self) -> Tensor:
        """The observation (F,) that it is given."""
        return self.base.target

    @property
    def seeds(self) -> tuple[int, ...]:
        """Numbers of the repetitions."""
        return self.base.seeds

    @property
    def round(self) -> int:
        """Round after which the networks stand."""
        return self.base.round

    def given(self, target: Tensor) -> Self:
        """The same networks and their repair given another target (F,)."""
        return replace(self, base=self.base.given(target))

    def as_sbi(self, index: int) -> Any:
        """Raises PosteriorFormatError: sbi has no such posterior."""
        raise PosteriorFormatError("expected a posterior that sbi has, found a repaired one")
