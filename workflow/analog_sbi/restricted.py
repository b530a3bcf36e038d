"""Restricted priors: any prior, within the region that a classifier says valid runs come from.

Inside the region the density is the prior's over the share of its mass that lies there, outside it
is zero (Deistler et al., 2022, "Energy-efficient network activity from disparate circuit
parameters"). Its settings are known where a problem is posed; the region is learned later
(``restricting``), from the same settings always the same. Nothing here needs torch.
Shapes: N parameter sets, D parameters, H hidden units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from analog_sbi.errors import ProblemError
from analog_sbi.prior import SHOWN, Prior, prior_of
from analog_sbi.space import Space

Array = np.ndarray

KIND = "restricted"
LAYER_NORM = 1e-5  # torch's default addition to a variance
LARGEST_DRAW = 50_000  # parameters that are drawn at a time
CLASSIFIED = 2000  # of them at a time: what a cache holds the hidden layers of
OF_MARGINALS = 20_000  # draws that marginals are known by
OF_DENSITY = 400  # draws, at each value of a parameter, that its density is averaged over


@dataclass(frozen=True)
class Region:
    """Where a classifier gives valid runs a probability above ``threshold``.

    ``weights`` are those of sbi's ``mlp`` by the names of its state, as nested lists; ``share`` is
    that of the prior's mass inside, ``history`` what became of the training.
    """

    weights: Mapping[str, Any]
    threshold: float
    share: float
    history: Mapping[str, float]

    def contains(self, theta: Array) -> Array:
        """Whether parameters (N, D) lie inside: (N,) bool."""
        return self.probability(theta) > self.threshold

    def probability(self, theta: Array) -> Array:
        """Probabilities (N,) of a valid run at parameters (N, D)."""
        w = self._arrays
        hidden = (np.asarray(theta, dtype=float) - w["0.0._mean"]) / w["0.0._std"]
        for layer in ("0", "3"):
            hidden = hidden @ w[f"1.{layer}.weight"].T + w[f"1.{layer}.bias"]
            hidden = hidden - hidden.mean(axis=1, keepdims=True)
            hidden /= np.sqrt((hidden**2).mean(axis=1, keepdims=True) + LAYER_NORM)
            norm = f"1.{int(layer) + 1}"
            hidden = np.maximum(hidden * w[f"{norm}.weight"] + w[f"{norm}.bias"], 0.0)
        invalid, valid = (hidden @ w["1.6.weight"].T + w["1.6.bias"]).T
        return np.asarray(scipy.special.expit(valid - invalid))

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        return {name: np.asarray(values, dtype=float) for name, values in self.weights.items()}

    def plain(self) -> dict[str, Any]:
        """Plain data that ``region_of`` reads."""
        return {
            "weights": dict(self.weights),
            "threshold": self.threshold,
            "share": self.share,
            "history": dict(self.history),
        }


def region_of(content: Mapping[str, Any]) -> Region:
    """Region of plain data; raises ProblemError if a part is missing."""
    try:
        return Region(*(content[key] for key in ("weights", "threshold", "share", "history")))
    except KeyError as error:
        raise ProblemError(f"region: expected a value of {error}, found none") from error


@dataclass(frozen=True)
class Restricted:
    """A prior within a region; ``settings`` are what the region is learned by.

    Where the region is not known yet, all but the space raises ProblemError. Parameters depend on
    one another: quantiles are those of each alone, found by draws.
    """

    base: Prior
    settings: Mapping[str, Any]
    region: Region | None = None

    @property
    def space(self) -> Space:
        """Names, units and bounds of the parameters."""
        return self.base.space

    @property
    def unrestricted(self) -> Prior:
        """The prior without the region."""
        return self.base

    @property
    def share(self) -> float:
        """Mass of the prior inside of the region."""
        return self.known.share

    @property
    def known(self) -> Region:
        """The region; raises ProblemError where it is not known yet."""
        if self.region is None:
            raise ProblemError("prior: expected the region of a restricted prior, found none")
        return self.region

    def contains(self, theta: Array) -> Array:
        """Whether parameters (N, D) lie within bounds and region: (N,) bool."""
        theta = np.asarray(theta, dtype=float)
        inside = self.space.contains(theta)
        inside[inside] = self.accepts(theta[inside])
        return inside

    def accepts(self, theta: Array) -> Array:
        """Whether parameters (N, D) within the bounds lie in the region: (N,) bool."""
        starts = range(0, len(theta), CLASSIFIED)
        parts = [self.known.contains(theta[start : start + CLASSIFIED]) for start in starts]
        return np.concatenate(parts) if parts else np.empty(0, dtype=bool)

    def draw(self, count: int, generator: np.random.Generator) -> Array:
        """Parameters (count, D), by rejection."""
        parts, missing = [np.empty((0, len(self.space)))], count
        while missing > 0:
            size = min(int(1.1 * missing / self.share) + 10, LARGEST_DRAW)
            theta = self.base.draw(size, generator)
            parts.append(theta[self.contains(theta)][:missing])
            missing -= len(parts[-1])
        return np.concatenate(parts)

    def log_prob(self, theta: Array) -> Array:
        """Log densities (N,) at parameters (N, D): -inf outside of bounds or region."""
        theta = np.asarray(theta, dtype=float)
        flat = theta.reshape(-1, theta.shape[-1])
        density = np.where(self.contains(flat), self.log_prob_of_draws(flat), -np.inf)
        return density.reshape(theta.shape[:-1])

    def log_prob_of_draws(self, theta: Array) -> Array:
        """The same of parameters (..., D) drawn from it, which rounding may bring outside."""
        return self.base.log_prob(theta) - np.log(self.share)

    def scale(self, position: Array) -> Array:
        """Parameters (N, D) at quantiles (N, D) of each parameter."""
        columns = zip(np.asarray(position, dtype=float).T, self._marginals.T, strict=True)
        return np.stack([np.quantile(own, place) for place, own in columns], axis=-1)

    def position(self, theta: Array) -> Array:
        """Quantiles (N, D) of each parameter: inverts ``scale``."""
        places = np.linspace(0, 1, OF_MARGINALS)
        columns = zip(np.asarray(theta, dtype=float).T, self._marginals.T, strict=True)
        return np.stack([np.interp(values, own, places) for values, own in columns], axis=-1)

    def density(self, index: int, values: Array) -> Array:
        """Density (N,) of one parameter at values (N,): averaged over draws of the others."""
        values = np.asarray(values, dtype=float)
        others = self.base.draw(OF_DENSITY, np.random.default_rng(index))
        theta = np.repeat(others[None], len(values), axis=0)
        theta[:, :, index] = values[:, None]
        inside = self.contains(theta.reshape(-1, theta.shape[-1])).reshape(theta.shape[:2])
        return self.base.density(index, values) * inside.mean(axis=1) / self.share

    @property
    def window(self) -> tuple[Array, Array]:
        """Finite lowest and highest values (D,) that are worth showing."""
        low, high = self.base.window
        count = len(self.space)
        below, above = self.scale(np.array([[SHOWN] * count, [1 - SHOWN] * count]))
        finite = self.space.finite
        return np.where(finite, low, below), np.where(finite, high, above)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``prior_of`` reads."""
        own = {"kind": KIND, "base": self.base.plain(), "settings": dict(self.settings)}
        return own | ({} if self.region is None else {"region": self.region.plain()})

    @cached_property
    def _marginals(self) -> Array:
        """Draws (OF_MARGINALS, D), each parameter sorted; always the same."""
        return np.sort(self.draw(OF_MARGINALS, np.random.default_rng(0)), axis=0)


def restricted_of(content: Mapping[str, Any]) -> Restricted:
    """Restricted prior of plain data, with its region where that is there."""
    region = region_of(content["region"]) if "region" in content else None
    return Restricted(prior_of(content["base"]), dict(content["settings"]), region)


def as_lists(state: Mapping[str, Any]) -> dict[str, Any]:
    """Weights by name as nested lists of numbers."""
    return {name: np.asarray(values, dtype=float).tolist() for name, values in state.items()}


def in_words(region: Region) -> str:
    """What became of the prior."""
    facts = region.history
    return (
        f"{100 * facts['valid']:.1f} % of {facts['measurements']} runs over the whole prior are "
        f"valid; {100 * region.share:.1f} % of the prior is kept; of {facts['tested']} runs that "
        f"the classifier was not trained on {100 * facts['valid_inside']:.1f} % of those inside "
        f"are valid, and {100 * facts['missed']:.1f} % of the valid ones are outside"
    )
