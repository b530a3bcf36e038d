"""Networks whose levels are corrected by measurements that they were not trained on.

Split conformal prediction (Vovk et al., "Algorithmic Learning in a Random World", 2005; Lei et al.,
J. Am. Stat. Assoc. 113, 2018) with levels of highest density as scores: if the truth lies at level
0.9 of a network's posterior no more often than in 70 % of fresh measurements, then the region of
level 0.7 that is told is the one which the network calls 0.9. Over targets that the prior produces
such regions hold the truth at least as often as told, whatever the network; given a single target
nothing is guaranteed. The measurements are those of the other seeds, which are as many targets
from the prior that are simulated already.

As a density: p(theta | x) = q(theta | x) g'(l), where l is the level of theta under q and g(l) the
share of truths up to it. Of q one part in five is the prior, so that a network can be
corrected that is too narrow to reach the truth.
Shapes: S seeds, N measurements, K samples, M observations, A parameter sets, D parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analog_sbi.dataset import Dataset, joined
from analog_sbi.errors import MeasurementError
from analog_sbi.posterior.answers import Prepared, ask, of_random_members
from analog_sbi.posterior.base import (
    LeakageError,
    PosteriorFormatError,
    bounds,
    common,
    common_of,
    supported,
)
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.networks import Networks, networks_of
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies.base import SeedBySeed
from analog_sbi.remedies.facts import remedy

KIND = "conformal"
FEWEST = 100  # measurements of other seeds that levels are told by, at least
OF_THE_PRIOR = 0.2  # share of the samples that are drawn from the prior
TESTED = 1000  # of them at most
TOLD = np.linspace(0, 1, 21)  # levels between which the correction is linear
SAMPLES = 1000  # from which levels are found, at least
LEVELLED = 10_000  # from which they are given the target
AT_ONCE = 100  # observations that samples are in memory for at once


@dataclass(frozen=True, eq=False, repr=False)
class Conformal(SeedBySeed):
    """Networks and the levels (N,), ascending, at which they saw the truth, of each seed."""

    base: Networks
    levels: tuple[Tensor, ...]
    history: tuple[dict[str, Any], ...]

    def select(self, positions: Sequence[int]) -> Conformal:
        """The seeds at some positions only."""
        return replace(
            self,
            base=self.base.select(positions),
            levels=tuple(self.levels[i] for i in positions),
            history=tuple(self.history[i] for i in positions),
        )

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) given the target; ``seeds`` seed a generator for each.

        The acceptance (S,) is one: nothing lies outside the prior's bounds.
        """
        found = self.answers(self.target[None], count, seeds, max_draws)
        return torch.stack([own.samples[:, 0] for own in found]), torch.ones(len(found))

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds.

        As far as ``LEVELLED`` samples tell levels, the same whenever they are asked for.
        """
        found = self.answers(self.target[None], LEVELLED, self.seeds, 100 * LEVELLED)
        pairs = zip(found, theta, strict=True)
        return torch.stack([own.log_prob(place, self.target) for own, place in pairs])

    def answers(
        self, x: Tensor, count: int, seeds: Sequence[int], max_draws: int
    ) -> list[ConformalAnswers]:
        """Ask each seed for ``count`` samples given each of the observations (M, F).

        ``seeds`` seed a generator for each. Some samples come twice, where a network is corrected
        to be narrower than it is. Where a network has too few samples within the prior's bounds for
        one of the observations, those of the prior stand in.
        """
        found = []
        for index, seed in enumerate(seeds):
            own, known = self.select([index]), self.levels[index].numpy()
            samples, masses, densities = [], [], []
            for number, some in enumerate(x.split(AT_ONCE)):
                part = integer_seed(seed, "part", number)
                theta, mass = _defended(own.base, some, max(count, SAMPLES), part, max_draws)
                density, order = _log_density(own.base, theta, some, mass).sort(dim=1)
                generator = np.random.default_rng(part)
                told = (np.arange(count) + generator.random((len(some), count))) / count
                level = np.interp(generator.permuted(told, axis=1), TOLD, corrected(known))
                place = ((1 - level) * theta.shape[1]).astype(int).clip(0, theta.shape[1] - 1)
                chosen = order.gather(1, torch.as_tensor(place))
                samples.append(theta.gather(1, chosen[..., None].expand(-1, -1, theta.shape[2])))
                masses.append(mass)
                densities.append(density)
            drawn = torch.cat(samples).movedim(0, 1)
            found.append(
                ConformalAnswers(x, drawn, own, torch.cat(masses)[None], torch.cat(densities)[None])
            )
        return found

    def mix(self, parts: Sequence[ConformalAnswers], seed: int) -> ConformalAnswers:
        """Answers of the equal mixture of all seeds, of which each sample is one's at random."""
        mass, density = (
            torch.cat([getattr(p, name) for p in parts]) for name in ("mass", "density")
        )
        return ConformalAnswers(parts[0].x, of_random_members(parts, seed), self, mass, density)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``conformal_of`` reads."""
        return common(KIND, self) | {"base": self.base.plain(), "levels": list(self.levels)}


@dataclass(frozen=True, eq=False)
class ConformalAnswers(Prepared):
    """What the equal mixture of corrected seeds answers to observations.

    As ``posterior.answers.Answers``; ``mass`` (S, M) is the log of the mass of each network within
    the prior's bounds, NaN where the prior alone stands in, and ``density`` (S, M, K) that of
    samples from which levels are found, ascending.
    """

    posterior: Conformal
    mass: Tensor
    density: Tensor

    @property
    def log_mass(self) -> Tensor:
        """Zeros (S, M): all mass lies within the prior's bounds."""
        return torch.zeros_like(self.mass)

    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given one of the observations (F,)."""
        place, of_each = self.place(x), []
        for index, known in enumerate(self.posterior.levels):
            network = self.posterior.base.select([index])
            density = _log_density(network, theta[None], x[None], self.mass[index, place][None])[0]
            sorted_ = self.density[index, place]
            below = torch.searchsorted(sorted_, density.contiguous()).double()
            level = 1 - below / len(sorted_)
            of_each.append(density + torch.as_tensor(_log_slope(known.numpy(), level.numpy())))
        mixture = torch.logsumexp(torch.stack(of_each), dim=0) - np.log(len(of_each))
        return torch.where(supported(self.posterior.problem.prior, theta), mixture, -torch.inf)


@remedy("conformal", others=FEWEST, one_round=True)
def repair(networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int) -> Conformal:
    """Find the levels of each network at which the measurements of the other seeds lie.

    ``data`` are the measurements of the first round, of each seed. Raises MeasurementError if there
    are too few, and PosteriorFormatError for networks of a later round, which answer their own
    target alone.
    """
    if networks.round:
        raise PosteriorFormatError(
            f"conformal: expected networks of the first round, found round {networks.round}"
        )
    levels, histories = [], []
    for index, number in enumerate(networks.seeds):
        others = [part.complete() for i, part in enumerate(data) if i != index]
        share = -(-TESTED // max(1, len(others)))
        tests = joined([part.rows(slice(share)) for part in others]) if others else None
        if tests is None or len(tests) < FEWEST:
            raise MeasurementError(
                f"conformal: expected at least {FEWEST} measurements of other seeds than {number}, "
                f"found {0 if tests is None else len(tests)}"
            )
        network = networks.select([index])
        own = _levels(network, tests, integer_seed(seed, "conformal", number), max_draws)
        levels.append(own)
        asked = {f"{told:g}": quantile(own.numpy(), told) for told in (0.5, 0.9, 0.95)}
        if asked["0.95"] >= 1:
            logging.warning("seed %d: no level is known to hold 95 %% of the truths", number)
        history = {**networks.history[index], "tested": len(tests), "asked": asked}
        histories.append(history)
    return Conformal(networks, tuple(levels), tuple(histories))


@kind(KIND)
def conformal_of(content: Mapping[str, Any]) -> Conformal:
    """Posterior of plain data; raises PosteriorFormatError naming the key that is wrong."""
    parts = common_of(content, "base", "levels")
    base = networks_of(content["base"])
    if len(content["levels"]) != len(base.seeds):
        raise PosteriorFormatError(
            f"levels: expected {len(base.seeds)} seeds, found {len(content['levels'])}"
        )
    return Conformal(base, tuple(content["levels"]), parts["history"])


def quantile(levels: np.ndarray, told: float) -> float:
    """Level of a network's region that holds a fresh truth with probability ``told`` at least.

    The ceil((N + 1) told)-th smallest of ascending levels (N,); 1 where there are too few.
    """
    rank = int(np.ceil((len(levels) + 1) * told - 1e-9))
    return 1.0 if rank > len(levels) else float(levels[max(rank, 1) - 1])


def corrected(levels: np.ndarray) -> np.ndarray:
    """Levels of a network's regions at ``TOLD``: from 0 to 1 and ascending."""
    found = np.array([0.0, *(quantile(levels, told) for told in TOLD[1:-1]), 1.0])
    least = 1 / (10 * SAMPLES)  # so that each step of the told level has some of the samples
    found = np.maximum.accumulate(np.minimum(found, 1 - least * np.arange(len(TOLD))[::-1]))
    steps = np.maximum(np.diff(found), least)
    return np.concatenate([[0.0], np.cumsum(steps) / steps.sum()])


