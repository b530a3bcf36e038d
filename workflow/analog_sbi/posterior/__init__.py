"""Posteriors: sampling, density, ensembles, answers to many observations, and plain data.

    p = read("results/bss2_sim/first_2d/round_10/posterior.pt")
    theta, acceptance = sample(p, 1000, seeds, max_draws)       # (S, 1000, D), (S,)
    density = log_prob(p, theta[0])                             # (S, 1000)
    mixture = ensembles(p, 5)                                   # the same functions

A file holds the whole problem, the target, the settings of the estimator, the state and the
history, as plain data: posteriors of any kind are rebuilt from it with identical densities.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from analog_sbi.artifacts import Maker, read_plain, write_plain
from analog_sbi.errors import ArtifactError
from analog_sbi.lineage import left_behind
from analog_sbi.posterior.base import (
    FORMAT,
    LeakageError,
    Posterior,
    PosteriorFormatError,
    expect_finite,
    expect_parameters,
    expect_seeds,
    within,
)
from analog_sbi.posterior.cautions import cautions
from analog_sbi.posterior.kinds import kinds
from analog_sbi.posterior.mixture import EnsembleError, Mixture, ensembles
from analog_sbi.posterior.networks import Networks

__all__ = [
    "FORMAT",
    "EnsembleError",
    "LeakageError",
    "Mixture",
    "Networks",
    "Posterior",
    "PosteriorFormatError",
    "ensembles",
    "from_plain",
    "given",
    "log_prob",
    "log_prob_at",
    "read",
    "read_networks",
    "sample",
    "within",
    "write",
]


def read(path: str | Path) -> Posterior:
    """Posterior of a file.

    Raises ArtifactError if there is none, or if an earlier run left it beside the rounds of another
    one, PosteriorFormatError that names the file and the key that is wrong.
    """
    if left_behind(path):
        raise ArtifactError(
            f"{path}: expected a round of the run that made those before it, found one that an "
            "earlier run left behind; delete its folder"
        )
    return _read(path)


def _read(path: str | Path) -> Posterior:
    try:
        return from_plain(read_plain(path))
    except PosteriorFormatError as error:
        raise PosteriorFormatError(f"{path}: {error}") from error


def read_networks(path: str | Path, replaced: bool = False) -> Networks:
    """Posterior of a file that must be networks; raises PosteriorFormatError if it is another.

    One that the caller is about to have ``replaced`` may be an earlier run's.
    """
    posterior = _read(path) if replaced else read(path)
    if not isinstance(posterior, Networks):
        kind = type(posterior).__name__.lower()
        raise PosteriorFormatError(f"{path}: kind: expected networks, found {kind}")
    return posterior


def write(posterior: Posterior, path: str | Path, maker: Maker | None = None, **extra: Any) -> None:
    """Write a posterior as plain data, with ``extra`` beside it, at once or not at all."""
    write_plain(posterior.plain(), path, maker, problem=posterior.problem.key, **extra)


def from_plain(content: Mapping[str, Any]) -> Posterior:
    """Rebuild a posterior; its log densities are identical to those of what was saved.

    Raises PosteriorFormatError naming the key, what was expected and what was found.
    """
    if content.get("format") != FORMAT:
        raise PosteriorFormatError(f"format: expected {FORMAT!r}, found {content.get('format')!r}")
    kind, known = content.get("kind"), kinds()
    if not isinstance(kind, str) or kind not in known:
        raise PosteriorFormatError(f"kind: expected one of {', '.join(known)}, found {kind!r}")
    return known[kind].load()(content)


def given(posterior: Posterior, target: Tensor) -> Posterior:
    """The same posterior given another target (F,): amortized inference.

    Warns where it was trained for its own target alone, or for nothing like the other one; raises
    PosteriorFormatError for a target of another shape or with a value that is missing.
    """
    expect_finite(posterior, target)
    for words in cautions(posterior, target):
        warnings.warn(words, stacklevel=2)
    return posterior.given(target)


def sample(
    posterior: Posterior, count: int, seeds: Sequence[int], max_draws: int
) -> tuple[Tensor, Tensor]:
    """Draw samples (S, count, D) given the target, and the acceptance (S,); see ``Posterior``.

    Raises PosteriorFormatError unless there are as many ``seeds`` of generators as posteriors.
    """
    expect_seeds(posterior, seeds)
    return posterior.sample(count, seeds, max_draws)


def log_prob(posterior: Posterior, theta: Tensor) -> Tensor:
    """Log densities (S, M) at theta (M, D) given the target; -inf out of the prior's bounds.

    Raises PosteriorFormatError for parameters of another number.
    """
    expect_parameters(posterior, theta)
    return posterior.log_prob_at(theta.expand(len(posterior.seeds), *theta.shape))


def log_prob_at(posterior: Posterior, theta: Tensor) -> Tensor:
    """The same at parameters of each seed's own: (S, M) at theta (S, M, D)."""
    return posterior.log_prob_at(theta)
