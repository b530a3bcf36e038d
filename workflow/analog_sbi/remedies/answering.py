"""Answers of networks, repaired or not, and of their ensembles to many observations."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from analog_sbi.posterior import answers as of_networks
from analog_sbi.posterior.answers import Answers
from analog_sbi.posterior.base import Posterior, PosteriorFormatError
from analog_sbi.posterior.mixture import ensembles
from analog_sbi.posterior.networks import Networks
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies import reweighted
from analog_sbi.remedies.reweighted import RepairedAnswers, Reweighted


def members(
    posterior: Posterior, x: Tensor, size: int, count: int, seed: int, max_draws: int
) -> Mapping[tuple[str, int], Answers | RepairedAnswers]:
    """Ask every seed and every ensemble of ``size`` seeds for ``count`` samples given x (M, F).

    The keys are kind, seed or ensemble, and number. Raises PosteriorFormatError for a posterior
    that is not amortized, and what ``posterior.answers.members`` raises.
    """
    if isinstance(posterior, Networks):
        return of_networks.members(posterior, x, size, count, seed, max_draws)
    if not isinstance(posterior, Reweighted):
        kind = type(posterior).__name__.lower()
        raise PosteriorFormatError(f"expected networks, repaired or not, found {kind}")
    mixture = ensembles(posterior.base, size)
    seeds = [integer_seed(seed, "seed", s) for s in posterior.seeds]
    each = reweighted.answers(posterior, x, count, seeds, max_draws)
    found = {("seed", s): own for s, own in zip(posterior.seeds, each, strict=True)}
    for index, own in zip(mixture.seeds, mixture.members, strict=True):
        number = integer_seed(seed, "ensemble", index)
        parts, whole = [each[i] for i in own], posterior.select(own)
        found["ensemble", index] = reweighted.mix(parts, whole, number)
    return found
