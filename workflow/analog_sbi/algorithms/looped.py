"""Algorithms whose loop a library owns: it asks for measurements until the budget is spent."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analog_sbi.algorithms.each import EachSeed
from analog_sbi.algorithms.loops import Ask, Loop
from analog_sbi.algorithms.task import Task, integer
from analog_sbi.dataset import Dataset
from analog_sbi.posterior.stock import quiet


@dataclass
class Running:
    """Loop of one seed, what it asks for and what it has been answered."""

    task: Task
    number: int
    loop: Loop | None = None
    asked: np.ndarray | None = None
    theta: list[np.ndarray] = field(default_factory=list)
    x: list[np.ndarray] = field(default_factory=list)


class Looped(EachSeed):
    """Run a library's loop, a step a batch of measurements."""

    @abstractmethod
    def loop(self, task: Task, ask: Ask) -> Any:
        """Run to the end; at most the budget of the task may be asked for."""

    def begin(self, task: Task, number: int) -> Running:
        """State of one seed."""
        return Running(task, number)

    def draw(self, state: Running, left: int, seed: np.random.SeedSequence) -> np.ndarray:
        """What the loop asks for; none when it has ended."""
        if state.loop is None:
            state.loop = Loop(lambda ask: self.loop(state.task, ask), integer(seed))
            with quiet():
                state.asked = state.loop.step()
        if state.asked is None:
            return np.empty((0, len(state.task.problem.space)))
        return state.asked

    def fit(self, state: Running, data: Dataset, seed: np.random.SeedSequence) -> Running:
        """Answer the loop."""
        if state.loop is not None and state.asked is not None:
            state.theta.append(data.theta)
            state.x.append(data.x)
            with quiet():
                state.asked = state.loop.step(data.x)
        return state
