"""The remedy likelihood: networks repaired by normal likelihoods with smooth moments."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from analog_sbi.dataset import Dataset
from analog_sbi.likelihood.smooth import ARRAYS, Smooth, fit, smooth_of
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.networks import Networks
from analog_sbi.remedies.facts import remedy
from analog_sbi.remedies.reweighted import Reweighted, measured, reweighted, reweighted_of

KIND = "reweighted"
ROUGH = 0.5  # explained share of a feature below which the likelihood is warned of
HEAVY = 3.0  # excess kurtosis of a feature's residuals above which it is


@remedy("likelihood")
def repair(networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int) -> Reweighted:
    """Fit a likelihood to the measurements of each seed and repair its network with it.

    ``data`` are those of all rounds, of each seed. Warns where the likelihood is not
    to be trusted, and as ``reweighted`` does. Raises MeasurementError if a seed has too few
    measurements.
    """
    likelihoods = [fit(*pair) for pair in zip(*measured(networks, data), strict=True)]
    for number, likelihood in zip(networks.seeds, likelihoods, strict=True):
        _warn(number, likelihood, networks.problem.features)
    return reweighted(networks, likelihoods, KIND)


@kind(KIND)
def posterior_of(content: Mapping[str, Any]) -> Reweighted:
    """Posterior of plain data; raises PosteriorFormatError naming the key that is wrong."""
    return reweighted_of(content, ARRAYS, smooth_of)


def _warn(number: int, likelihood: Smooth, features: Sequence[str]) -> None:
    rows = zip(features, likelihood.explained, likelihood.kurtosis, strict=True)
    for name, explained, heavy in rows:
        if explained < ROUGH or heavy > HEAVY:
            logging.warning(
                "seed %d: the likelihood of %s is not smooth and normal (%.0f %% of its variance "
                "explained, excess kurtosis %.1f); do not repair with it",
                number,
                name,
                100 * explained,
                heavy,
            )
