"""Algorithms that treat one seed after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analog_sbi.algorithms.task import Progress, Task
from analog_sbi.dataset import Dataset
from analog_sbi.posterior import Posterior

Seeds = Sequence[np.random.SeedSequence]


@dataclass
class States:
    """What each seed has learned, and the number of rounds that all have."""

    task: Task
    seeds: list[Any] = field(default_factory=list)


class EachSeed(ABC):
    """An algorithm of one seed, for all of them."""

    def start(self, task: Task) -> States:
        """State before anything is measured."""
        return States(task, [self.begin(task, number) for number in task.seeds])

    def propose(self, state: States, left: int, seeds: Seeds) -> list[np.ndarray]:
        """Parameters (N, D) of each seed."""
        return [self.draw(own, left, seed) for own, seed in zip(state.seeds, seeds, strict=True)]

    def learn(
        self, state: States, data: Dataset, seeds: Seeds, progress: Progress | None = None
    ) -> States:
        """State after measurements of all seeds."""
        learned = [
            self.fit(own, data.of("seed", number), seed)
            for own, number, seed in zip(state.seeds, state.task.seeds, seeds, strict=True)
        ]
        return States(state.task, learned)

    @abstractmethod
    def begin(self, task: Task, number: int) -> Any:
        """State of one seed."""

    @abstractmethod
    def draw(self, state: Any, left: int, seed: np.random.SeedSequence) -> np.ndarray:
        """Parameters (N, D), at most ``left``, that one seed proposes; none to end the round."""

    @abstractmethod
    def fit(self, state: Any, data: Dataset, seed: np.random.SeedSequence) -> Any:
        """State of one seed after its measurements, in the order in which they were proposed."""

    @abstractmethod
    def posterior(self, state: States) -> Posterior:
        """Posterior of all seeds."""
