"""Posteriors of all seeds of an experiment: what they are of, sampling, density, plain data."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.inference.estimator import (
    EstimatorSettings,
    State,
    restore_network,
    seed_state,
)
from analog_sbi.inference.stacked import StackedFlow

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
    count = len(content["seeds"])
    for name, tensor in content["state"].items():
        if len(tensor) != count:
            raise PosteriorFormatError(f"state.{name}: expected {count} seeds, found {len(tensor)}")
    problem = Problem(
        estimator=EstimatorSettings(**content["estimator"]),
        low=content["prior"]["low"],
        high=content["prior"]["high"],
        parameters=tuple(content["parameters"]),
        observable=content["observable"],
        features=tuple(content["features"]),
        target=content["target"],
        seeds=tuple(content["seeds"]),
    )
    return Posterior(problem, content["round"], dict(content["state"]), tuple(content["history"]))


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
        flow = StackedFlow({name: tensor[active] for name, tensor in posterior.state.items()})
        noise = [
            torch.randn(1, size, len(problem.parameters), generator=generators[i]) for i in active
        ]
        x = problem.target.expand(len(active), 1, -1)
        theta = flow.inverse(torch.stack(noise), x)[:, 0]
        inside = ((theta >= problem.low) & (theta <= problem.high)).all(dim=-1)
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


@torch.no_grad()
def log_prob(posterior: Posterior, theta: Tensor) -> Tensor:
    """Log densities (S, M) of the networks at theta (M, D) given the target; -inf out of bounds.

    Mass that leaks out of the prior's bounds is not corrected for.
    """
    problem = posterior.problem
    count = len(problem.seeds)
    x = problem.target.expand(count, 1, -1)
    flow = StackedFlow(posterior.state)
    density = flow.log_prob(theta.expand(count, 1, *theta.shape), x)[:, 0]
    inside = ((theta >= problem.low) & (theta <= problem.high)).all(dim=-1)
    return torch.where(inside, density, -torch.inf)


def as_sbi(posterior: Posterior, index: int) -> Any:
    """Posterior of one seed as sbi's ``DirectPosterior``, with the target as default."""
    from sbi.inference.posteriors import DirectPosterior
    from sbi.utils import BoxUniform

    problem = posterior.problem
    network = restore_network(problem.estimator, seed_state(posterior.state, index))
    prior = BoxUniform(problem.low, problem.high)
    return DirectPosterior(network, prior).set_default_x(problem.target)
