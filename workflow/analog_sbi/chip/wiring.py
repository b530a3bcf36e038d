"""Where the compartments of a tree lie on the chip, and which switches join them.

Every compartment is a pair of circuits in a row, of which the left one holds capacitor, leak and
synaptic input. Each circuit has a segment of the row's shared line, and switches join a segment to
the next. A stretch of joined segments belongs to one compartment: the right circuit of its pair
reaches the line directly, and those that are joined to it reach it through the resistor of their
left circuits. Here 0 is joined to 1, 2 and 3, and 3 to 4 and 5:

    circuit   0     1     2     3     4     5     6     7     8     9     10    11
    line            +-----+-----+-----+-----+-----+     +-----+-----+-----+
                    |     R           R           R     |     R           R
    membrane  +-----+     +-----+     +-----+     +-----+     +-----+     +-----+
              0           1           2           3           4           5

Stretches do not overlap, so that what is joined to others on both sides of its pair has no third
side: of the neighbours of a compartment two at most may have further neighbours.
Shapes: L compartments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analog_sbi.errors import BackendError
from analog_sbi.models.tree import Tree

QUADRANT = 128  # circuits in a row that switches can join; none crosses to the next quadrant
LONGEST = QUADRANT // 2  # compartments, each on a pair of circuits


@dataclass(frozen=True)
class Wiring:
    """A tree on a row of circuits, from circuit 0 on.

    ``circuits`` (L,): left one of each compartment's pair; ``resistors`` (L - 1,): circuit of the
    resistor of every link; ``stretches``: first and last circuit of each stretch of the line, of
    which the first one reaches it directly.
    """

    tree: Tree
    circuits: np.ndarray
    resistors: np.ndarray
    stretches: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        self.circuits.flags.writeable = False
        self.resistors.flags.writeable = False


def wire(tree: Tree) -> Wiring:
    """Lay a tree out; a chain from left to right.

    Raises BackendError for more compartments than a row of circuits can carry, and for a tree that
    its switches cannot join.
    """
    check_length(len(tree))
    for start in range(len(tree)):
        order = _order(tree, start)
        if order is not None:
            return _laid_out(tree, order)
    number, further = _crowded(tree)
    raise BackendError(
        "chain.parents: expected a tree that switches in a row of circuits can join, where the "
        "line of a compartment has two ends, found compartment "
        f"{number} between {len(further)} that are joined to further ones "
        f"({', '.join(map(str, further))})"
    )


def check_length(length: int) -> None:
    """Raise BackendError for more compartments than a row of circuits can carry."""
    if length > LONGEST:
        raise BackendError(
            f"chain.length: expected at most {LONGEST} compartments, which the {QUADRANT} circuits "
            f"of a quadrant carry in pairs, found {length}"
        )


def _order(tree: Tree, start: int) -> list[int] | None:
    """Compartments from left to right, from ``start`` on; None if there is no such order.

    What has no further neighbours comes before the one that the next stretch is of.
    """
    order, last, current = [start], None, start
    while True:
        ahead = [n for n in tree.neighbours[current] if n != last]
        onward = [n for n in ahead if len(tree.neighbours[n]) > 1]
        if len(onward) > 1:
            return None
        order += [n for n in ahead if n not in onward] + onward
        if not onward:
            return order
        last, current = current, onward[0]


def _laid_out(tree: Tree, order: list[int]) -> Wiring:
    place = {number: index for index, number in enumerate(order)}
    resistors: list[int] = []
    ends: dict[int, int] = {}
    for one, other in tree.links.tolist():
        left, right = sorted((one, other), key=place.__getitem__)
        resistors.append(2 * place[right])
        start = 2 * place[left] + 1
        ends[start] = max(ends.get(start, start), 2 * place[right])
    return Wiring(
        tree,
        circuits=np.array([2 * place[number] for number in range(len(tree))]),
        resistors=np.array(resistors),
        stretches=tuple(sorted(ends.items())),
    )


def _crowded(tree: Tree) -> tuple[int, list[int]]:
    """First compartment with three neighbours that have further ones, and all those."""
    for number, joined in enumerate(tree.neighbours):
        further = [n for n in joined if len(tree.neighbours[n]) > 1]
        if len(further) > 2:
            return number, further
    raise AssertionError(f"{tree} can be laid out")
