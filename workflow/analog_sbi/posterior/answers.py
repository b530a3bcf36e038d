"""Posteriors given many observations at once, from networks that saw the whole prior.

Meaningful after the first round only: later rounds train the networks for the target alone.
Shapes: S networks, M observations of F features, D parameters, A parameter sets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analog_sbi.posterior.base import inside, supported
from analog_sbi.posterior.mixture import Mixture, ensembles
from analog_sbi.posterior.networks import Networks
from analog_sbi.posterior.rejection import promising, rejection
from analog_sbi.randomness import integer_seed

LARGEST_DRAW = 20_000  # draws of a network at a time, for all observations


@dataclass(frozen=True, eq=False)
class Prepared:
    """Samples (count, M, D) that were drawn given observations ``x`` (M, F).

    The methods are among those of a posterior that sbi's diagnostics call; they take observations
    among ``x`` and nothing else.
    """

    x: Tensor
    samples: Tensor

    def sample_batched(
        self, sample_shape: torch.Size, x: Tensor, show_progress_bars: bool = False
    ) -> Tensor:
        """Samples (count, M, D) given all the observations; these are the same at every call.

        Raises ValueError if another number of samples or other observations are asked for.
        """
        if tuple(sample_shape) != self.samples.shape[:1] or not torch.equal(x, self.x):
            raise ValueError("expected the number of samples and the observations that were asked")
        return self.samples

    def place(self, x: Tensor) -> int:
        """Number of an observation (F,) among those asked; raises ValueError for another one."""
        places = torch.nonzero((self.x == x).all(dim=1)).flatten()
        if not len(places):
            raise ValueError("expected one of the observations that were asked")
        return int(places[0])


@dataclass(frozen=True, eq=False)
class Answers(Prepared):
    """What the equal mixture of networks answers to observations.

    The samples lie within the prior's bounds, ``log_mass`` (S, M) is the log of the mass of each
    network there.
    """

    posterior: Networks
    log_mass: Tensor

    @torch.no_grad()
    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given one of the observations (F,).

        Normalized within the prior's bounds, -inf outside. Raises ValueError for an observation
        that was not asked.
        """
        place = self.place(x)
        number = len(self.log_mass)
        density = self.posterior.flow.log_prob(
            theta.expand(number, 1, *theta.shape), x.expand(number, 1, -1)
        )
        of_each = density[:, 0] - self.log_mass[:, place, None]
        mixture = torch.logsumexp(of_each, dim=0) - math.log(number)
        return torch.where(supported(self.posterior.problem.prior, theta), mixture, -torch.inf)


def members(
    posterior: Networks, x: Tensor, size: int, count: int, seed: int, max_draws: int
) -> dict[tuple[str, int], Answers]:
    """Ask every network and every ensemble of ``size`` seeds for ``count`` samples given x (M, F).

    The keys are kind, seed or ensemble, and number. Raises LeakageError as ``ask`` does and
    EnsembleError if there are fewer seeds than ``size``.
    """
    mixture = ensembles(posterior, size)
    seeds = [integer_seed(seed, "seed", s) for s in posterior.seeds]
    each = ask(posterior, x, count, seeds, max_draws)
    answers = {("seed", s): own for s, own in zip(posterior.seeds, each, strict=True)}
    for index in mixture.seeds:
        number = integer_seed(seed, "ensemble", index)
        answers["ensemble", index] = mix(each, mixture, index, number)
    return answers


def ask(
    posterior: Networks, x: Tensor, count: int, seeds: Sequence[int], max_draws: int
) -> list[Answers]:
    """Ask each network for ``count`` samples given each of the observations (M, F).

    Draws outside the prior's bounds are rejected. ``seeds`` seed a generator for each network.
    Raises LeakageError if an observation has not enough samples after ``max_draws`` draws.
    """
    answers = []
    for index, seed in enumerate(seeds):
        network = posterior.select([index])
        samples, mass = _sample(network, x, count, seed, max_draws)
        answers.append(Answers(x, samples.movedim(0, 1), network, mass.log()[None]))
    return answers


def mix(answers: Sequence[Answers], mixture: Mixture, index: int, seed: int) -> Answers:
    """Answers of one ensemble, from those of all its posterior's networks to the same observations.

    Each sample is that of a random member. The mass of a member within the prior's bounds is its
    rate of acceptance.
    """
    own = [answers[member] for member in mixture.members[index]]
    log_mass = torch.cat([member.log_mass for member in own])
    return Answers(own[0].x, of_random_members(own, seed), mixture.of(index), log_mass)


def of_random_members(members: Sequence[Prepared], seed: int) -> Tensor:
    """Samples (count, M, D), each of which is that of a random member."""
    stacked = torch.stack([member.samples for member in members])
    chosen = torch.randint(
        len(members), stacked.shape[1:3], generator=torch.Generator().manual_seed(seed)
    )
    return stacked.gather(0, chosen[None, :, :, None].expand(1, *stacked.shape[1:]))[0]


def _sample(
    network: Networks, x: Tensor, count: int, seed: int, max_draws: int
) -> tuple[Tensor, Tensor]:
    """Samples (M, count, D) of a single network and its rate of acceptance (M,)."""
    generator, size = torch.Generator().manual_seed(seed), len(network.problem.space)

    def draw(rows: Tensor) -> Tensor:
        noise = torch.randn(1, len(rows), 1, size, generator=generator)
        return network.flow.inverse(noise, x[rows][None])[0, :, 0]

    names = [f"seed {network.seeds[0]}, observation {row}" for row in range(len(x))]
    accepts = inside(network.problem.prior)
    return rejection(
        draw,
        accepts,
        names,
        count,
        size,
        max_draws,
        promising(count),
        LARGEST_DRAW,
        wanted=network.wanted,
    )
