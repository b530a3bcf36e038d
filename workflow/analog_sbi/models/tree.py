"""Trees of compartments: which one is joined to which.

Compartment 0 is the root; every other one is joined to an earlier one, its parent. A chain is the
tree in which that is the one before. Shapes: L compartments, L - 1 links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MIN_LENGTH = 2


@dataclass(frozen=True)
class Tree:
    """Parents (L,) of compartments, None of the first.

    Raises ValueError unless there are two compartments at least, each of which but the first has
    an earlier one as parent.
    """

    parents: tuple[int | None, ...]

    def __post_init__(self) -> None:
        """Check the parents."""
        object.__setattr__(self, "parents", tuple(self.parents))
        if len(self.parents) < MIN_LENGTH:
            raise ValueError(f"at least {MIN_LENGTH} compartments, found {len(self.parents)}")
        if self.parents[0] is not None:
            raise ValueError(f"null as parent of compartment 0, found {self.parents[0]!r}")
        for number, parent in enumerate(self.parents[1:], start=1):
            if parent is None or not 0 <= parent < number:
                earlier = "0" if number == 1 else f"one of 0 to {number - 1}"
                found = "null" if parent is None else parent
                raise ValueError(f"{earlier} as parent of compartment {number}, found {found}")

    @classmethod
    def of(cls, length: int, parents: Sequence[int | None] | None = None) -> Tree:
        """Tree with these parents, else a chain of ``length``; raises ValueError as the class."""
        return cls((None, *range(length - 1))[:length] if parents is None else tuple(parents))

    def __len__(self) -> int:
        """Number of compartments."""
        return len(self.parents)

    @cached_property
    def links(self) -> np.ndarray:
        """Parent and child of every link (L - 1, 2), in the order of the children."""
        pairs = [(parent, child) for child, parent in enumerate(self.parents) if parent is not None]
        return np.array(pairs)

    @property
    def is_chain(self) -> bool:
        """Whether every compartment is joined to the one before."""
        return self.parents == (None, *range(len(self) - 1))

    def __str__(self) -> str:
        """The parents as they stand in the configuration."""
        return f"[{', '.join('null' if p is None else str(p) for p in self.parents)}]"
