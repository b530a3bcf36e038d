"""The compartment chain as parameters: names, expansion to circuits, and limits.

A chain of ``L`` compartments has ``L`` leak conductances and ``L - 1`` axial ones.
``global`` parameters are one value of each for the whole chain (D = 2), ``individual``
ones are a value for every compartment and connection (D = 2 L - 1, leaks first).
Shapes: N parameter sets, D parameters, L compartments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_LENGTH = 2


@dataclass(frozen=True)
class Limits:
    """Range of the two kinds of conductance, in the unit of the backend."""

    leak: tuple[float, float]
    axial: tuple[float, float]
    unit_leak: str
    unit_axial: str

    @property
    def area(self) -> float:
        """Area of the plane of global parameters."""
        return (self.leak[1] - self.leak[0]) * (self.axial[1] - self.axial[0])


def parameter_names(kind: str, length: int) -> list[str]:
    """Name the parameters of a chain, in the order of the tables.

    Raises ValueError for an unknown kind or a chain shorter than two compartments.
    """
    if length < MIN_LENGTH:
        raise ValueError(f"a chain has at least {MIN_LENGTH} compartments, found {length}")
    if kind == "global":
        return ["g_leak", "g_axial"]
    if kind == "individual":
        leak = [f"g_leak_{i}" for i in range(length)]
        return leak + [f"g_axial_{i}{i + 1}" for i in range(length - 1)]
    raise ValueError(f"parameters are 'global' or 'individual', found {kind!r}")


def expand(parameters: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Give each compartment its leak (N, L) and each connection its axial value (N, L - 1).

    ``parameters`` is (N, 2), one leak and one axial value a chain, or (N, 2 L - 1).
    Raises ValueError for any other number of columns.
    """
    parameters = np.atleast_2d(np.asarray(parameters, dtype=float))
    count = parameters.shape[1]
    if count == 2 * length - 1:
        return parameters[:, :length], parameters[:, length:]
    if count == 2:
        leak, axial = parameters[:, :1], parameters[:, 1:]
        return np.repeat(leak, length, axis=1), np.repeat(axial, length - 1, axis=1)
    raise ValueError(
        f"a chain of {length} takes 2 or {2 * length - 1} parameters, found {count} columns"
    )


def bounds(kind: str, length: int, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of each parameter, two arrays (D,)."""
    pairs = np.array(
        [
            limits.leak if n.startswith("g_leak") else limits.axial
            for n in parameter_names(kind, length)
        ]
    )
    return pairs[:, 0], pairs[:, 1]


def scale(fractions: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Map positions in the unit cube (N, D) to parameters (N, D) between the bounds (D,)."""
    return low + np.asarray(fractions, dtype=float) * (high - low)


def grid(steps: int, limits: Limits) -> np.ndarray:
    """Evenly spaced global parameters over the whole range (steps^2, 2), axial fastest."""
    leak = np.linspace(*limits.leak, steps)
    axial = np.linspace(*limits.axial, steps)
    return np.stack(np.meshgrid(leak, axial, indexing="ij"), axis=-1).reshape(-1, 2)
