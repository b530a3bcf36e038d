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

QUADRANT = 128  # circuits in a row that switches can join; none crosses to the next quadrant
LONGEST = QUADRANT // 2  # compartments, each on a pair of circuits


@dataclass(frozen=True)
class Wiring:
    """A tree on a row of circuits, from circuit 0 on.

    ``links`` (L - 1, 2): compartments that are joined; ``circuits`` (L,): left one of each
    compartment's pair; ``resistors`` (L - 1,): circuit of the resistor of every link;
    ``stretches``: first and last circuit of each stretch of the line, of which the first one
    reaches it directly.
    """

    links: np.ndarray
    circuits: np.ndarray
    resistors: np.ndarray
    stretches: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for part in (self.links, self.circuits, self.resistors):
            part.flags.writeable = False

    def __len__(self) -> int:
        """Number of compartments."""
        return len(self.circuits)


def wire(links: np.ndarray) -> Wiring:
    """Lay a tree with these links (L - 1, 2) out; a chain from left to right.

    Raises BackendError for more compartments than a row of circuits can carry, and for a tree that
    its switches cannot join.
    """
    check_length(len(links) + 1)
    neighbours = _neighbours(links)
    for start in neighbours:
        order = _order(neighbours, start)
        if order is not None:
            return _laid_out(links, order)
    number, further = _crowded(neighbours)
    raise BackendError(
        "chain.parents: expected a tree that switches in a row of circuits can join, where the "
        "line of a compartment has two ends, found compartment "
        f"{number} between {len(further)} that are joined to further ones "
        f"({', '.join(map(str, further))})"
    )


def wire_chain(length: int) -> Wiring:
    """Lay a chain out; raises BackendError as ``wire``."""
    index = np.arange(length - 1)
    return wire(np.stack([index, index + 1], axis=1))


def check_length(length: int) -> None:
    """Raise BackendError for more compartments than a row of circuits can carry."""
    if length > LONGEST:
        raise BackendError(
            f"chain.length: expected at most {LONGEST} compartments, which the {QUADRANT} circuits "
            f"of a quadrant carry in pairs, found {length}"
        )


Neighbours = dict[int, list[int]]
"""Compartments that each one is joined to, in ascending order."""


def _neighbours(links: np.ndarray) -> Neighbours:
    found: Neighbours = {number: [] for number in range(len(links) + 1)}
    for one, other in links.tolist():
        found[one].append(other)
        found[other].append(one)
    return {number: sorted(joined) for number, joined in found.items()}


def _order(neighbours: Neighbours, start: int) -> list[int] | None:
    """Compartments from left to right, from ``start`` on; None if there is no such order.

    What has no further neighbours comes before the one that the next stretch is of.
    """
    order, last, current = [start], None, start
    while True:
        ahead = [number for number in neighbours[current] if number != last]
        onward = [number for number in ahead if len(neighbours[number]) > 1]
        if len(onward) > 1:
            return None
        order += [number for number in ahead if number not in onward] + onward
        if not onward:
            return order
        last, current = current, onward[0]


def _laid_out(links: np.ndarray, order: list[int]) -> Wiring:
    place = {number: index for index, number in enumerate(order)}
    resistors: list[int] = []
    ends: dict[int, int] = {}
    for one, other in links.tolist():
        left, right = sorted((one, other), key=place.__getitem__)
        resistors.append(2 * place[right])
        start = 2 * place[left] + 1
        ends[start] = max(ends.get(start, start), 2 * place[right])
    return Wiring(
        links.copy(),
        circuits=np.array([2 * place[number] for number in sorted(order)]),
        resistors=np.array(resistors),
        stretches=tuple(sorted(ends.items())),
    )


def _crowded(neighbours: Neighbours) -> tuple[int, list[int]]:
    """First compartment with three neighbours that have further ones, and all those."""
    for number, joined in neighbours.items():
        further = [n for n in joined if len(neighbours[n]) > 1]
        if len(further) > 2:
            return number, further
    raise AssertionError("every other tree can be laid out")
