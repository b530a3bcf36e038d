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

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

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

    ``module`` it is imported from, ``title`` it is shown by. ``sequential``: it learns round by
    round, else it spends the budget of all rounds in one. ``resumable``: what it has learned is a
    posterior and the tables of rounds, so that each round can be a job. ``amortized``: its
    posterior answers for any observation. ``search``: it finds points, and has no posterior.
    ``trials``: its posterior can be given several trials one by one.
    """

    name: str
    module: str
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


_CLASSES: dict[str, type] = {}


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
    """Register a class as an algorithm; the arguments must be literals (see ``Facts``)."""

    def register(kind: Kind) -> Kind:
        _CLASSES[name] = kind
        return kind

    return register


def load(name: str) -> Algorithm:
    """Algorithm by name; raises ConfigurationError for one that there is not."""
    import_module(facts(name).module)
    return _CLASSES[name]()


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
    registered = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for node in ast.parse(path.read_bytes(), filename=str(path)).body:
            for call in getattr(node, "decorator_list", ()):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "algorithm":
                    name = ast.literal_eval(call.args[0])
                    known = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
                    registered[name] = Facts(name, f"{__name__}.{path.stem}", **known)
    return registered
