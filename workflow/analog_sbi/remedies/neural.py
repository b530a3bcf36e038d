"""The remedy neural_likelihood: networks repaired by likelihoods that flows have learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from analog_sbi.dataset import Dataset
from analog_sbi.likelihood.neural import KEYS, fit, mistrust, neural_of
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.networks import Networks
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies.facts import remedy
from analog_sbi.remedies.reweighted import Reweighted, measured, reweighted, reweighted_of

KIND = "neural"
UNLIKELY = 0.01  # probability of another seed's measurements, below which it warns


@remedy("neural_likelihood")
def repair(networks: Networks, data: Sequence[Dataset], seed: int, max_draws: int) -> Reweighted:
    """Train a likelihood on the measurements of each seed and repair its network with it.

    ``data`` are those of all rounds, of each seed. Warns of likelihoods that the measurements of
    another seed contradict, and as ``reweighted`` does. Raises what ``neural.fit`` does.
    """
    positions, observations = measured(networks, data)
    seeds = [integer_seed(seed, "neural_likelihood", number) for number in networks.seeds]
    likelihoods = fit(positions, observations, seeds, networks.seeds)
    for index, likelihood in enumerate(likelihoods if len(likelihoods) > 1 else ()):
        other = (index + 1) % len(likelihoods)
        probability = mistrust(likelihood, positions[other], observations[other], seeds[index])
        if probability < UNLIKELY:
            logging.warning(
                "seed %d: the likelihood is not that of the measurements of seed %d (p = %.1g); "
                "train it on more",
                networks.seeds[index],
                networks.seeds[other],
                probability,
            )
    return reweighted(networks, likelihoods, KIND)


@kind(KIND)
def posterior_of(content: Mapping[str, Any]) -> Reweighted:
    """Posterior of plain data; raises PosteriorFormatError naming the key that is wrong."""
    return reweighted_of(content, KEYS, neural_of)
