"""Neural spline flow of zuko: autoregressive, rational-quadratic splines of ``bins`` bins (8).

Each parameter sees the observation in each transform, so that no network is blind by construction.
Stacked, the bins of all splines are the first axis: torch's softmax over rows of eight numbers
takes twenty times as long as over as many columns.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Transform
from zuko.transforms import MonotonicRQSTransform

from analog_sbi.estimators.embeddings import embedding
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.vmapped import ZUKO, VmappedFamily


def build_network(settings: EstimatorSettings, theta: Tensor, x: Tensor) -> Any:
    """Build sbi's network for parameters (N, D) and observations (N, F)."""
    from sbi.neural_nets.net_builders.flow import build_zuko_nsf

    return build_zuko_nsf(
        theta,
        x,
        hidden_features=[settings.hidden] * settings.blocks,
        num_transforms=settings.transforms,
        num_bins=settings.bins or 8,
        embedding_net=embedding(settings, x.shape[1]),
    )


def stackable(network: Any) -> Any:
    """Give the transforms of a network the same splines with their bins as first axis."""
    for module in network.modules():
        spline = getattr(module, "univariate", None)
        if isinstance(spline, partial) and spline.func is MonotonicRQSTransform:
            module.univariate = partial(BinsFirst, *spline.args, **spline.keywords)
    return network


class BinsFirst(MonotonicRQSTransform):
    """zuko's spline of unconstrained widths and heights (..., K) and slopes (..., K - 1).

    ``horizontal``, ``vertical`` and ``derivatives`` of its knots are (K + 1, ...). Values have as
    many axes as splines.
    """

    def __init__(
        self,
        widths: Tensor,
        heights: Tensor,
        derivatives: Tensor,
        bound: float = 5.0,
        slope: float = 1e-3,
    ) -> None:
        """Find the knots within the bound; ``slope`` is the least one."""
        Transform.__init__(self)
        least = math.log(slope)
        self.horizontal = _knots(widths, bound, least)
        self.vertical = _knots(heights, bound, least)
        inner = _columns(derivatives)
        inner = inner / (1 + (inner / least).abs())
        one = torch.zeros_like(inner[:1])
        self.derivatives = torch.cat([one, inner, one]).exp()

    @property
    def bins(self) -> int:
        """Number of bins."""
        return len(self.horizontal) - 1

    def bin(self, k: Tensor) -> tuple[Tensor, ...]:
        """Whether bins of positions ``k`` are any, and the two knots and mean slope of each."""
        inside = (k >= 0) & (k < self.bins)
        place = k % self.bins
        both = torch.stack([place, place + 1])
        (x0, x1), (y0, y1), (d0, d1) = (
            knots.expand(-1, *k.shape).gather(0, both)
            for knots in (self.horizontal, self.vertical, self.derivatives)
        )
        return inside, x0, x1, y0, y1, d0, d1, (y1 - y0) / (x1 - x0)

    @staticmethod
    def searchsorted(seq: Tensor, value: Tensor) -> Tensor:
        """How many knots lie below each value."""
        return (seq < value).sum(dim=0)


def _columns(values: Tensor) -> Tensor:
    """The last axis as first one, and so in memory."""
    return values.movedim(-1, 0).contiguous()


def _knots(sizes: Tensor, bound: float, least: float) -> Tensor:
    """Knots (K + 1, ...) from -bound to bound of unconstrained sizes (..., K)."""
    columns = _columns(sizes)
    shares = torch.softmax(columns / (1 + (2 * columns / least).abs()), dim=0)
    ends = torch.cat([torch.zeros_like(shares[:1]), shares.cumsum(dim=0)])
    return bound * (2 * ends - 1)


FAMILY = VmappedFamily(
    build_network,
    ZUKO,
    options=frozenset({"bins", "embedding", "summaries"}),
    stackable=stackable,
)
