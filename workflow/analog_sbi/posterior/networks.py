"""Posteriors of all seeds as normalizing flows of one family, stacked and kept as plain data.

Shapes: S seeds, M parameter sets, D parameters, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from analog_sbi.estimators import bounded, family
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, seed_state
from analog_sbi.posterior.base import (
    PosteriorFormatError,
    common,
    common_of,
    described,
    expect_index,
    expect_keys,
    expect_shape,
    inside,
    observation,
    supported,
)
from analog_sbi.posterior.kinds import kind
from analog_sbi.posterior.rejection import (
    LARGEST_DRAW,
    OF_BOUNDED,
    SAMPLES,
    Wanted,
    doubling,
    rejection,
)
from analog_sbi.problem import Problem
from analog_sbi.torch_prior import as_sbi

KIND = "networks"


@dataclass(frozen=True, eq=False, repr=False)
class Networks:
    """Trained networks of all seeds after a round; ``history`` has an entry a seed."""

    problem: Problem
    target: Tensor
    estimator: EstimatorSettings
    seeds: tuple[int, ...]
    round: int
    state: State
    history: tuple[dict[str, Any], ...]

    def __repr__(self) -> str:
        """One line, without the weights."""
        return described(self)

    @cached_property
    def flow(self) -> Any:
        """The flows of all seeds."""
        return self._flow(self.state)

    def _flow(self, state: State) -> Any:
        return bounded.flow(self.estimator, state, self.problem.space)

    def given(self, target: Tensor) -> Networks:
        """The same networks given another target (F,): amortized inference."""
        return replace(self, target=observation(target, len(self.problem.features)))

    def select(self, positions: Sequence[int]) -> Networks:
        """The networks at some positions only."""
        index = list(positions)
        return replace(
            self,
            seeds=tuple(self.seeds[i] for i in index),
            state={name: tensor[index] for name, tensor in self.state.items()},
            history=tuple(self.history[i] for i in index),
        )

    def of(self, seeds: Sequence[int]) -> Networks:
        """The networks of some seeds only, by their numbers."""
        return self.select([self.seeds.index(number) for number in seeds])

    def sample(self, count: int, seeds: Sequence[int], max_draws: int) -> tuple[Tensor, Tensor]:
        """Draw samples (S, count, D) given the target, and the rate of acceptance (S,).

        Draws outside the prior's bounds are rejected. ``seeds`` seed a generator for each
        network, whose samples do not depend on the others. Raises LeakageError if a seed has not
        enough samples after ``max_draws`` draws.
        """
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        size = len(self.problem.space)

        def draw(rows: Tensor) -> Tensor:
            active, of_each = rows.unique_consecutive(return_counts=True)
            noise = [
                torch.randn(1, int(number), size, generator=generators[i])
                for i, number in zip(active.tolist(), of_each, strict=True)
            ]
            flow = self._flow({name: tensor[active] for name, tensor in self.state.items()})
            x = self.target.expand(len(active), 1, -1)
            return flow.inverse(torch.stack(noise), x)[:, 0].flatten(0, 1)

        names = [f"seed {number}" for number in self.seeds]
        samples, acceptance = rejection(
            draw,
            inside(self.problem.prior),
            names,
            count,
            size,
            max_draws,
            doubling(count),
            wanted=self.wanted,
        )
        if (acceptance < 0.5).any():
            logging.warning(
                "leakage: of the draws of seed %d only %.1f %% lie inside the prior's bounds",
                self.seeds[int(acceptance.argmin())],
                100 * float(acceptance.min()),
            )
        return samples, acceptance

    @property
    def wanted(self) -> Wanted:
        """What draws are rejected for, in words."""
        return OF_BOUNDED if self.estimator.bounded else SAMPLES

    def acceptance(self, draws: int, seeds: Sequence[int]) -> Tensor:
        """Fraction (S,) of ``draws`` from each network within the prior's bounds.

        ``seeds`` seed a generator for each network.
        """
        size = len(self.problem.space)
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        accepted = torch.zeros(len(seeds), dtype=torch.long)
        for start in range(0, draws, LARGEST_DRAW):
            part = min(LARGEST_DRAW, draws - start)
            noise = [torch.randn(1, part, size, generator=g) for g in generators]
            x = self.target.expand(len(seeds), 1, -1)
            theta = self.flow.inverse(torch.stack(noise), x)
            accepted += supported(self.problem.prior, theta)[:, 0].sum(dim=-1)
        return accepted / draws

    @torch.no_grad()
    def log_prob_at(self, theta: Tensor) -> Tensor:
        """Log densities (S, M) at parameters of each seed's own (S, M, D), -inf out of bounds.

        Mass that leaks out of the prior's bounds is not corrected for: subtract the logarithm of
        ``acceptance`` for densities that integrate to one within them.
        """
        x = self.target.expand(len(self.seeds), 1, -1)
        density = self.flow.log_prob(theta[:, None], x)[:, 0]
        return torch.where(supported(self.problem.prior, theta), density, -torch.inf)

    def as_sbi(self, index: int) -> Any:
        """Posterior of one seed as sbi's ``DirectPosterior``, with the target as default."""
        from sbi.inference.posteriors import DirectPosterior

        state = seed_state(self.state, expect_index(self, index))
        network = family(self.estimator.family).network(self.estimator, state)
        if self.estimator.bounded:
            network = bounded.as_sbi(network, self.problem.space)
        return DirectPosterior(network, as_sbi(self.problem.prior)).set_default_x(self.target)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``networks_of`` reads."""
        own = {"estimator": asdict(self.estimator), "state": dict(self.state)}
        return common(KIND, self) | own


def states(posterior: Any) -> dict[int, State]:
    """What tells each member of networks, or of mixtures of them; nothing of other posteriors."""
    if isinstance(posterior, Networks):
        return {number: posterior.of([number]).state for number in posterior.seeds}
    networks = getattr(posterior, "networks", None)
    return {} if networks is None else {i: posterior.of(i).state for i in posterior.seeds}


@kind(KIND)
def networks_of(content: Mapping[str, Any]) -> Networks:
    """Networks of plain data; log densities are identical to those of what was saved.

    Raises PosteriorFormatError naming the key, what was expected and what was found.
    """
    parts = common_of(content, "estimator", "state")
    names = [field.name for field in fields(EstimatorSettings)]
    expect_keys("estimator", content["estimator"], names)
    estimator = EstimatorSettings(**content["estimator"])
    problem, state, seeds = parts["problem"], content["state"], len(parts["seeds"])
    shapes = family(estimator.family).shapes(estimator, len(problem.space), len(problem.features))
    expect_keys("state", state, shapes)
    for name, tensor in state.items():
        if len(tensor) != seeds:
            raise PosteriorFormatError(f"state.{name}: expected {seeds} seeds, found {len(tensor)}")
        expect_shape(f"state.{name}", tensor, (seeds, *shapes[name]))
    return Networks(estimator=estimator, state=dict(state), **parts)
