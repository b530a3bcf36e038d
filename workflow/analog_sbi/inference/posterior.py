"""Posteriors of all seeds of an experiment: what they are of, sampling, density, plain data."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.estimators import family
from analog_sbi.estimators.protocol import Flow
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, seed_state

FORMAT = "analog-sbi posterior 1"
LARGEST_DRAW = 10_000  # draws of a seed at a time


class PosteriorFormatError(StudyError):
    """Plain data is not a posterior of this format."""


class LeakageError(StudyError):
    """Too little of a posterior's mass lies inside the prior's bounds to sample it."""


@dataclass(frozen=True)
class Problem:
    """What is inferred: estimator, uniform prior (D,) to (D,), names, target (F,), seeds."""

    estimator: EstimatorSettings
    low: Tensor
    high: Tensor
    parameters: tuple[str, ...]
    observable: str
    features: tuple[str, ...]
    target: Tensor
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Posterior:
    """Trained networks of all seeds after a round; ``history`` has an entry a seed."""

    problem: Problem
    round: int
    state: State
    history: tuple[dict[str, Any], ...]


def flow_of(posterior: Posterior) -> Flow:
    """Flow of the networks of all seeds."""
    estimator = posterior.problem.estimator
    return family(estimator.family).flow(estimator, posterior.state)


def to_plain(posterior: Posterior) -> dict[str, Any]:
    """Dictionary of tensors, numbers, strings and lists that ``from_plain`` reads."""
    problem = posterior.problem
    return {
        "format": FORMAT,
        "estimator": asdict(problem.estimator),
        "prior": {"low": problem.low, "high": problem.high},
        "parameters": list(problem.parameters),
        "observable": problem.observable,
        "features": list(problem.features),
        "target": problem.target,
        "seeds": list(problem.seeds),
        "round": posterior.round,
        "state": posterior.state,
        "history": list(posterior.history),
    }


def from_plain(content: Mapping[str, Any]) -> Posterior:
    """Rebuild a posterior; log densities are identical to those of the one that was saved.

    Raises PosteriorFormatError naming the key, what was expected and what was found.
    """
    if content.get("format") != FORMAT:
        raise PosteriorFormatError(f"format: expected {FORMAT!r}, found {content.get('format')!r}")
    keys = ("estimator", "prior", "parameters", "observable", "features", "target", "seeds")
    for key in (*keys, "round", "state", "history"):
        if key not in content:
            raise PosteriorFormatError(f"{key}: expected a value, found none")
    names = [field.name for field in fields(EstimatorSettings)]
    _expect_keys("estimator", content["estimator"], names)
    _expect_keys("prior", content["prior"], ("low", "high"))
    estimator = EstimatorSettings(**content["estimator"])
    count, size = len(content["parameters"]), len(content["features"])
    _expect_shape("prior.low", content["prior"]["low"], (count,))
    _expect_shape("prior.high", content["prior"]["high"], (count,))
    _expect_shape("target", content["target"], (size,))
    seeds = len(content["seeds"])
    if len(content["history"]) != seeds:
        raise PosteriorFormatError(
            f"history: expected {seeds} seeds, found {len(content['history'])}"
        )
    shapes = family(estimator.family).shapes(estimator, count, size)
    _expect_keys("state", content["state"], shapes)
    for name, tensor in content["state"].items():
        if len(tensor) != seeds:
            raise PosteriorFormatError(f"state.{name}: expected {seeds} seeds, found {len(tensor)}")
        _expect_shape(f"state.{name}", tensor, (seeds, *shapes[name]))
    problem = Problem(
        estimator=estimator,
        low=content["prior"]["low"],
        high=content["prior"]["high"],
        parameters=tuple(content["parameters"]),
        observable=content["observable"],
        features=tuple(content["features"]),
        target=content["target"],
        seeds=tuple(content["seeds"]),
    )
    return Posterior(problem, content["round"], dict(content["state"]), tuple(content["history"]))


def _expect_keys(name: str, found: Mapping[str, Any], expected: Iterable[str]) -> None:
    """Raise PosteriorFormatError unless a part of plain data has exactly these keys."""
    differing = sorted(set(found) ^ set(expected))
    if differing:
        kind = "a value, found none" if differing[0] in expected else "no such key, found one"
        raise PosteriorFormatError(f"{name}.{differing[0]}: expected {kind}")


def _expect_shape(name: str, found: Tensor, expected: tuple[int, ...]) -> None:
    """Raise PosteriorFormatError unless a tensor has this shape."""
    if tuple(found.shape) != expected:
        raise PosteriorFormatError(f"{name}: expected shape {expected}, found {tuple(found.shape)}")


def given(posterior: Posterior, target: Tensor) -> Posterior:
    """The same networks with another target observation (F,): amortized inference."""
    target = torch.as_tensor(target, dtype=torch.float32)
    return replace(posterior, problem=replace(posterior.problem, target=target))


def sample(
    posterior: Posterior, count: int, seeds: Sequence[int], max_draws: int
) -> tuple[Tensor, Tensor]:
    """Draw samples (S, count, D) given the target, and the acceptance rate (S,) of each seed.

    Draws outside the prior's bounds are rejected. ``seeds`` seed a generator for each network,
    whose samples do not depend on the others. Raises LeakageError if a seed has not enough
    samples after ``max_draws`` draws.
    """
    problem = posterior.problem
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    drawn = 0
    kept: list[list[Tensor]] = [[] for _ in seeds]
    found = torch.zeros(len(seeds), dtype=torch.long)
    tried = torch.zeros(len(seeds), dtype=torch.long)
    while count and (active := torch.nonzero(found < count).flatten()).numel():
        if drawn >= max_draws:
            worst = int(active[found[active].argmin()])
            raise LeakageError(
                f"seed {problem.seeds[worst]}: expected {count} posterior samples inside the "
                f"prior's bounds within {max_draws} draws, found {int(found[worst])} "
                f"(acceptance rate {float(found[worst] / tried[worst]):.2g})"
            )
        size = min(LARGEST_DRAW, max_draws - drawn, count if not drawn else 2 * drawn)
        flow = flow_of(posterior).select(active)
        noise = [
            torch.randn(1, size, len(problem.parameters), generator=generators[i]) for i in active
        ]
        x = problem.target.expand(len(active), 1, -1)
        theta = flow.inverse(torch.stack(noise), x)[:, 0]
        inside = within(problem, theta)
        for row, index in enumerate(active.tolist()):
            accepted = theta[row][inside[row]]
            kept[index].append(accepted)
            found[index] += len(accepted)
            tried[index] += size
        drawn += size
    if not count:
        empty = torch.empty(len(seeds), 0, len(problem.parameters))
        return empty, torch.full((len(seeds),), float("nan"))
    acceptance = found / tried
    if (acceptance < 0.5).any():
        logging.warning(
            "leakage: of the draws of seed %d only %.1f %% lie inside the prior's bounds",
            problem.seeds[int(acceptance.argmin())],
            100 * float(acceptance.min()),
        )
    return torch.stack([torch.cat(parts)[:count] for parts in kept]), acceptance


def acceptance_rate(posterior: Posterior, draws: int, seeds: Sequence[int]) -> Tensor:
    """Fraction (S,) of ``draws`` from each network, given the target, within the prior's bounds.

    ``seeds`` seed a generator for each network.
    """
    problem = posterior.problem
    flow = flow_of(posterior)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    inside = torch.zeros(len(seeds), dtype=torch.long)
    for start in range(0, draws, LARGEST_DRAW):
        size = min(LARGEST_DRAW, draws - start)
        noise = [torch.randn(1, size, len(problem.parameters), generator=g) for g in generators]
        theta = flow.inverse(torch.stack(noise), problem.target.expand(len(seeds), 1, -1))
        inside += within(problem, theta)[:, 0].sum(dim=-1)
    return inside / draws


def within(problem: Problem, theta: Tensor) -> Tensor:
    """Whether parameters (..., D) lie within the prior's bounds: (...,) bool."""
    return ((theta >= problem.low) & (theta <= problem.high)).all(dim=-1)


