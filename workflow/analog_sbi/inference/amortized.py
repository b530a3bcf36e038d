"""Posteriors given many observations at once, from networks that saw the whole prior.

Meaningful after the first round only: later rounds train the networks for the target alone.
Shapes: S networks, M observations of F features, D parameters, A parameter sets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from analog_sbi.estimators.protocol import Flow
from analog_sbi.inference.ensemble import Ensemble, networks, of
from analog_sbi.inference.posterior import LeakageError, Posterior, flow_of, within
from analog_sbi.randomness import integer_seed

LARGEST_DRAW = 20_000  # draws of a network at a time, for all observations


@dataclass(frozen=True)
class Answers:
    """What the equal mixture of a posterior's networks answers to observations ``x`` (M, F).

    ``samples`` (count, M, D) lie within the prior's bounds, ``log_mass`` (S, M) is the log of the
    mass of each network there. The methods are those of a posterior that sbi's diagnostics call;
    they take observations among ``x`` and nothing else.
    """

    posterior: Posterior
    x: Tensor
    samples: Tensor
    log_mass: Tensor

    def sample_batched(
        self, sample_shape: torch.Size, x: Tensor, show_progress_bars: bool = False
    ) -> Tensor:
        """Samples (count, M, D) given all the observations; these are the same at every call.

        Raises ValueError if another number of samples or other observations are asked for.
        """
        if tuple(sample_shape) != self.samples.shape[:1] or not torch.equal(x, self.x):
            raise ValueError("expected the number of samples and the observations that were asked")
        return self.samples

    @torch.no_grad()
    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log densities (A,) at theta (A, D) given one of the observations (F,).

        Normalized within the prior's bounds, -inf outside. Raises ValueError for an observation
        that was not asked.
        """
        found = torch.nonzero((self.x == x).all(dim=1)).flatten()
        if not len(found):
            raise ValueError("expected one of the observations that were asked")
        number = len(self.log_mass)
        density = self._flow.log_prob(
            theta.expand(number, 1, *theta.shape), x.expand(number, 1, -1)
        )
        of_each = density[:, 0] - self.log_mass[:, found[:1]]
        mixture = torch.logsumexp(of_each, dim=0) - math.log(number)
        return torch.where(within(self.posterior.problem, theta), mixture, -torch.inf)

    @cached_property
    def _flow(self) -> Flow:
        return flow_of(self.posterior)


def members(
    posterior: Posterior, x: Tensor, size: int, count: int, seed: int, max_draws: int
) -> dict[tuple[str, int], Answers]:
    """Ask every network and every ensemble of ``size`` seeds for ``count`` samples given x (M, F).

    The keys are kind, seed or ensemble, and number. Raises LeakageError as ``ask`` does and
    EnsembleError if there are fewer seeds than ``size``.
    """
    ensembles = of(posterior, size)
    seeds = posterior.problem.seeds
    each = ask(posterior, x, count, [integer_seed(seed, "seed", s) for s in seeds], max_draws)
    found = {("seed", s): answers for s, answers in zip(seeds, each, strict=True)}
    for index in range(len(ensembles.members)):
        number = integer_seed(seed, "ensemble", index)
        found["ensemble", index] = mix(each, ensembles, index, number)
    return found


def ask(
    posterior: Posterior, x: Tensor, count: int, seeds: Sequence[int], max_draws: int
) -> list[Answers]:
    """Ask each network for ``count`` samples given each of the observations (M, F).

    Draws outside the prior's bounds are rejected. ``seeds`` seed a generator for each network.
    Raises LeakageError if an observation has not enough samples after ``max_draws`` draws.
    """
    singles = Ensemble(posterior, tuple((index,) for index in range(len(seeds))))
    found = []
    for index, seed in enumerate(seeds):
        network = networks(singles, index)
        generator = torch.Generator().manual_seed(seed)
        samples, mass = _sample(network, x, count, generator, max_draws)
        found.append(Answers(network, x, samples.movedim(0, 1), mass.log()[None]))
    return found


def mix(answers: Sequence[Answers], ensemble: Ensemble, index: int, seed: int) -> Answers:
    """Answers of one ensemble, from those of all its posterior's networks to the same observations.

    Each sample is that of a random member. The mass of a member within the prior's bounds is its
    rate of acceptance.
    """
    members = [answers[member] for member in ensemble.members[index]]
    stacked = torch.stack([member.samples for member in members])
    chosen = torch.randint(
        len(members), stacked.shape[1:3], generator=torch.Generator().manual_seed(seed)
    )
    samples = stacked.gather(0, chosen[None, :, :, None].expand(1, *stacked.shape[1:]))[0]
    log_mass = torch.cat([member.log_mass for member in members])
    return Answers(networks(ensemble, index), members[0].x, samples, log_mass)


def _sample(
    network: Posterior, x: Tensor, count: int, generator: torch.Generator, max_draws: int
) -> tuple[Tensor, Tensor]:
    """Samples (M, count, D) of a single network and its rate of acceptance (M,)."""
    problem, parameters = network.problem, len(network.problem.parameters)
    flow = flow_of(network)
    samples = torch.empty(len(x), count, parameters)
    accepted = torch.zeros(len(x), dtype=torch.long)
    tried = torch.zeros(len(x), dtype=torch.long)
    while (lacking := torch.nonzero(accepted < count).flatten()).numel():
        if (tried[lacking] >= max_draws).any():
            worst = int(lacking[accepted[lacking].argmin()])
            raise LeakageError(
                f"seed {problem.seeds[0]}, observation {worst}: expected {count} posterior samples "
                f"inside the prior's bounds within {max_draws} draws, found {int(accepted[worst])} "
                f"(acceptance rate {float(accepted[worst] / tried[worst]):.2g})"
            )
        # as many as the rate so far promises, and some more
        rate = (accepted[lacking] + 1) / (tried[lacking] + 1)
        promised = (1.1 * (count - accepted[lacking]) / rate).ceil().long()
        size = promised.minimum(max_draws - tried[lacking])
        for rows in lacking.repeat_interleave(size).split(LARGEST_DRAW):
            noise = torch.randn(1, len(rows), 1, parameters, generator=generator)
            theta = flow.inverse(noise, x[rows][None])[0, :, 0]
            inside = within(problem, theta)
            kept = rows[inside]
            # the place of each accepted draw among the samples of its observation
            place = accepted[kept] + torch.arange(len(kept)) - torch.searchsorted(kept, kept)
            needed = place < count
            samples[kept[needed], place[needed]] = theta[inside][needed]
            accepted += kept.bincount(minlength=len(x))
            tried += rows.bincount(minlength=len(x))
    return samples, accepted / tried
