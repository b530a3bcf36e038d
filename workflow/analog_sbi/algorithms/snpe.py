"""Sequential neural posterior estimation: atomic loss, and truncated proposals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import torch
from torch import Tensor

from analog_sbi.algorithms import algorithm
from analog_sbi.algorithms.task import Progress, Task, from_prior, integer
from analog_sbi.dataset import Dataset
from analog_sbi.estimators import TRAINERS
from analog_sbi.estimators.rounds import RoundData
from analog_sbi.posterior import Networks
from analog_sbi.posterior.base import bounds
from analog_sbi.posterior.rejection import Wanted, promising, rejection
from analog_sbi.prior import Box, Prior
from analog_sbi.torch_prior import drawn

Seeds = Sequence[np.random.SeedSequence]

# Support of a truncated proposal: quantile of the density of posterior samples (sbi's default),
# from fewer samples than sbi's million, which take as long as the training.
QUANTILE, SUPPORT_SAMPLES = 1e-4, 100_000
TRUNCATED = Wanted(
    "draws of the prior where the posterior of the round before has mass",
    "so narrow a posterior takes fewer rounds, a larger inference.max_draws, or algorithm: snpe_c",
)


@dataclass(frozen=True, eq=False)
class Learned:
    """Measurements of all rounds and the networks after the last one (None before it)."""

    task: Task
    rounds: tuple[RoundData, ...] = ()
    networks: Networks | None = None


@algorithm("snpe_c", title="SNPE-C", resumable=True)
class Atomic:
    """SNPE-C (Greenberg et al., 2019): networks of all seeds are trained together.

    The first round is drawn from the prior, later ones from the posterior so far.
    """

    def start(self, task: Task) -> Learned:
        """State before the first round."""
        return Learned(task)

    def resume(self, task: Task, rounds: Sequence[Dataset], networks: Networks | None) -> Learned:
        """State after ``rounds``, whose posterior was saved."""
        return Learned(task, tuple(_stacked(data, task.seeds) for data in rounds), networks)

    def propose(self, state: Learned, left: int, seeds: Seeds) -> list[np.ndarray]:
        """Parameters (left, D) of each seed."""
        if state.networks is None:
            return from_prior(state.task, left, seeds)
        theta = self._proposal(state.networks, left, [integer(seed) for seed in seeds], state.task)
        return list(theta.numpy().astype(np.float64))

    def learn(
        self, state: Learned, data: Dataset, seeds: Seeds, progress: Progress | None = None
    ) -> Learned:
        """Train on all rounds so far."""
        task = state.task
        rounds = (*state.rounds, _stacked(data, task.seeds))
        trained = import_module(TRAINERS[task.trainer]).train_round(
            self._trained_on(rounds),
            self._goes_on(state.networks),
            estimator=task.estimator,
            settings=task.training,
            seeds=[integer(seed) for seed in seeds],
            numbers=task.seeds,
            max_missing=task.max_missing,
            progress=progress,
            prior=task.problem.prior,
        )
        networks = Networks(
            task.problem,
            task.target,
            task.estimator,
            task.seeds,
            len(rounds) - 1,
            trained.state,
            trained.history,
        )
        return replace(state, rounds=rounds, networks=networks)

    def posterior(self, state: Learned) -> Networks:
        """Networks after the last round."""
        assert state.networks is not None, "nothing was learned"
        return state.networks

    def _proposal(self, networks: Networks, count: int, seeds: Sequence[int], task: Task) -> Tensor:
        return networks.sample(count, seeds, task.max_draws)[0]

    def _trained_on(self, rounds: Sequence[RoundData]) -> Sequence[RoundData]:
        return rounds

    def _goes_on(self, networks: Networks | None) -> dict[str, Tensor] | None:
        """Weights that training starts from."""
        return None if networks is None else networks.state


@algorithm("tsnpe", title="TSNPE", resumable=True)
class Truncated(Atomic):
    """TSNPE (Deistler et al., 2022): the prior where the last posterior has mass.

    Such proposals need no correction, so that networks are trained anew on all rounds by maximum
    likelihood.
    """

    def _proposal(self, networks: Networks, count: int, seeds: Sequence[int], task: Task) -> Tensor:
        support, _ = networks.sample(SUPPORT_SAMPLES, seeds, task.max_draws)
        density = networks.log_prob_at(support)
        least = density.sort(dim=1).values[:, int(QUANTILE * SUPPORT_SAMPLES)]
        prior, size = task.problem.prior, len(task.problem.space)
        parts = []
        for index, seed in enumerate(seeds):
            network = networks.select([index])
            generator = torch.Generator().manual_seed(seed)

            def draw(rows: Tensor, generator: torch.Generator = generator) -> Tensor:
                return draws(prior, len(rows), generator)

            def dense(
                theta: Tensor, rows: Tensor, network: Networks = network, index: int = index
            ) -> Tensor:
                return network.log_prob_at(theta[None])[0] > least[index]

            names, sizes = [f"seed {networks.seeds[index]}"], promising(count)
            theta, _ = rejection(
                draw, dense, names, count, size, task.max_draws, sizes, wanted=TRUNCATED
            )
            parts.append(theta[0])
        return torch.stack(parts)

    def _trained_on(self, rounds: Sequence[RoundData]) -> Sequence[RoundData]:
        theta, x = (np.concatenate(part, axis=1) for part in zip(*_pairs(rounds), strict=True))
        return [RoundData(theta, x)]

    def _goes_on(self, networks: Networks | None) -> None:
        return None


def draws(prior: Prior, count: int, generator: torch.Generator) -> Tensor:
    """Parameters (count, D) of a prior in single precision."""
    if isinstance(prior, Box):
        low, high = bounds(prior.space)
        return low + (high - low) * torch.rand(count, len(prior.space), generator=generator)
    return torch.tensor(drawn(prior, (count,), generator), dtype=torch.float32)


def _pairs(rounds: Sequence[RoundData]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(data.theta, data.x) for data in rounds]


def _stacked(data: Dataset, seeds: Sequence[int]) -> RoundData:
    """Measurements with the seeds as leading axis, in single precision."""
    parts = [data.of("seed", number) for number in seeds]
    theta, x = np.stack([part.theta for part in parts]), np.stack([part.x for part in parts])
    return RoundData(theta.astype(np.float32), x.astype(np.float32))
