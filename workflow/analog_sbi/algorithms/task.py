"""What an algorithm is asked, what it answers, and the emulations that it may use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from analog_sbi.errors import StudyError
from analog_sbi.inference.posterior import Problem
from analog_sbi.inference.rounds import TrainingSettings

Simulate = Callable[[Tensor], Tensor]
"""Observations (N, F) of parameters (N, D)."""


class BudgetError(StudyError):
    """An algorithm asked for more emulations than it may use."""


@dataclass(frozen=True)
class Task:
    """A problem of one seed, the emulations of each round, and the samples to answer with.

    ``training`` holds for all networks, ``max_draws`` bounds rejection sampling.
    """

    problem: Problem
    rounds: tuple[int, ...]
    samples: int
    training: TrainingSettings
    max_draws: int

    @property
    def budget(self) -> int:
        """Emulations in all rounds."""
        return sum(self.rounds)

    def prior(self) -> object:
        """The uniform prior as sbi has it."""
        from sbi.utils import BoxUniform

        return BoxUniform(self.problem.low, self.problem.high)


@dataclass(frozen=True)
class Outcome:
    """Samples (N, D) of the posterior, or the best points of a search.

    ``log_prob`` (N,) is their density up to a constant, where the algorithm has one. ``blind``:
    its flow is blind in one direction (``inference.estimator.blind``). ``answer`` gives samples
    (K, M, D) given other observations (M, F), where the posterior is amortized; some of them may
    lie outside the prior's bounds.
    """

    samples: Tensor
    log_prob: Tensor | None = None
    blind: bool = False
    answer: Callable[[Tensor, int], Tensor] | None = None


@dataclass
class Emulations:
    """Counts, times and keeps what is emulated; call it as ``Simulate``.

    ``measure`` gives heights (N, L, L) of parameters (N, D), ``select`` the observation (N, F).
    Raises BudgetError beyond ``budget`` emulations.
    """

    measure: Callable[[np.ndarray], np.ndarray]
    select: Callable[[np.ndarray], np.ndarray]
    budget: int
    seconds: float = 0.0
    theta: list[np.ndarray] = field(default_factory=list)
    heights: list[np.ndarray] = field(default_factory=list)

    def __call__(self, theta: Tensor) -> Tensor:
        """Emulate parameters (N, D) or (D,)."""
        values = np.atleast_2d(np.asarray(theta, dtype=np.float32)).astype(float)
        if self.count + len(values) > self.budget:
            raise BudgetError(
                f"expected at most {self.budget} emulations, found {self.count + len(values)}"
            )
        started = time.perf_counter()
        heights = self.measure(values)
        self.seconds += time.perf_counter() - started
        self.theta.append(values)
        self.heights.append(heights)
        return torch.as_tensor(self.select(heights), dtype=torch.float32)

    @property
    def count(self) -> int:
        """Emulations so far."""
        return sum(map(len, self.theta))


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
