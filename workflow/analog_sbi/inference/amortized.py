"""Posteriors given many observations at once, in the form that sbi's diagnostics take.

Meaningful after the first round only: later rounds train the networks for the target alone.
Several networks are an equal mixture, as in ``ensemble``.
Letters for shapes: K networks, M observations, N samples of each, D parameters, F features.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from analog_sbi.inference.posterior import LeakageError, Posterior, within
from analog_sbi.inference.stacked import StackedFlow

LARGEST_DRAW = 100_000  # draws of a network at a time, for all observations


@dataclass(frozen=True)
class Amortized:
    """Mixture of the networks of ``posterior`` given observations x (M, F), with its samples.

    ``flow`` is that of the networks. ``samples`` (N, M, D) lie within the prior's bounds;
    ``log_mass`` has, for the bytes of an observation, the log of each network's mass there (K,).
    """

    posterior: Posterior
    flow: StackedFlow
    samples: Tensor
    log_mass: Mapping[bytes, Tensor]

    def sample_batched(self, sample_shape: Any, x: Tensor, **_: Any) -> Tensor:
        """Samples (N, M, D) of the observations x (M, F) that the mixture was sampled for."""
        return self.samples

    @torch.no_grad()
    def log_prob(self, theta: Tensor, x: Tensor) -> Tensor:
        """Log density (A,) at parameters (A, D) given one of the observations x (F,)."""
        mass = self.log_mass[_key(x)]
        count = len(mass)
        given = x.expand(count, 1, -1)
        density = self.flow.log_prob(theta.expand(count, 1, *theta.shape), given)[:, 0]
        mixture = torch.logsumexp(density - mass[:, None], dim=0) - math.log(count)
        return torch.where(within(self.posterior.problem, theta), mixture, -torch.inf)


def amortize(posterior: Posterior, x: Tensor, count: int, seed: int, max_draws: int) -> Amortized:
    """Draw ``count`` samples of the mixture given each of the observations x (M, F).

    Draws outside the prior's bounds are rejected. Raises LeakageError if an observation has not
    enough samples of a network after ``max_draws`` draws.
    """
    x = torch.as_tensor(x, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    number = len(posterior.problem.seeds)
    chosen = torch.randint(number, (count,), generator=generator)
    samples = torch.empty(count, len(x), len(posterior.problem.parameters))
    mass = torch.empty(len(x), number)
    for network in range(number):
        place = chosen == network
        drawn, acceptance = _sample(
            posterior, network, x, max(1, int(place.sum())), generator, max_draws
        )
        samples[place] = drawn[:, : int(place.sum())].transpose(0, 1)
        mass[:, network] = acceptance.log()
    keys = [_key(row) for row in x]
    flow = StackedFlow(posterior.state)
    return Amortized(posterior, flow, samples, dict(zip(keys, mass, strict=True)))


def _key(x: Tensor) -> bytes:
    return x.contiguous().numpy().tobytes()


def _sample(
    posterior: Posterior,
    index: int,
    x: Tensor,
    count: int,
    generator: torch.Generator,
    max_draws: int,
) -> tuple[Tensor, Tensor]:
    """Samples (M, count, D) and acceptance (M,) of the network at ``index``."""
    problem, parameters = posterior.problem, len(posterior.problem.parameters)
    flow = StackedFlow({name: tensor[index, None] for name, tensor in posterior.state.items()})
    samples = torch.empty(len(x), count, parameters)
    found, accepted, tried = (torch.zeros(len(x), dtype=torch.long) for _ in range(3))
    drawn, size = 0, min(count, max_draws)
    while (lacking := torch.nonzero(found < count).flatten()).numel():
        if drawn >= max_draws:
            worst = int(lacking[found[lacking].argmin()])
            raise LeakageError(
                f"seed {problem.seeds[index]}, observation {worst}: expected {count} posterior "
                f"samples inside the prior's bounds within {max_draws} draws, found "
                f"{int(found[worst])} (acceptance rate {float(accepted[worst] / drawn):.2g})"
            )
        for some in lacking.split(max(1, LARGEST_DRAW // size)):
            noise = torch.randn(1, len(some), size, parameters, generator=generator)
            theta = flow.inverse(noise, x[some][None])[0]
            inside = within(problem, theta)
            accepted[some] += inside.sum(dim=1)
            tried[some] += size
            # the place of each accepted draw among the samples of its observation
            place = found[some, None] + inside.cumsum(dim=1) - 1
            rows, columns = torch.nonzero(inside & (place < count), as_tuple=True)
            samples[some[rows], place[rows, columns]] = theta[rows, columns]
            found[some] = (found[some] + inside.sum(dim=1)).clamp(max=count)
        drawn += size
        size = min(2 * size, LARGEST_DRAW, max_draws - drawn)
    return samples, accepted / tried
