"""Boxes of parameters: the prior's, and the part of it that holds a posterior.

Shapes: N parameter sets, D parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Region:
    """A box from ``low`` (D,) to ``high`` (D,)."""

    low: np.ndarray
    high: np.ndarray

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume, in the unit of the parameters."""
        return float(np.log(self.high - self.low).sum())


def draw(region: Region, count: int, generator: np.random.Generator) -> np.ndarray:
    """Draw parameters (count, D) evenly from the box."""
    width = region.high - region.low
    return region.low + width * generator.random((count, len(width)))


def cells(region: Region, steps: int) -> np.ndarray:
    """Centres (steps^2, 2) of even cells that tile a region, the second parameter fastest."""
    position = (np.arange(steps) + 0.5) / steps
    unit = np.stack(np.meshgrid(position, position, indexing="ij"), axis=-1).reshape(-1, 2)
    return region.low + unit * (region.high - region.low)


def contains(region: Region, theta: np.ndarray) -> np.ndarray:
    """Whether parameters (N, D) lie in the box: (N,) bool."""
    return ((theta >= region.low) & (theta <= region.high)).all(axis=1)


def centred(region: Region, theta: np.ndarray) -> np.ndarray:
    """Coordinates (N, D) in which the box reaches from -1 to 1."""
    return 2 * (theta - region.low) / (region.high - region.low) - 1


def around(samples: np.ndarray, prior: Region, margin: float) -> Region:
    """The box that holds samples (N, D), widened by ``margin`` of its width, within the prior."""
    low, high = samples.min(axis=0), samples.max(axis=0)
    wider = margin * (high - low)
    return Region(np.maximum(low - wider, prior.low), np.minimum(high + wider, prior.high))


def edge_share(samples: np.ndarray, region: Region, prior: Region, margin: float) -> float:
    """Largest share of samples (N, D) next to a face of the box that is no limit of the prior.

    Next to it means within ``margin`` of the box's width. 0 if every face is the prior's. A
    share that is not small says that the posterior goes on beyond the box.
    """
    wide = margin * (region.high - region.low)
    low = (samples < region.low + wide).mean(axis=0) * (region.low > prior.low)
    high = (samples > region.high - wide).mean(axis=0) * (region.high < prior.high)
    return float(max(low.max(), high.max()))
