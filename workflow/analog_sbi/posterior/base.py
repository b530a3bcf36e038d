"""What every posterior can do, and the parts that all of them keep as plain data.

Shapes: S seeds, M parameter sets, D parameters, F features.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.prior import Prior
from analog_sbi.problem import Problem
from analog_sbi.restricted import Restricted
from analog_sbi.space import Space

FORMAT = "analog-sbi posterior 2"
COMMON = ("problem", "target", "seeds", "round", "history")


class PosteriorFormatError(StudyError):
    """Plain data is not a posterior of this format."""


class LeakageError(StudyError):
    """Too little of a posterior's mass lies inside the prior's bounds to sample it."""


class Inferred(Protocol):
    """What was inferred given which target (F,), in how many seeds, and after which round."""

    @property
    def problem(self) -> Problem:
        """What was inferred."""
        ...

    @property
    def target(self) -> Tensor:
        """The observation (F,) that it is given."""
        ...

    @property
    def seeds(self) -> tuple[int, ...]:
        """Numbers of the repetitions, or of the ensembles of a mixture."""
        ...

    @property
    def round(self) -> int:
        """Round after which it stands, from 0."""
        ...


class Posterior(Inferred, Protocol):
    """Posteriors of a problem given a target (F,), one for each of ``seeds``, after a round.

    ``history`` has an entry a seed: what became of its training.
    """

    @property
    def history(self) -> tuple[dict[str, Any], ...]:
        """Facts of each seed."""
        ...

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) within the prior's bounds, and the acceptance (S,).

        ``seeds`` seed a generator for each. Densities are to be divided by the acceptance to
        integrate to one within the bounds. Raises LeakageError after ``max_draws`` draws.
        """
        ...

    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds.

        NaN where a posterior has no density.
        """
        ...

    def given(self, target: Tensor) -> Posterior:
        """The same given another target (F,): amortized inference."""
        ...

    def as_sbi(self, index: int) -> Any:
        """Posterior of one seed as an object of sbi; raises PosteriorFormatError if it has none."""
        ...

    def plain(self) -> dict[str, Any]:
        """Tensors, numbers, strings and lists that ``posterior.from_plain`` reads."""
        ...


def described(posterior: Inferred) -> str:
    """One line on a posterior, in place of its weights."""
    problem, count = posterior.problem, len(posterior.seeds)
    return (
        f"{type(posterior).__name__} of {count} {'seed' if count == 1 else 'seeds'} after round "
        f"{posterior.round}: {', '.join(problem.parameters)} given {problem.target.name} "
        f"({', '.join(problem.features)})"
    )


def expect_index(posterior: Posterior, index: int) -> int:
    """The index of a seed, from 0; raises PosteriorFormatError for one that there is not."""
    count = len(posterior.seeds)
    whole = isinstance(index, Integral) and not isinstance(index, bool)
    if not whole or not 0 <= index < count:
        raise PosteriorFormatError(f"index: expected 0 to {count - 1}, found {index!r}")
    return index


def expect_seeds(posterior: Posterior, seeds: Sequence[int]) -> None:
    """Raise PosteriorFormatError unless there is a number for the generator of each posterior."""
    count = len(posterior.seeds)
    if len(seeds) != count:
        raise PosteriorFormatError(
            f"seeds: expected a number for each of {count}, found {len(seeds)}"
        )


def expect_parameters(posterior: Posterior, theta: Tensor) -> None:
    """Raise PosteriorFormatError unless the last axis of theta (..., D) has the parameters."""
    size = len(posterior.problem.parameters)
    if theta.ndim < 2 or theta.shape[-1] != size:
        raise PosteriorFormatError(
            f"theta: expected rows of {size} parameters, found shape {tuple(theta.shape)}"
        )


def expect_finite(posterior: Posterior, target: Any) -> None:
    """Raise PosteriorFormatError, naming the feature, for a target (F,) that lacks a value."""
    features = posterior.problem.features
    values = observation(target, len(features)).tolist()
    for name, value in zip(features, values, strict=True):
        if not math.isfinite(value):
            raise PosteriorFormatError(f"target: expected a number of {name}, found {value}")


def within(space: Space, theta: Tensor) -> Tensor:
    """Whether parameters (..., D) lie within the bounds of a space: (...,) bool."""
    low, high = bounds(space)
    return ((theta >= low) & (theta <= high)).all(dim=-1)


def supported(prior: Prior, theta: Tensor) -> Tensor:
    """Whether parameters (..., D) lie within the bounds of a prior, and its region: (...,) bool."""
    inside = within(prior.space, theta)
    if isinstance(prior, Restricted):
        inside[inside.clone()] = torch.from_numpy(prior.accepts(theta[inside].double().numpy()))
    return inside


def inside(prior: Prior) -> Callable[[Tensor, Tensor], Tensor]:
    """Acceptance of draws (B, D) of any posterior within the bounds of a prior, and its region."""
    return lambda theta, rows: supported(prior, theta)


def bounds(space: Space) -> tuple[Tensor, Tensor]:
    """Lower and upper bounds (D,) of a space in single precision."""
    low, high = (torch.tensor(part, dtype=torch.float32) for part in (space.low, space.high))
    return low, high


def observation(target: Any, features: int) -> Tensor:
    """A target (F,) in single precision; raises PosteriorFormatError for another shape."""
    values = torch.as_tensor(target).to(torch.float32)
    expect_shape("target", values, (features,))
    return values


def common(kind: str, posterior: Posterior) -> dict[str, Any]:
    """Plain data that all posteriors have; ``kind`` tells them apart."""
    return {
        "format": FORMAT,
        "kind": kind,
        "problem": posterior.problem.plain(),
        "target": posterior.target,
        "seeds": list(posterior.seeds),
        "round": posterior.round,
        "history": list(posterior.history),
    }


def common_of(content: Mapping[str, Any], *own: str) -> dict[str, Any]:
    """Problem, target, seeds, round and history of plain data, which must have keys ``own`` too.

    Raises PosteriorFormatError naming the key, what was expected and what was found.
    """
    for key in (*COMMON, *own):
        if key not in content:
            raise PosteriorFormatError(f"{key}: expected a value, found none")
    problem = Problem.from_plain(content["problem"])
    expect_shape("target", content["target"], (len(problem.features),))
    if len(content["history"]) != len(content["seeds"]):
        raise PosteriorFormatError(
            f"history: expected {len(content['seeds'])} seeds, found {len(content['history'])}"
        )
    return {
        "problem": problem,
        "target": content["target"],
        "seeds": tuple(content["seeds"]),
        "round": content["round"],
        "history": tuple(content["history"]),
    }


def expect_keys(name: str, found: Mapping[str, Any], expected: Iterable[str]) -> None:
    """Raise PosteriorFormatError unless a part of plain data has exactly these keys."""
    differing = sorted(set(found) ^ set(expected))
    if differing:
        kind = "no such key, found one" if differing[0] in found else "a value, found none"
        raise PosteriorFormatError(f"{name}.{differing[0]}: expected {kind}")


def expect_shape(name: str, found: Tensor, expected: tuple[int, ...]) -> None:
    """Raise PosteriorFormatError unless a tensor has this shape."""
    if tuple(found.shape) != expected:
        raise PosteriorFormatError(f"{name}: expected shape {expected}, found {tuple(found.shape)}")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Give torch's and numpy's global generators a seed within a block: sbi draws from both."""
    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        try:
            yield
        finally:
            np.random.set_state(state)
