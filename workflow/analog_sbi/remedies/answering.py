"""Answers of networks, repaired or not, and of their ensembles to many observations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from analog_sbi.posterior import answers as of_networks
from analog_sbi.posterior.answers import Answers
from analog_sbi.posterior.base import Posterior, PosteriorFormatError
from analog_sbi.posterior.mixture import ensembles
from analog_sbi.posterior.networks import Networks
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies import conformal, pooled, reweighted
from analog_sbi.remedies.conformal import Conformal, ConformalAnswers
from analog_sbi.remedies.pooled import Pooled, PooledAnswers
from analog_sbi.remedies.reweighted import RepairedAnswers, Reweighted

Found = Answers | RepairedAnswers | PooledAnswers | ConformalAnswers
SEED_BY_SEED: dict[type, tuple[Callable[..., Sequence[Any]], Callable[..., Any]]] = {
    Reweighted: (reweighted.answers, reweighted.mix),
    Conformal: (conformal.answers, conformal.mix),
}
"""Of a kind of posterior that repairs each seed: how to ask the seeds, and how to mix them."""


def members(
    posterior: Posterior, x: Tensor, size: int, count: int, seed: int, max_draws: int
) -> Mapping[tuple[str, int], Found]:
    """Ask every seed and every ensemble of ``size`` seeds for ``count`` samples given x (M, F).

    The keys are kind, seed or ensemble, and number. Pooled networks are the only seed and the only
    ensemble. Raises PosteriorFormatError for a posterior that is not amortized, and what
    ``posterior.answers.members`` raises.
    """
    if isinstance(posterior, Networks):
        return of_networks.members(posterior, x, size, count, seed, max_draws)
    if isinstance(posterior, Pooled):
        number = integer_seed(seed, "ensemble", 0)
        whole = pooled.answers(posterior, x, count, number, max_draws)
        return {("seed", 0): whole, ("ensemble", 0): whole}
    if not isinstance(posterior, Reweighted | Conformal):
        kind = type(posterior).__name__.lower()
        raise PosteriorFormatError(f"expected networks, repaired or not, found {kind}")
    ask, mix = SEED_BY_SEED[type(posterior)]
    mixture = ensembles(posterior.base, size)
    seeds = [integer_seed(seed, "seed", s) for s in posterior.seeds]
    each = ask(posterior, x, count, seeds, max_draws)
    found: dict[tuple[str, int], Found] = {
        ("seed", s): own for s, own in zip(posterior.seeds, each, strict=True)
    }
    for index, own in zip(mixture.seeds, mixture.members, strict=True):
        number = integer_seed(seed, "ensemble", index)
        found["ensemble", index] = mix([each[i] for i in own], posterior.select(own), number)
    return found
