"""All networks of an experiment as one weighted mixture, without those that are of no use.

Blind networks, and networks of which next to nothing lies within the prior's bounds given the
target, are left out. After the first round the weights of the others are those under which the
mixture gives the measurements that each network was not trained on the largest density (stacking:
Yao et al., Bayesian Analysis 13, 2018); later rounds have no measurements that are fair to all, so
that weights are equal. Shapes: S networks, K of them pooled, N measurements, M parameter sets, D
parameters, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.dataset import Dataset
from analog_sbi.errors import StudyError
from analog_sbi.posterior.answers import Prepared, ask
from analog_sbi.posterior.base import PosteriorFormatError, common, common_of, supported
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.mixture import NORMALIZING_DRAWS, log_mass
from analog_sbi.posterior.networks import Networks, networks_of
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies.base import Repaired
from analog_sbi.remedies.facts import remedy

KIND = "pooled"
LEAST_MASS = 0.01  # of a network within the prior's bounds, below which it has failed
TESTED = 1000  # measurements of a seed at most that weights are found with
STEPS = 500  # of expectation and maximization at most
CLOSE = 1e-6  # change of weights at which these end
NEVER = -1e4  # log density that stands for none, so that all members may lack a measurement


class NoMemberError(StudyError):
    """No network is left to be pooled."""


@dataclass(frozen=True, eq=False, repr=False)
class Pooled(Repaired):
    """One mixture of networks with weights (K,) that sum to one."""

    base: Networks
    weights: Tensor
    history: tuple[dict[str, Any], ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Number of the only mixture."""
        return (0,)

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (1, count, D) within the prior's bounds; the acceptance (1,) is one.

        Raises LeakageError if a network has not enough of them after ``max_draws`` draws.
        """
        (seed,) = seeds
        chosen = _chosen(self.weights, (count,), seed)
        numbers = [integer_seed(seed, "member", number) for number in self.base.seeds]
        most = int(chosen.bincount().max())
        drawn, _ = self.base.sample(most, numbers, max_draws)
        theta = torch.empty(count, drawn.shape[2])
        for member, own in enumerate(drawn):
            place = chosen == member
            theta[place] = own[: int(place.sum())]
        return theta[None], torch.ones(1)

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (1, M) at theta (1, M, D), -inf out of bounds.

        Normalized within them as far as ``mixture.NORMALIZING_DRAWS`` draws of a network tell.
        """
        own = theta.expand(len(self.weights), *theta.shape[1:])
        density = self.base.log_prob_at(own) - log_mass(self.base)[:, None]
        return _mixed(density, self.weights)[None]

    def as_sbi(self, index: int) -> Any:
        """Sbi's ``EnsemblePosterior`` with the same weights, and the target as default."""
        from sbi.inference import EnsemblePosterior

        members = [self.base.as_sbi(member) for member in range(len(self.weights))]
        return EnsemblePosterior(members, weights=self.weights.tolist()).set_default_x(self.target)

    def answers(self, x: Tensor, count: int, seed: int, max_draws: int) -> PooledAnswers:
        """Ask the mixture for ``count`` samples given each of the observations (M, F).

        Raises LeakageError as ``posterior.answers.ask`` does.
        """
        seeds = [integer_seed(seed, "member", number) for number in self.base.seeds]
        each = ask(self.base, x, count, seeds, max_draws)
        stacked = torch.stack([own.samples for own in each])
        chosen = _chosen(self.weights, stacked.shape[1:3], seed)[None, :, :, None]
        samples = stacked.gather(0, chosen.expand(1, *stacked.shape[1:]))[0]
        return PooledAnswers(x, samples, self, torch.cat([own.log_mass for own in each]))

    def members(
        self, x: Tensor, size: int, count: int, seed: int, max_draws: int
    ) -> Mapping[tuple[str, int], PooledAnswers]:
        """Answers of the mixture: the only seed, and the only ensemble of whatever size."""
        whole = self.answers(x, count, integer_seed(seed, "ensemble", 0), max_draws)
        return {("seed", 0): whole, ("ensemble", 0): whole}

    def plain(self) -> dict[str, Any]:
        """Plain data that ``pooled_of`` reads."""
        return common(KIND, self) | {"base": self.base.plain(), "weights": self.weights}


