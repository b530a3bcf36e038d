"""Ensembles: equal mixtures of the posteriors that different seeds trained on the same problem.

p(theta | x) = 1/K sum_k q_k(theta | x) / Z_k within the prior's bounds, where Z_k is the mass of
network k inside them. Each member counts alike however much of it leaks; K networks that err in
different directions are less confident together than each is alone (Hermans et al., 2022, "A
crisis in simulation-based inference?"). sbi's ``EnsemblePosterior`` is the same mixture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.inference import posterior as single
from analog_sbi.inference.posterior import LeakageError, Posterior

NORMALIZING_DRAWS = 10_000  # from which a member's mass within the bounds is estimated, as in sbi


class EnsembleError(StudyError):
    """There are too few networks for an ensemble."""


@dataclass(frozen=True)
class Ensemble:
    """G mixtures of networks of a posterior; ``members`` are positions among its seeds."""

    posterior: Posterior
    members: tuple[tuple[int, ...], ...]


def of(posterior: Posterior, size: int) -> Ensemble:
    """Ensembles of ``size`` consecutive seeds each; seeds that do not fill one are left out.

    Raises EnsembleError if there are fewer seeds than that.
    """
    count = len(posterior.problem.seeds)
    if count < size:
        raise EnsembleError(f"expected at least {size} seeds for an ensemble, found {count}")
    starts = range(0, count - size + 1, size)
    return Ensemble(posterior, tuple(tuple(range(start, start + size)) for start in starts))


def given(ensemble: Ensemble, target: Tensor) -> Ensemble:
    """The same networks with another target observation (F,): amortized inference."""
    return replace(ensemble, posterior=single.given(ensemble.posterior, target))


def sample(ensemble: Ensemble, count: int, seeds: Sequence[int], max_draws: int) -> Tensor:
    """Draw samples (G, count, D) given the target; ``seeds`` seed a generator for each ensemble.

    For each sample a member is drawn uniformly, and from it by rejection a sample within the
    prior's bounds. Raises LeakageError if a member has not enough after ``max_draws`` draws.
    """
    return torch.stack(
        [
            _sample_one(networks(ensemble, index), count, seed, max_draws)
            for index, seed in zip(range(len(ensemble.members)), seeds, strict=True)
        ]
    )


def log_prob(ensemble: Ensemble, theta: Tensor) -> Tensor:
    """Log densities (G, M) at theta (M, D) given the target; -inf outside the prior's bounds.

    Normalized within the bounds as far as ``NORMALIZING_DRAWS`` draws from each member tell.
    Raises LeakageError if none of a member's draws is inside.
    """
    return log_prob_at(ensemble, theta.expand(len(ensemble.members), *theta.shape))


def log_prob_at(ensemble: Ensemble, theta: Tensor) -> Tensor:
    """The same at parameters of each ensemble's own: (G, M) at theta (G, M, D)."""
    norm = log_mass(ensemble.posterior)
    densities = []
    for members, place in zip(ensemble.members, theta, strict=True):
        of_members = single.log_prob(_select(ensemble.posterior, members), place)
        corrected = of_members - norm[list(members), None]
        densities.append(torch.logsumexp(corrected, dim=0) - math.log(len(members)))
    return torch.stack(densities)


def log_mass(posterior: Posterior) -> Tensor:
    """Log of the mass (S,) of each network within the prior's bounds, given the target.

    Estimated from the same draws whenever it is asked for. Raises LeakageError if a network has
    none there.
    """
    seeds = posterior.problem.seeds
    mass = single.acceptance_rate(posterior, NORMALIZING_DRAWS, seeds)
    if (mass == 0).any():
        raise LeakageError(
            f"seed {seeds[int(mass.argmin())]}: expected some of {NORMALIZING_DRAWS} draws inside "
            "the prior's bounds, found none"
        )
    return mass.log()


def networks(ensemble: Ensemble, index: int) -> Posterior:
    """Networks of one ensemble as a posterior of its seeds."""
    return _select(ensemble.posterior, ensemble.members[index])


def as_sbi(ensemble: Ensemble, index: int) -> Any:
    """One ensemble as sbi's ``EnsemblePosterior``, with the target as default."""
    from sbi.inference import EnsemblePosterior

    members = [single.as_sbi(ensemble.posterior, member) for member in ensemble.members[index]]
    return EnsemblePosterior(members).set_default_x(ensemble.posterior.problem.target)


def _sample_one(members: Posterior, count: int, seed: int, max_draws: int) -> Tensor:
    """Draw samples (count, D) of the mixture of all networks of a posterior."""
    number = len(members.problem.seeds)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randint(number, (count,), generator=generator)
    seeds = torch.randint(2**62, (number,), generator=generator).tolist()
    most = int(chosen.bincount(minlength=number).max())
    drawn, _ = single.sample(members, most, seeds, max_draws)
    theta = torch.empty(count, drawn.shape[2])
    for member in range(number):
        place = chosen == member
        theta[place] = drawn[member, : int(place.sum())]
    return theta


def _select(posterior: Posterior, positions: Sequence[int]) -> Posterior:
    """Posterior of the networks at some positions only."""
    index = list(positions)
    return replace(
        posterior,
        problem=replace(posterior.problem, seeds=tuple(posterior.problem.seeds[i] for i in index)),
        state={name: tensor[index] for name, tensor in posterior.state.items()},
        history=tuple(posterior.history[i] for i in index),
    )
