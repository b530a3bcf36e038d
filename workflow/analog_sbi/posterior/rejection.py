"""Rejection of draws outside the prior's bounds, for many posteriors at once, never for ever.

Shapes: R posteriors (of seeds, or given different observations), B draws, D parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analog_sbi.posterior.base import LeakageError

LARGEST_DRAW = 10_000  # draws of a posterior at a time

Draw = Callable[[Tensor], Tensor]
"""Draws (B, D) of the posteriors at positions (B,), which ascend."""
Accepts = Callable[[Tensor, Tensor], Tensor]
"""Whether draws (B, D) of the posteriors at positions (B,) are accepted: (B,) bool."""
Sizes = Callable[[Tensor, Tensor], Tensor]
"""How many to draw next of each posterior that lacks samples, from accepted and tried (R,)."""


@dataclass(frozen=True)
class Wanted:
    """What is drawn, and what helps whoever gets too little of it, in words."""

    what: str
    remedy: str


SAMPLES = Wanted(
    "posterior samples inside the prior's bounds",
    "networks that end at the bounds lose no draw (estimator: {bounded: true})",
)
OF_BOUNDED = Wanted(
    "posterior samples inside the region of the restricted prior",
    "a posterior outside of it takes a smaller restriction.missed or a larger inference.max_draws",
)
"""Bounded networks lose draws to nothing but a restricted prior."""


def rejection(
    draw: Draw,
    accepts: Accepts,
    names: Sequence[str],
    count: int,
    dimension: int,
    max_draws: int,
    sizes: Sizes,
    largest: int | None = None,
    wanted: Wanted = SAMPLES,
) -> tuple[Tensor, Tensor]:
    """Accepted samples (R, count, D) of R posteriors and the rate of acceptance (R,).

    ``largest`` bounds the draws at a time. The rate is NaN where nothing was drawn. Raises
    LeakageError, in the words of ``wanted``, with the name of a posterior that has not enough after
    ``max_draws`` draws.
    """
    samples = torch.empty(len(names), count, dimension)
    accepted = torch.zeros(len(names), dtype=torch.long)
    tried = torch.zeros(len(names), dtype=torch.long)
    while (lacking := torch.nonzero(accepted < count).flatten()).numel():
        if (tried[lacking] >= max_draws).any():
            worst = int(lacking[accepted[lacking].argmin()])
            raise LeakageError(
                f"{names[worst]}: expected {count} {wanted.what} within {max_draws} draws, found "
                f"{int(accepted[worst])} (acceptance rate "
                f"{float(accepted[worst] / tried[worst]):.2g}); {wanted.remedy}"
            )
        size = sizes(accepted[lacking], tried[lacking]).minimum(max_draws - tried[lacking])
        due = lacking.repeat_interleave(size)
        for rows in due.split(largest or len(due)):
            theta = draw(rows)
            inside = accepts(theta, rows)
            kept = rows[inside]
            # the place of each accepted draw among the samples of its posterior
            place = accepted[kept] + torch.arange(len(kept)) - torch.searchsorted(kept, kept)
            needed = place < count
            samples[kept[needed], place[needed]] = theta[inside][needed]
            accepted += kept.bincount(minlength=len(names))
            tried += rows.bincount(minlength=len(names))
    return samples, accepted / tried


def doubling(count: int) -> Sizes:
    """As many draws as samples first, then always twice what was tried, equal for all."""

    def sizes(accepted: Tensor, tried: Tensor) -> Tensor:
        return torch.where(tried > 0, 2 * tried, count).clamp(max=LARGEST_DRAW)

    return sizes


def promising(count: int) -> Sizes:
    """As many draws as the rate so far promises to be enough, and some more."""

    def sizes(accepted: Tensor, tried: Tensor) -> Tensor:
        rate = (accepted + 1) / (tried + 1)
        return (1.1 * (count - accepted) / rate).ceil().long()

    return sizes
