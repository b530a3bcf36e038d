"""Ensembles: equal mixtures of the posteriors that different seeds trained on the same problem.

p(theta | x) = 1/K sum_k q_k(theta | x) / Z_k within the prior's bounds, where Z_k is the mass of
network k inside them. Each member counts alike however much of it leaks; K networks that err in
different directions are less confident together than each is alone (Hermans et al., 2022, "A
crisis in simulation-based inference?"). sbi's ``EnsemblePosterior`` is the same mixture.
Shapes: G ensembles, S seeds, M parameter sets, D parameters, F features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.posterior.base import LeakageError, described, expect_index
from analog_sbi.posterior.networks import Networks
from analog_sbi.problem import Problem

NORMALIZING_DRAWS = 10_000  # from which a member's mass within the bounds is estimated, as in sbi


class EnsembleError(StudyError):
    """There are too few networks for an ensemble."""


@dataclass(frozen=True, eq=False, repr=False)
class Mixture:
    """G mixtures of networks; ``members`` are positions among their seeds."""

    networks: Networks
    members: tuple[tuple[int, ...], ...]

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    @property
    def problem(self) -> Problem:
        """What was inferred."""
        return self.networks.problem

    @property
    def target(self) -> Tensor:
        """The observation (F,) that every member is given."""
        return self.networks.target

    @property
    def seeds(self) -> tuple[int, ...]:
        """Numbers of the ensembles."""
        return tuple(range(len(self.members)))

    @property
    def round(self) -> int:
        """Round after which the networks stand."""
        return self.networks.round

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """Seeds of the members of each ensemble."""
        return tuple({"seeds": list(self.of(index).seeds)} for index in self.seeds)

    def of(self, index: int) -> Networks:
        """Networks of one ensemble."""
        return self.networks.select(self.members[index])

    def given(self, target: Tensor) -> Mixture:
        """The same networks given another target (F,): amortized inference."""
        return replace(self, networks=self.networks.given(target))

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (G, count, D) given the target; ``seeds`` seed a generator for each.

        For each sample a member is drawn uniformly, and from it by rejection a sample within the
        prior's bounds. The acceptance (G,) is one: densities are normalized within the bounds.
        Raises LeakageError if a member has not enough after ``max_draws`` draws.
        """
        drawn = [
            _sample_one(self.of(index), count, seed, max_draws)
            for index, seed in zip(self.seeds, seeds, strict=True)
        ]
        return torch.stack(drawn), torch.ones(len(drawn))

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (G, M) at parameters of each ensemble's own (G, M, D).

        Normalized within the prior's bounds as far as ``NORMALIZING_DRAWS`` draws from each
        member tell, -inf outside. Raises LeakageError if none of a member's draws is inside.
        """
        norm = log_mass(self.networks)
        densities = []
        for members, place in zip(self.members, theta, strict=True):
            own = place.expand(len(members), *place.shape)
            of_members = self.networks.select(members).log_prob_at(own)
            corrected = of_members - norm[list(members), None]
            densities.append(torch.logsumexp(corrected, dim=0) - math.log(len(members)))
        return torch.stack(densities)

    def as_sbi(self, index: int) -> Any:
        """One ensemble as sbi's ``EnsemblePosterior``, with the target as default."""
        from sbi.inference import EnsemblePosterior

        own = self.members[expect_index(self, index)]
        members = [self.networks.as_sbi(member) for member in own]
        return EnsemblePosterior(members).set_default_x(self.target)

    def plain(self) -> dict[str, Any]:
        """Plain data of all the networks."""
        return self.networks.plain()


def ensembles(networks: Networks, size: int) -> Mixture:
    """Ensembles of ``size`` consecutive seeds each; seeds that do not fill one are left out.

    Raises EnsembleError if there are fewer seeds than that, or for a size that is none.
    """
    count = len(networks.seeds)
    if size < 1:
        raise EnsembleError(f"size: expected at least 1, found {size}")
    if count < size:
        raise EnsembleError(f"expected at least {size} seeds for an ensemble, found {count}")
    starts = range(0, count - size + 1, size)
    return Mixture(networks, tuple(tuple(range(start, start + size)) for start in starts))


def log_mass(networks: Networks) -> Tensor:
    """Log of the mass (S,) of each network within the prior's bounds, given the target.

    Estimated from the same draws whenever it is asked for. Raises LeakageError if a network has
    none there.
    """
    mass = networks.acceptance(NORMALIZING_DRAWS, networks.seeds)
    if (mass == 0).any():
        raise LeakageError(
            f"seed {networks.seeds[int(mass.argmin())]}: expected some of {NORMALIZING_DRAWS} "
            "draws inside the prior's bounds, found none"
        )
    return mass.log()


def _sample_one(members: Networks, count: int, seed: int, max_draws: int) -> Tensor:
    """Draw samples (count, D) of the mixture of all networks."""
    number = len(members.seeds)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(number, (count,), generator=generator)
    seeds = torch.randint(2**62, (number,), generator=generator).tolist()
    most = int(chosen.bincount(minlength=number).max())
    drawn, _ = members.sample(most, seeds, max_draws)
    theta = torch.empty(count, drawn.shape[2])
    for member in range(number):
        place = chosen == member
        theta[place] = drawn[member, : int(place.sum())]
    return theta
