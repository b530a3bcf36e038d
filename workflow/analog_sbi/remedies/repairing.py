"""Repair networks in the way that an experiment asks for."""

from __future__ import annotations

from collections.abc import Sequence

from analog_sbi.dataset import Dataset
from analog_sbi.posterior.base import Posterior
from analog_sbi.posterior.networks import Networks
from analog_sbi.remedies import conformal, pooled, reweighted

REMEDIES = ("none", "ensemble", "likelihood", "conformal")


def repair(
    remedy: str, networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int
) -> Posterior:
    """Networks of all seeds repaired by a remedy of ``REMEDIES``; none leaves them as they are.

    ``data`` are the measurements of all rounds, of each seed. Raises what the remedies raise.
    """
    if remedy == "none":
        return networks
    if remedy == "ensemble":
        return pooled.pooled(networks, data)
    if remedy == "conformal":
        return conformal.calibrated(networks, data, seed, max_draws)
    return reweighted.repaired(networks, data)
