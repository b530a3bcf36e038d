"""Posteriors given many observations at once, from networks that saw the whole prior.

Meaningful after the first round only: later rounds train the networks for the target alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from analog_sbi.inference.posterior import LeakageError, Posterior, within
from analog_sbi.inference.stacked import StackedFlow

LARGEST_DRAW = 100_000  # draws of a seed at a time, for all observations


def sample_each(
    posterior: Posterior, x: Tensor, count: int, seeds: Sequence[int], max_draws: int
) -> tuple[Tensor, Tensor]:
    """Draw samples (S, M, count, D) given each of M observations (M, F), and acceptance (S, M).

    Draws outside the prior's bounds are rejected. ``seeds`` seed a generator for each network,
    whose samples do not depend on the others. Raises LeakageError if an observation has not
    enough samples after ``max_draws`` draws.
    """
    found = [
        _sample_seed(posterior, index, x, count, torch.Generator().manual_seed(seed), max_draws)
        for index, seed in enumerate(seeds)
    ]
    return torch.stack([theta for theta, _ in found]), torch.stack([rate for _, rate in found])


@torch.no_grad()
def log_prob_each(posterior: Posterior, theta: Tensor, x: Tensor) -> Tensor:
    """Log densities (S, M, A) of the networks at theta (S, M, A, D) given x (M, F).

    -inf out of the prior's bounds; mass that leaks out of them is not corrected for.
    """
    flow = StackedFlow(posterior.state)
    batch = max(1, LARGEST_DRAW // max(1, theta.shape[2]))
    parts = [
        flow.log_prob(part, some.expand(len(theta), -1, -1))
        for part, some in zip(theta.split(batch, dim=1), x.split(batch), strict=True)
    ]
    density = torch.cat(parts, dim=1)
    return torch.where(within(posterior.problem, theta), density, -torch.inf)


def _sample_seed(
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
    found = torch.zeros(len(x), dtype=torch.long)
    accepted = torch.zeros(len(x), dtype=torch.long)
    tried = torch.zeros(len(x), dtype=torch.long)
    drawn, size = 0, min(count, max_draws)
    while count and (lacking := torch.nonzero(found < count).flatten()).numel():
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
