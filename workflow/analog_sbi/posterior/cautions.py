"""What is to be said of a posterior that is given an observation it may know nothing of."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from analog_sbi.posterior.base import Posterior, observation
from analog_sbi.posterior.networks import Networks

FAR = 10.0
"""Standard deviations of the training's observations, beyond which a network extrapolates."""
MEAN, SPREAD = "_embedding_net.0._mean", "_embedding_net.0._std"
"""Ends of the names of sbi's standardization of observations in a state."""


def cautions(posterior: Posterior, target: Tensor) -> Iterator[str]:
    """Lines on another target (F,); none where there is nothing to say.

    How well the prior can produce it is asked by ``diagnostics.misspecification``.
    """
    x = observation(target, len(posterior.problem.features))
    if posterior.round > 0 and not torch.equal(x, posterior.target):
        yield (
            f"this posterior was trained for its own target in rounds 0 to {posterior.round}; for "
            "another observation its answer may be wrong, take the posterior of round 0"
        )
    if isinstance(posterior, Networks):
        yield from _far(posterior, x)


def _far(networks: Networks, x: Tensor) -> Iterator[str]:
    means = [part for name, part in networks.state.items() if name.endswith(MEAN)]
    spreads = [part for name, part in networks.state.items() if name.endswith(SPREAD)]
    if len(means) != 1 or len(spreads) != 1 or means[0].shape[-1:] != x.shape:
        return
    distance = ((x - means[0]).abs() / spreads[0]).amin(dim=0)
    for name, value, far in zip(networks.problem.features, x, distance, strict=True):
        if far > FAR:
            yield (
                f"{name} = {float(value):g} is {float(far):.3g} standard deviations from what the "
                "networks were trained on; test it by analog_sbi.diagnostics.misspecification"
            )
