"""Answers of networks, repaired or not, and of their ensembles to many observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from analog_sbi.posterior import answers as of_networks
from analog_sbi.posterior.base import Posterior, PosteriorFormatError
from analog_sbi.posterior.networks import Networks
from analog_sbi.remedies.base import Repaired


def members(
    posterior: Posterior, x: Tensor, size: int, count: int, seed: int, max_draws: int
) -> Mapping[tuple[str, int], Any]:
    """Ask every seed and every ensemble of ``size`` seeds for ``count`` samples given x (M, F).

    The keys are kind, seed or ensemble, and number. Raises PosteriorFormatError for a posterior
    that is not amortized, and what ``posterior.answers.members`` raises.
    """
    if isinstance(posterior, Networks):
        return of_networks.members(posterior, x, size, count, seed, max_draws)
    if isinstance(posterior, Repaired):
        return posterior.members(x, size, count, seed, max_draws)
    kind = type(posterior).__name__.lower()
    raise PosteriorFormatError(f"expected networks, repaired or not, found {kind}")
