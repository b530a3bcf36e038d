"""What posteriors of repaired networks have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from torch import Tensor

from analog_sbi.posterior.base import PosteriorFormatError, described
from analog_sbi.posterior.mixture import ensembles
from analog_sbi.posterior.networks import Networks
from analog_sbi.problem import Problem
from analog_sbi.randomness import integer_seed


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

    def members(
        self, x: Tensor, size: int, count: int, seed: int, max_draws: int
    ) -> Mapping[tuple[str, int], Any]:
        """Answers (``posterior.answers.Prepared``) of seeds and ensembles of ``size`` seeds.

        ``count`` samples given each of the observations (M, F). The keys are kind, seed or
        ensemble, and number.
        """
        raise NotImplementedError


class SeedBySeed(Repaired):
    """Networks that are repaired each by itself."""

    def select(self, positions: Sequence[int]) -> Self:
        """The seeds at these positions."""
        raise NotImplementedError

    def answers(self, x: Tensor, count: int, seeds: Sequence[int], max_draws: int) -> Sequence[Any]:
        """Answers of each seed, with ``count`` samples given each of the observations (M, F).

        ``seeds`` seed a generator for each.
        """
        raise NotImplementedError

    def mix(self, answers: Sequence[Any], seed: int) -> Any:
        """Answers of the equal mixture of all seeds, of which each sample is one's at random."""
        raise NotImplementedError

    def members(
        self, x: Tensor, size: int, count: int, seed: int, max_draws: int
    ) -> Mapping[tuple[str, int], Any]:
        """Answers of every seed, and of their mixtures."""
        mixture = ensembles(self.base, size)
        seeds = [integer_seed(seed, "seed", s) for s in self.seeds]
        each = self.answers(x, count, seeds, max_draws)
        found = {("seed", s): own for s, own in zip(self.seeds, each, strict=True)}
        for index, own in zip(mixture.seeds, mixture.members, strict=True):
            number = integer_seed(seed, "ensemble", index)
            found["ensemble", index] = self.select(own).mix([each[i] for i in own], number)
        return found
