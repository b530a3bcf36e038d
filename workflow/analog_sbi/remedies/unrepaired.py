"""The remedy none: networks as they were trained."""

from __future__ import annotations

from collections.abc import Sequence

from analog_sbi.dataset import Dataset
from analog_sbi.posterior.networks import Networks
from analog_sbi.remedies.facts import remedy


@remedy("none")
def repair(networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int) -> Networks:
    """The networks themselves."""
    return networks