@dataclass(frozen=True, eq=False)
class PooledAnswers(Prepared):
    """What the mixture answers to observations, as ``posterior.answers.Answers``.

    ``mass`` (K, M) is the log of the mass of each network within the prior's bounds, which
    densities are normalized by.
    """

    posterior: Pooled
    mass: Tensor

    @property
    def log_mass(self) -> Tensor:
        """Zeros (1, M): all mass lies within the prior's bounds."""
        return torch.zeros(1, len(self.x))

    @torch.no_grad()
    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given one of the observations (F,)."""
        place, count = self.place(x), len(self.posterior.weights)
        density = self.posterior.base.flow.log_prob(
            theta.expand(count, 1, *theta.shape), x.expand(count, 1, -1)
        )
        mixed = _mixed(density[:, 0] - self.mass[:, place, None], self.posterior.weights)
        return torch.where(supported(self.posterior.problem.prior, theta), mixed, -torch.inf)


@remedy("ensemble", others=0, pools=True)
def repair(networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int) -> Pooled:
    """Pool the networks of all seeds; ``data`` are the measurements of all rounds, of each seed.

    Raises NoMemberError if every network is blind or has failed.
    """
    mass = networks.acceptance(NORMALIZING_DRAWS, networks.seeds)
    reasons: dict[int, str] = {}
    for number, facts, own in zip(networks.seeds, networks.history, mass.tolist(), strict=True):
        loss = facts.get("best_validation_loss")
        if facts.get("blind"):
            reasons[number] = "blind"
        elif loss is not None and not np.isfinite(loss):
            reasons[number] = "without a finite loss"
        elif own < LEAST_MASS:
            reasons[number] = f"with {100 * own:.1f} % of its mass within the prior's bounds"
    for number, reason in reasons.items():
        logging.warning("seed %d is %s and left out of the ensemble", number, reason)
    kept = [i for i, number in enumerate(networks.seeds) if number not in reasons]
    if not kept:
        raise NoMemberError(
            f"expected a network that can be pooled, found all {len(reasons)} blind or failed"
        )
    if len(kept) == 1:
        logging.warning("only seed %d is left in the ensemble", networks.seeds[kept[0]])
    base = networks.select(kept)
    if base.round == 0 and len(kept) > 1:
        weights = torch.tensor(_stacked(base, [data[i].complete() for i in kept]))
    else:
        weights = torch.full((len(kept),), 1 / len(kept), dtype=torch.float64)
    return Pooled(base, weights, (_history(base, weights, reasons),))


@kind(KIND)
def pooled_of(content: Mapping[str, Any]) -> Pooled:
    """Posterior of plain data; raises PosteriorFormatError naming the key that is wrong."""
    parts = common_of(content, "base", "weights")
    base = networks_of(content["base"])
    if content["weights"].shape != (len(base.seeds),):
        raise PosteriorFormatError(
            f"weights: expected {len(base.seeds)} networks, found {len(content['weights'])}"
        )
    return Pooled(base, content["weights"], parts["history"])


def _history(base: Networks, weights: Tensor, left_out: Mapping[int, str]) -> dict[str, Any]:
    """Facts of the mixture: those of its networks together."""
    return {
        "blind": False,
        "epochs": max((facts.get("epochs", 0) for facts in base.history), default=0),
        "best_validation_loss": float(
            sum(
                float(weight) * facts.get("best_validation_loss", np.nan)
                for weight, facts in zip(weights, base.history, strict=True)
            )
        ),
        "excluded": sum(facts.get("excluded", 0) for facts in base.history),
        "pooled": list(base.seeds),
        "left_out": {str(number): reason for number, reason in left_out.items()},
    }


@torch.no_grad()
def _stacked(networks: Networks, data: Sequence[Dataset]) -> np.ndarray:
    """Weights (K,) by the density of measurements that a network was not trained on."""
    densities, owners = [], []
    for owner, part in enumerate(data):
        some = part.rows(slice(TESTED))
        theta, x = (torch.tensor(v, dtype=torch.float32) for v in (some.theta, some.x))
        asked = theta[:, None].expand(len(data), -1, 1, -1)
        density = networks.flow.log_prob(asked, x.expand(len(data), -1, -1))
        densities.append(density[:, :, 0].double().numpy())
        owners.append(np.full(len(some), owner))
    return stacking_weights(np.concatenate(densities, axis=1), np.concatenate(owners))


def stacking_weights(density: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Weights (K,) of the largest mean log density of a mixture, from log densities (K, N).

    The network ``owner`` (N,), which was trained on a measurement, has no part in its density:
    the weights of the others are divided by their sum. Two networks are weighed alike, since
    nothing but the other one judges each.
    """
    count = len(density)
    log = np.where(np.isfinite(density), np.maximum(density, NEVER), NEVER)
    own = np.arange(count)[:, None] == owner
    relative = np.where(own, 0.0, np.exp(log - np.where(own, -np.inf, log).max(axis=0)))
    weights = np.full(count, 1 / count)
    for _ in range(STEPS):
        share = weights[:, None] * relative
        share /= share.sum(axis=0)
        # expectation and maximization of a truncated mixture: the owner is credited with the
        # measurements that it would have had beside those of the others
        remaining = np.maximum(1 - weights[owner], CLOSE)
        credit = share.sum(axis=1) + np.bincount(owner, weights[owner] / remaining, count)
        found = credit / credit.sum()
        if np.abs(found - weights).max() < CLOSE:
            return found
        weights = found
    return weights


def _chosen(weights: Tensor, shape: Sequence[int], seed: int) -> Tensor:
    """Members at random by their weights, of a shape."""
    generator, count = torch.Generator().manual_seed(seed), int(np.prod(shape))
    chosen = torch.multinomial(weights, count, replacement=True, generator=generator)
    return chosen.reshape(tuple(shape))


def _mixed(density: Tensor, weights: Tensor) -> Tensor:
    """Log densities (M,) of a mixture of log densities (K, M)."""
    return torch.logsumexp(density + weights.log().to(density.dtype)[:, None], dim=0)
