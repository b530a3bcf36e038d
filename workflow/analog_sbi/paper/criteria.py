"""Criteria of claims: values that decide, and from which the printed criterion is made.

A criterion is about named quantities, numbers or arrays of which every value has to do. It is the
conjunction of sides, each of which is one comparison; its text is made where its sides are.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Quantities = Mapping[Any, Any]
"""Numbers, or arrays (N,), by name."""

RELATIONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SIGNS = {"<": -1, "<=": -1, ">": 1, ">=": 1}


@dataclass(frozen=True)
class Side:
    """One comparison: a quantity with a limit, or its deviation from ``of`` as part of that."""

    quantity: str
    relation: str
    limit: float
    of: float | None = None

    def holds(self, quantities: Quantities) -> bool:
        """Whether every value of the quantity is on the right side of the limit."""
        return bool(np.all(RELATIONS[self.relation](self._values(quantities), self.limit)))

    def margin(self, quantities: Quantities) -> float:
        """Distance of the worst value from the limit: negative where it is on the wrong side."""
        return float(np.min(SIGNS[self.relation] * (self._values(quantities) - self.limit)))

    def size(self, quantities: Quantities) -> int:
        """Number of values that are compared."""
        return self._values(quantities).size

    def _values(self, quantities: Quantities) -> np.ndarray:
        values = np.asarray(quantities[self.quantity], dtype=float)
        return values if self.of is None else values / self.of - 1


@dataclass(frozen=True)
class Order:
    """The values of a quantity, one after another, rise or fall."""

    quantity: str
    rising: bool

    def holds(self, quantities: Quantities) -> bool:
        """Whether every value is strictly beyond the one before it."""
        return bool(np.all(self._steps(quantities) > 0))

    def margin(self, quantities: Quantities) -> float:
        """Smallest step in the right direction: negative where one goes back."""
        return float(np.min(self._steps(quantities)))

    def size(self, quantities: Quantities) -> int:
        """Number of steps."""
        return self._steps(quantities).size

    def _steps(self, quantities: Quantities) -> np.ndarray:
        steps = np.diff(np.asarray(quantities[self.quantity], dtype=float))
        return steps if self.rising else -steps


@dataclass(frozen=True)
class Criterion:
    """Sides that all have to hold, and how they are said."""

    text: str
    sides: tuple[Side | Order, ...]

    def __and__(self, other: Criterion) -> Criterion:
        """Both criteria."""
        return Criterion(f"{self.text}; {other.text}", self.sides + other.sides)

    def holds(self, quantities: Quantities) -> bool:
        """Whether all sides hold; a value that is missing holds for none."""
        return all(side.holds(quantities) for side in self.sides)

    def decidable(self, quantities: Quantities) -> bool:
        """Whether there is anything to compare at all."""
        return all(side.size(quantities) for side in self.sides)

    def count(self, cases: Sequence[Quantities]) -> int:
        """For how many of the cases it holds."""
        return sum(self.holds(case) for case in cases)


def at_least(quantity: str, limit: float) -> Criterion:
    """The quantity is the limit or above it."""
    return _one(quantity, ">=", limit)


def at_most(quantity: str, limit: float) -> Criterion:
    """The quantity is the limit or below it."""
    return _one(quantity, "<=", limit)


def above(quantity: str, limit: float) -> Criterion:
    """The quantity is above the limit."""
    return _one(quantity, ">", limit)


def below(quantity: str, limit: float) -> Criterion:
    """The quantity is below the limit."""
    return _one(quantity, "<", limit)


def between(quantity: str, low: float, high: float) -> Criterion:
    """The quantity is within limits, these included."""
    sides = Side(quantity, ">=", low), Side(quantity, "<=", high)
    return Criterion(f"{quantity} in [{low:g}, {high:g}]", sides)


def inside(quantity: str, low: float, high: float) -> Criterion:
    """The quantity is within limits, these excluded."""
    sides = Side(quantity, ">", low), Side(quantity, "<", high)
    return Criterion(f"{quantity} in ({low:g}, {high:g})", sides)


def within(quantity: str, share: float, of: float, unit: str = "") -> Criterion:
    """The quantity differs from a value by no more than a share of it."""
    sides = Side(quantity, ">=", -share, of), Side(quantity, "<=", share, of)
    return Criterion(f"{quantity} within {100 * share:g} % of {of:g} {unit}".rstrip(), sides)


def equal(quantity: str, value: float) -> Criterion:
    """The quantity is exactly the value."""
    sides = Side(quantity, ">=", value), Side(quantity, "<=", value)
    return Criterion(f"{quantity} = {value:g}", sides)


def rising(quantity: str) -> Criterion:
    """The values of the quantity rise, one after another."""
    return Criterion(f"{quantity} rising", (Order(quantity, rising=True),))


def falling(quantity: str) -> Criterion:
    """The values of the quantity fall, one after another."""
    return Criterion(f"{quantity} falling", (Order(quantity, rising=False),))


def in_order(values: Sequence[float], digits: int = 1) -> str:
    """Text of values with how each stands to the one before."""
    texts = [f"{value:.{digits}f}" for value in values] or [""]
    signs = [
        "<" if step > 0 else ">" if step < 0 else "=" if step == 0 else "?"
        for step in np.diff(np.asarray(values, dtype=float))
    ]
    return " ".join(
        [texts[0], *(part for pair in zip(signs, texts[1:], strict=True) for part in pair)]
    )


def _one(quantity: str, relation: str, limit: float) -> Criterion:
    return Criterion(f"{quantity} {relation} {limit:g}", (Side(quantity, relation, limit),))
