"""Repair networks in the way that an experiment asks for."""

from __future__ import annotations

from collections.abc import Sequence

from analog_sbi.dataset import Dataset
from analog_sbi.posterior.base import Posterior
from analog_sbi.posterior.networks import Networks
from analog_sbi.remedies.facts import REMEDIES


def repair(
    remedy: str, networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int
) -> Posterior:
    """Networks of all seeds repaired by a remedy; none leaves them as they are.

    ``data`` are the measurements of all rounds, of each seed. Raises what the remedies raise.
    """
    repaired: Posterior = REMEDIES[remedy].source.load()(networks, data, seed, max_draws)
    return repaired
