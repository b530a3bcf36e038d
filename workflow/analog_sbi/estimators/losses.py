"""Losses of SNPE-C for the networks of all seeds, and what may be added for small budgets.

Letters for shapes as in ``estimators``: K seeds in training, B items of a batch, D parameters,
F features, A atoms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from analog_sbi.estimators.protocol import Flow

# Atoms below e^-50 of the likeliest change no sum in single precision, but their gradients are
# denormal numbers, with which products take ten times as long.
NEGLIGIBLE = 50.0
LEAST_SQUARE = 1e-12  # of a gradient, below which a root has no slope


@dataclass(frozen=True)
class Batch:
    """Parameters ``theta`` (K, B, D) and observations ``x`` (K, B, F), a generator a seed.

    ``prior`` are log densities (K, B) of the prior, None where it is constant.
    """

    theta: Tensor
    x: Tensor
    generators: Sequence[torch.Generator] = ()
    prior: Tensor | None = None


Loss = Callable[[Flow, Tensor, Batch], Tensor]
"""Losses (K, B) of a flow with flat weights (K, P) in a batch."""


def likelihood_loss(flow: Flow, flat: Tensor, batch: Batch) -> Tensor:
    """Negative log likelihood (K, B): the first round's loss."""
    return -flow.log_density(batch.theta.mT[:, :, None], batch.x.mT, flat)[:, 0]


@dataclass(frozen=True)
class AtomicLoss:
    """Negative log of the proposal posterior over atoms (Greenberg et al., 2019, section 3.3).

    Each item is told apart from ``atoms`` - 1 others of its batch, drawn without replacement, by
    the density of the posterior over that of the prior. A uniform prior drops out.
    """

    atoms: int

    def __call__(self, flow: Flow, flat: Tensor, batch: Batch) -> Tensor:
        """Losses (K, B)."""
        seeds, items, features = batch.theta.shape
        atoms = min(max(self.atoms, 2), items)
        others = draw_atoms(items, atoms - 1, batch.generators)
        index = torch.cat([torch.arange(items).expand(seeds, 1, items), others.mT], dim=1)
        columns = index.view(seeds, 1, atoms * items).expand(-1, features, -1)
        candidates = batch.theta.mT.gather(2, columns).view(seeds, features, atoms, items)
        density = flow.log_density(candidates, batch.x.mT, flat)
        if batch.prior is not None:
            own = batch.prior.gather(1, index.view(seeds, atoms * items))
            density = density - own.view(seeds, atoms, items)
        least = density.detach().amax(dim=1, keepdim=True) - NEGLIGIBLE
        return torch.logsumexp(density.clamp(min=least), dim=1) - density[:, 0]


@dataclass(frozen=True)
class Steady:
    """A loss and ``strength`` times the root mean square of its gradient in a batch.

    The gradient is that of an item's loss in its own parameters and observation, both in units of
    their standard deviation in the batch: the penalty of distributionally robust posterior
    estimation (DRO-NPE, arXiv 2605.28516). Without gradients, in validation, it is the loss alone.
    """

    loss: Loss
    strength: float

    def __call__(self, flow: Flow, flat: Tensor, batch: Batch) -> Tensor:
        """Losses (K, B)."""
        if not torch.is_grad_enabled():
            return self.loss(flow, flat, batch)
        theta, x = (value.detach().requires_grad_(True) for value in (batch.theta, batch.x))
        losses = self.loss(flow, flat, replace(batch, theta=theta, x=x))
        slopes = torch.autograd.grad(losses.sum(), (theta, x), create_graph=True)
        square = torch.zeros_like(losses)
        for value, slope in zip((theta, x), slopes, strict=True):
            square = square + (slope * value.detach().std(dim=1, keepdim=True)).square().sum(dim=2)
        return losses + self.strength * (square.mean(dim=1, keepdim=True) + LEAST_SQUARE).sqrt()


@dataclass(frozen=True)
class Balanced:
    """A loss and ``strength`` times how far the posterior is from balance (Delaunoy et al., 2023).

    A classifier that tells pairs of parameters and observations from independent ones by the
    density of the posterior over that of the prior is balanced if the probabilities that it gives
    to both kinds add up to one in the mean; such a posterior is rather too wide than too narrow.
    Independent parameters are those of the item before. ``prior`` is needed.
    """

    loss: Loss
    strength: float

    def __call__(self, flow: Flow, flat: Tensor, batch: Batch) -> Tensor:
        """Losses (K, B)."""
        if batch.prior is None:
            raise ValueError("expected log densities of the prior, found none")
        losses = self.loss(flow, flat, batch)
        theta, prior = (
            torch.stack([value, value.roll(1, dims=1)], dim=1)  # (K, 2, B, ...)
            for value in (batch.theta, batch.prior)
        )
        ratio = flow.log_density(theta.permute(0, 3, 1, 2), batch.x.mT, flat) - prior
        excess = torch.sigmoid(ratio).mean(dim=2).sum(dim=1, keepdim=True) - 1
        return losses + self.strength * excess.square()


def draw_atoms(batch: int, count: int, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw ``count`` other items of a batch for each item, without replacement: (K, B, count).

    The same numbers as ``torch.multinomial`` on equal weights: it divides the weights by
    exponential random numbers and takes the largest, which is done for all seeds at once here.
    """
    noise = torch.stack(
        [torch.empty(batch, batch).exponential_(generator=generator) for generator in generators]
    )
    weights = (1 - torch.eye(batch)) / (batch - 1)
    return (weights / noise).topk(count, dim=2).indices
