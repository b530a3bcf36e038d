"""Kinds of posteriors by the function that rebuilds each from plain data, which has a decorator.

    @kind("particles")
    def particles_of(content): ...

It may stand in a module of ``posterior``, ``algorithms`` or ``remedies``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from analog_sbi.decorated import Decorated, decorated

Rebuilding = TypeVar("Rebuilding", bound=Callable[[Mapping[str, Any]], Any])

FOLDERS = ("posterior", "algorithms", "remedies")


def kind(name: str) -> Callable[[Rebuilding], Rebuilding]:
    """Say that a function rebuilds posteriors of a kind; the name is a literal or a constant."""
    return lambda function: function


@cache
def kinds() -> dict[str, Decorated]:
    """Functions that rebuild posteriors, by kind."""
    return decorated("kind", *FOLDERS)
