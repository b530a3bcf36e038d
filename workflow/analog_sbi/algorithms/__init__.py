"""Algorithms of inference: each is a class with a decorator, which a module here offers.

    @algorithm("snle", title="SNLE")
    class Likelihood: ...

An algorithm proposes parameters, learns from their measurements, and so on until the budget is
spent; then, and between rounds, it has a posterior. Whoever runs it measures (``running``).
The facts of all algorithms are read from the decorators without importing the modules, so that
rules and the configuration need not wait for torch.
Letters for shapes: S seeds, N measurements, D parameters, F features of the observation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from analog_sbi.decorated import Decorated, decorated
from analog_sbi.errors import ConfigurationError

if TYPE_CHECKING:
    import numpy as np

    from analog_sbi.algorithms.task import Progress, Task
    from analog_sbi.dataset import Dataset
    from analog_sbi.posterior import Networks, Posterior

    Seeds = Sequence[np.random.SeedSequence]

Kind = TypeVar("Kind", bound=type)


@dataclass(frozen=True)
class Facts:
    """What is known of an algorithm before it is imported.

    ``source`` is where its class is, ``title`` what it is shown by. ``sequential``: it learns round
    by round, else it spends the budget of all rounds in one. ``resumable``: what it has learned is
    a posterior and the tables of rounds, so that each round can be a job. ``amortized``: its
    posterior answers for any observation. ``search``: it finds points, and has no posterior.
    ``trials``: its posterior can be given several trials one by one.
    """

    source: Decorated
    title: str
    sequential: bool = True
    resumable: bool = False
    amortized: bool = False
    search: bool = False
    trials: bool = False


class Algorithm(Protocol):
    """Inference of all seeds of an experiment; a state is whatever the algorithm keeps.

    ``seeds`` are the random numbers of each seed for this call and no other.
    """

    def start(self, task: Task) -> Any:
        """State before anything is measured."""
        ...

    def propose(self, state: Any, left: int, seeds: Seeds) -> Sequence[np.ndarray]:
        """Parameters (N, D) to measure next, of each seed, which has ``left`` in this round.

        At most so many. Whoever proposes none has finished the round.
        """
        ...

    def learn(
        self, state: Any, data: Dataset, seeds: Seeds, progress: Progress | None = None
    ) -> Any:
        """State after measurements at what was proposed; the key ``seed`` tells whose they are."""
        ...

    def posterior(self, state: Any) -> Posterior:
        """Posterior after all that was learned."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """An algorithm each of whose rounds can be a job of its own."""

    def resume(self, task: Task, rounds: Sequence[Dataset], networks: Networks | None) -> Any:
        """State after ``rounds`` and the networks that were saved after them (None: no round)."""
        ...


def algorithm(
    name: str,
    *,
    title: str,
    sequential: bool = True,
    resumable: bool = False,
    amortized: bool = False,
    search: bool = False,
    trials: bool = False,
) -> Callable[[Kind], Kind]:
    """Say that a class is an algorithm; the arguments are literals or constants (see ``Facts``)."""
    return lambda kind: kind


def load(name: str) -> Algorithm:
    """Algorithm by name; raises ConfigurationError for one that there is not."""
    own: Algorithm = facts(name).source.load()()
    return own


def names() -> list[str]:
    """Names of all algorithms."""
    return list(_registered())


def facts(name: str) -> Facts:
    """Facts of an algorithm; raises ConfigurationError for one that there is not."""
    registered = _registered()
    if name not in registered:
        raise ConfigurationError(
            f"algorithm: expected one of {', '.join(registered)}, found {name!r}"
        )
    return registered[name]


def budgets(name: str, rounds: Sequence[int]) -> tuple[int, ...]:
    """Measurements of a seed in each round: all in one where the algorithm has no rounds."""
    return tuple(rounds) if facts(name).sequential else (sum(rounds),)


@cache
def _registered() -> dict[str, Facts]:
    """Facts of the decorated classes of this package by name, as they stand in its files."""
    found = decorated("algorithm", "algorithms")
    return {name: Facts(one, **one.settings) for name, one in found.items()}
