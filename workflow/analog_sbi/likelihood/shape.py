"""How standardized observations differ from standard normal ones, over the parameters.

The ratio of their density to the normal one is that of two histograms, found and expected, over
cells of the region and bins of the standardized value. Both are smoothed with the same kernel,
so that a normal variable gives a ratio of one whatever the kernel (a ratio of smoothed
densities is less biased than a smoothed density: Hjort and Glad, Ann. Statist. 23, 1995).
Shapes: N measurements, M parameter sets, D parameters, F features, B bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.stats import norm

from analog_sbi.space import Space

EDGE = 6.0  # of the histogram; the ratio stays constant beyond
BINS = 240
KERNEL_BINS = 4.0  # standard deviation of the kernel: 0.2 standard deviations of the variable
KERNEL_CELLS = 0.8
PRIOR_COUNT = 50.0  # measurements a cell that are taken to be normal: what rare tails rest on


@dataclass(frozen=True)
class Shape:
    """Logarithm of the ratio, (F, cells a dimension or 1 if there is one cell, B)."""

    region: Space
    log_ratio: np.ndarray


def fit(theta: np.ndarray, standardized: np.ndarray, region: Space, cells: int) -> Shape:
    """Estimate the ratio from standardized measurements (N, F) of parameters (N, D).

    ``cells`` in every dimension of the region; one cell pools all parameters.
    """
    edges = np.linspace(-EDGE, EDGE, BINS + 1)
    normal = np.diff(norm.cdf(edges))
    places = region.centred(theta) if cells > 1 else np.zeros((len(theta), 0))
    borders = [np.linspace(-1, 1, cells + 1)] * places.shape[1]
    kernel = [KERNEL_CELLS] * places.shape[1] + [KERNEL_BINS]
    total = np.histogramdd(places, borders)[0] if cells > 1 else np.array(float(len(theta)))
    mode = ["nearest"] * places.shape[1] + ["constant"]
    expected = gaussian_filter(total[..., None] * normal, kernel, mode=mode)
    prior = PRIOR_COUNT * gaussian_filter(normal, KERNEL_BINS, mode="constant")
    ratios = []
    for values in standardized.T:
        counts, _ = np.histogramdd(np.column_stack([places, values]), [*borders, edges])
        smooth = gaussian_filter(counts, kernel, mode=mode)
        ratio = (smooth + prior) / (expected + prior)
        ratios.append(np.log(ratio / (ratio * normal).sum(axis=-1, keepdims=True)))
    return Shape(region, np.stack(ratios))


def log_ratio(shape: Shape, theta: np.ndarray, standardized: np.ndarray) -> np.ndarray:
    """Sum over features of the logarithm of the ratio (M,), linear between cells and bins."""
    bins = (standardized + EDGE) / (2 * EDGE) * BINS - 0.5
    cells = shape.log_ratio.shape[1:-1]
    places = (shape.region.centred(theta)[:, : len(cells)] + 1) / 2 * np.array(cells) - 0.5
    total = np.zeros(len(theta))
    for table, column in zip(shape.log_ratio, bins.T, strict=True):
        total += map_coordinates(table, [*places.T, column], order=1, mode="nearest")
    return total
