"""Neural spline flow of sbi (Durkan et al., 2019): couplings with splines of ``bins`` bins (10).

nflows picks the values inside a spline's range by a mask, and asserts on values; neither can be
stacked. Here the same splines are evaluated for all values, and the result is picked.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad, softmax, softplus

from analog_sbi.estimators.embeddings import embedding
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.vmapped import NFLOWS, VmappedFamily


def build_network(settings: EstimatorSettings, theta: Tensor, x: Tensor) -> Any:
    """Build sbi's network for parameters (N, D) and observations (N, F)."""
    from sbi.neural_nets.net_builders.flow import build_nsf

    return build_nsf(
        theta,
        x,
        hidden_features=settings.hidden,
        num_transforms=settings.transforms,
        num_blocks=settings.blocks,
        num_bins=settings.bins or 10,
        embedding_net=embedding(settings, x.shape[1]),
    )


def stackable(network: Any) -> Any:
    """Give the couplings of a network splines that do not branch on values."""
    for module in network.modules():
        if hasattr(module, "_piecewise_cdf"):
            module._piecewise_cdf = partial(_spline, module)
    return network


def _spline(
    coupling: Any, values: Tensor, outputs: Tensor, inverse: bool = False
) -> tuple[Tensor, Tensor]:
    """Monotonic spline with linear tails of values (N, D), and the log of its derivative.

    ``outputs`` (N, D, 3 K - 1) are those of the coupling's network: widths and heights of K bins
    and derivatives at K - 1 knots, unconstrained.
    """
    bins, bound = coupling.num_bins, coupling.tail_bound
    scale = math.sqrt(coupling.transform_net.hidden_features)
    x = _knots(outputs[..., :bins] / scale, bound, coupling.min_bin_width)
    y = _knots(outputs[..., bins : 2 * bins] / scale, bound, coupling.min_bin_height)
    least = coupling.min_derivative
    slopes = pad(outputs[..., 2 * bins :], (1, 1), value=math.log(math.exp(1 - least) - 1))
    inside = values.abs() <= bound
    found, log_slope = _rational_quadratic(
        values.clamp(-bound, bound), x, y, least + softplus(slopes), inverse
    )
    return torch.where(inside, found, values), torch.where(inside, log_slope, 0.0)


def _knots(sizes: Tensor, bound: float, least: float) -> Tensor:
    """Positions (..., K + 1) of knots from -bound to bound, of unconstrained sizes (..., K)."""
    sizes = least + (1 - least * sizes.shape[-1]) * softmax(sizes, dim=-1)
    between = 2 * bound * sizes.cumsum(dim=-1)[..., :-1] - bound
    return pad(pad(between, (1, 0), value=-bound), (0, 1), value=bound)


def _rational_quadratic(
    values: Tensor, x: Tensor, y: Tensor, slopes: Tensor, inverse: bool
) -> tuple[Tensor, Tensor]:
    """Spline through knots (x, y) with slopes, each (..., K + 1), at values in its range."""
    edges = (y if inverse else x)[..., :-1]
    place = (values[..., None] >= edges).sum(dim=-1, keepdim=True) - 1

    def at(knots: Tensor, place: Tensor = place) -> Tensor:
        return knots.gather(-1, place)[..., 0]

    x0, y0, d0, d1 = at(x), at(y), at(slopes), at(slopes, place + 1)
    width, height = at(x, place + 1) - x0, at(y, place + 1) - y0
    mean = height / width
    bend = d0 + d1 - 2 * mean
    if inverse:  # the root of a quadratic equation within the bin
        above = values - y0
        a, b, c = above * bend + height * (mean - d0), height * d0 - above * bend, -mean * above
        part = 2 * c / (-b - (b.square() - 4 * a * c).clamp(min=0).sqrt())
    else:
        part = (values - x0) / width
    product = part * (1 - part)
    denominator = mean + bend * product
    slope = mean.square() * (d1 * part.square() + 2 * mean * product + d0 * (1 - part).square())
    log_slope = slope.log() - 2 * denominator.log()
    if inverse:
        return part * width + x0, -log_slope
    return y0 + height * (mean * part.square() + d0 * product) / denominator, log_slope


FAMILY = VmappedFamily(
    build_network,
    NFLOWS,
    options=frozenset({"bins", "embedding", "summaries"}),
    stackable=stackable,
    seeing=2,
)
