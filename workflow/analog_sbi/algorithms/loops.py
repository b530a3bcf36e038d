"""Loops that a library owns, turned inside out: they ask for measurements and are answered.

The loop runs in a thread of its own, which never runs beside the one that answers it. It keeps
its own state of torch's and numpy's global generators, so that loops of several seeds do not
disturb each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

import numpy as np
import torch

Ask = Callable[[np.ndarray], np.ndarray]
"""Observations (N, F) at parameters (N, D), as a loop asks for them."""


class Loop:
    """A function of ``Ask`` that is run step by step; ``result`` is what it returned."""

    def __init__(self, function: Callable[[Ask], Any], seed: int) -> None:
        """Take a function, whose global generators start from a seed."""
        self.result: Any = None
        self._function, self._seed = function, seed
        self._asked: SimpleQueue = SimpleQueue()
        self._answers: SimpleQueue = SimpleQueue()
        self._random: Any = None
        self._thread: threading.Thread | None = None
        self._threads = torch.get_num_threads()

    def step(self, x: np.ndarray | None = None) -> np.ndarray | None:
        """Parameters (N, D) that the loop asks for next; None where it has ended.

        ``x`` (N, F) answers what it asked before, if it did. Raises what the loop raised.
        """
        outer = _get()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            _set(self._random)
            self._answers.put(x)
        kind, value = self._asked.get()
        self._random = _get()
        _set(outer)
        if kind == "failed":
            raise value
        if kind == "ended":
            self.result = value
            return None
        return value

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        torch.manual_seed(self._seed)
        np.random.seed(self._seed % 2**32)
        try:
            self._asked.put(("ended", self._function(self._ask)))
        except BaseException as error:  # raised where the loop is stepped
            self._asked.put(("failed", error))

    def _ask(self, theta: np.ndarray) -> np.ndarray:
        self._asked.put(("asked", np.atleast_2d(np.asarray(theta, dtype=float))))
        return self._answers.get()


def _get() -> tuple[Any, Any]:
    return torch.get_rng_state(), np.random.get_state()


def _set(state: tuple[Any, Any]) -> None:
    torch.set_rng_state(state[0])
    np.random.set_state(state[1])