def log_prob(posterior: Posterior, theta: Tensor) -> Tensor:
    """Log densities (S, M) of the networks at theta (M, D) given the target; -inf out of bounds.

    Mass that leaks out of the prior's bounds is not corrected for: subtract the logarithm of
    ``acceptance_rate`` for densities that integrate to one within them.
    """
    return log_prob_at(posterior, theta.expand(len(posterior.problem.seeds), *theta.shape))


@torch.no_grad()
def log_prob_at(posterior: Posterior, theta: Tensor) -> Tensor:
    """The same at parameters of each seed's own: (S, M) at theta (S, M, D)."""
    problem = posterior.problem
    x = problem.target.expand(len(problem.seeds), 1, -1)
    density = flow_of(posterior).log_prob(theta[:, None], x)[:, 0]
    return torch.where(within(problem, theta), density, -torch.inf)


def as_sbi(posterior: Posterior, index: int) -> Any:
    """Posterior of one seed as sbi's ``DirectPosterior``, with the target as default."""
    from sbi.inference.posteriors import DirectPosterior
    from sbi.utils import BoxUniform

    problem = posterior.problem
    of = family(problem.estimator.family)
    network = of.network(problem.estimator, seed_state(posterior.state, index))
    prior = BoxUniform(problem.low, problem.high)
    return DirectPosterior(network, prior).set_default_x(problem.target)