def _log_slope(levels: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Log of the derivative of the told level by a network's level (A,)."""
    at = corrected(levels)
    step = np.searchsorted(at, level, side="left").clip(1, len(TOLD) - 1) - 1
    found: np.ndarray = np.log(np.diff(TOLD) / np.diff(at))[step]
    return found


def _levels(network: Networks, tests: Dataset, seed: int, max_draws: int) -> Tensor:
    """Levels (N,), ascending, of the truths of tests: shares of samples that are denser."""
    theta, x = (torch.tensor(part, dtype=torch.float32) for part in (tests.theta, tests.x))
    found = []
    parts = zip(theta.split(AT_ONCE), x.split(AT_ONCE), strict=True)
    for number, (truth, some) in enumerate(parts):
        part = integer_seed(seed, "part", number)
        drawn, mass = _defended(network, some, SAMPLES, part, max_draws)
        density = _log_density(network, drawn, some, mass)
        own = _log_density(network, truth[:, None], some, mass)
        found.append((density > own).double().mean(dim=1))
    return torch.cat(found).sort().values


def _defended(
    network: Networks, x: Tensor, count: int, seed: int, max_draws: int
) -> tuple[Tensor, Tensor]:
    """Samples (M, count, D) of a network and of the prior, and the log of its mass (M,)."""
    prior, generator = network.problem.prior, np.random.default_rng(seed)
    of_prior = prior.draw(len(x) * count, generator).reshape(len(x), count, -1)
    theta = torch.as_tensor(of_prior.astype(np.float32))
    theta = theta.clamp(*bounds(network.problem.space))
    kept = round((1 - OF_THE_PRIOR) * count)
    try:
        (own,) = ask(network, x, kept, [seed], max_draws)
    except LeakageError as error:
        logging.warning("%s; its samples are replaced by the prior's", error)
        return theta, torch.full((len(x),), torch.nan)
    theta[:, :kept] = own.samples.movedim(0, 1)
    return theta, own.log_mass[0]


@torch.no_grad()
def _log_density(network: Networks, theta: Tensor, x: Tensor, mass: Tensor) -> Tensor:
    """Log density (M, K) of a network and the prior at theta (M, K, D) given x (M, F)."""
    prior = torch.as_tensor(network.problem.prior.log_prob(theta.double().numpy()))
    density = network.flow.log_prob(theta[None], x[None])[0].double() - mass[:, None]
    mixed = torch.logaddexp(density + np.log(1 - OF_THE_PRIOR), prior + np.log(OF_THE_PRIOR))
    return torch.where(mass.isnan()[:, None], prior, mixed)
