"""Products of Legendre polynomials of several parameters, over the unit cube.

A term is told by its degree in each parameter. Sets of terms are closed: with a term they hold
every term of which no degree is higher.
Shapes: M parameter sets, D parameters, P terms.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations_with_replacement

import numpy as np


@lru_cache(maxsize=32)
def up_to(parameters: int, degree: int) -> np.ndarray:
    """Degrees (P, D) of all terms up to a total degree, in ascending order of it (read-only)."""
    rows = []
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(parameters), total):
            rows.append(np.bincount(np.asarray(chosen, dtype=int), minlength=parameters))
    found = np.array(rows)
    found.setflags(write=False)
    return found


def cheapest(a_degree: np.ndarray, entry: np.ndarray, most: int, highest: int) -> np.ndarray:
    """Degrees (P, D) of at most ``most`` terms, those that cost least, in ascending order of it.

    A term costs ``a_degree`` (D,), above 0, for each degree in a parameter and ``entry`` (D,), not
    below 0, for each parameter that it depends on. No degree is above ``highest``.
    """
    constant = (0,) * len(a_degree)
    waiting, seen = [(0.0, constant)], {constant}
    rows: list[tuple[int, ...]] = []
    while waiting and len(rows) < most:
        cost, row = heapq.heappop(waiting)
        rows.append(row)
        for place, power in enumerate(row):
            higher = (*row[:place], power + 1, *row[place + 1 :])
            if power < highest and higher not in seen:
                seen.add(higher)
                more = a_degree[place] + (0 if power else entry[place])
                heapq.heappush(waiting, (cost + float(more), higher))
    return np.array(rows)


def basis(position: np.ndarray, powers: np.ndarray) -> np.ndarray:
    """Terms (P, M) of degrees ``powers`` (P, D) at positions (M, D), each of mean square 1.

    ``powers`` are of a closed set, and none comes before one that it has grown from.
    """
    place = 2 * np.asarray(position, dtype=float).T - 1
    highest = int(powers.max(initial=1))
    single = np.ones((len(place), highest + 1, place.shape[1]))
    single[:, 1] = place
    for n in range(1, highest):
        single[:, n + 1] = ((2 * n + 1) * place * single[:, n] - n * single[:, n - 1]) / (n + 1)
    single *= np.sqrt(2 * np.arange(highest + 1) + 1)[:, None]
    products = np.ones((len(powers), place.shape[1]))
    whole = np.ascontiguousarray(powers, dtype=np.int64)
    for row, (parent, parameter, power) in enumerate(_parents(whole.tobytes(), len(place))):
        if power:
            np.multiply(products[parent], single[parameter, power], out=products[row])
    return products


@lru_cache(maxsize=32)
def _parents(powers: bytes, parameters: int) -> Sequence[tuple[int, int, int]]:
    """Of each term the one without its last parameter, that parameter, and its degree in it."""
    rows = np.frombuffer(powers, dtype=np.int64).reshape(-1, parameters).tolist()
    place = {tuple(row): index for index, row in enumerate(rows)}
    found = []
    for row in rows:
        last = max((index for index, power in enumerate(row) if power), default=0)
        found.append((place[(*row[:last], 0, *row[last + 1 :])], last, row[last]))
    return tuple(found)
