"""Spaces of parameters: names, units and bounds, and what is done with points of them.

Shapes: N points, D parameters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from analog_sbi.errors import SpaceError

Array = np.ndarray


def printed_unit(text: str) -> str:
    """A unit as it is printed: µs for us, S/cm² for S/cm2."""
    micro = re.sub(r"\bu(?=[smSVAFJW]\b)", "µ", text)
    return re.sub(r"(?<=[a-z])[23]\b", lambda power: {"2": "²", "3": "³"}[power[0]], micro)


@dataclass(frozen=True, eq=False)
class Space:
    """A box of named parameters from ``low`` (D,) to ``high`` (D,), each with its unit.

    Bounds may be infinite; what needs finite ones raises SpaceError without. Raises SpaceError if
    there are no parameters, the parts have different lengths, a name comes twice or a bound is not
    below the other.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: Array
    high: Array

    def __post_init__(self) -> None:
        """Check the parts and freeze the bounds."""
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "units", tuple(self.units))
        for name in ("low", "high"):
            try:
                values = np.array(getattr(self, name), dtype=float)
            except (TypeError, ValueError) as error:
                raise SpaceError(f"space: expected numbers as bounds, found {error}") from error
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        count = len(self.names)
        if not count:
            raise SpaceError("space: expected at least one parameter, found none")
        if (len(self.units), self.low.shape, self.high.shape) != (count, (count,), (count,)):
            raise SpaceError(
                f"space: expected units and bounds for {count} names, found "
                f"{len(self.units)} units, bounds of shape {self.low.shape} and {self.high.shape}"
            )
        if len(set(self.names)) < len(self.names):
            raise SpaceError(f"space: expected different names, found {', '.join(self.names)}")
        for name, low, high in zip(self.names, self.low, self.high, strict=True):
            if not low < high:
                raise SpaceError(f"{name}: expected bounds low < high, found [{low}, {high}]")

    def __len__(self) -> int:
        """Number of parameters."""
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        """Whether names, units and bounds are equal."""
        return isinstance(other, Space) and self.plain() == other.plain()

    def __hash__(self) -> int:
        """Hash of names, units and bounds."""
        return hash((self.names, self.units, tuple(self.low), tuple(self.high)))

    @property
    def unit_of(self) -> dict[str, str]:
        """Unit of each name, as the metadata of tables have them."""
        return dict(zip(self.names, self.units, strict=True))

    @property
    def finite(self) -> Array:
        """Whether both bounds of a parameter are finite: (D,) bool."""
        return np.isfinite(self.low) & np.isfinite(self.high)

    def expect_finite(self, what: str) -> None:
        """Raise SpaceError for the first parameter with an infinite bound; ``what`` needs none."""
        for name, low, high, finite in zip(
            self.names, self.low, self.high, self.finite, strict=True
        ):
            if not finite:
                raise SpaceError(f"{name}: expected finite numbers {what}, found [{low}, {high}]")

    @property
    def width(self) -> Array:
        """Extent (D,) of each parameter."""
        return self.high - self.low

    @property
    def volume(self) -> float:
        """Product of the extents."""
        return float(np.prod(self.width))

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume."""
        return float(np.log(self.width).sum())

    def limits(self, name: str) -> tuple[float, float]:
        """Bounds of one parameter; raises SpaceError for an unknown name."""
        index = self._index(name)
        return float(self.low[index]), float(self.high[index])

    def unit(self, name: str) -> str:
        """Unit of one parameter; raises SpaceError for an unknown name."""
        return self.units[self._index(name)]

    def select(self, names: Sequence[str]) -> Space:
        """Space of some of the parameters, in the order of ``names``."""
        index = [self._index(name) for name in names]
        units = tuple(self.units[i] for i in index)
        return Space(tuple(names), units, self.low[index], self.high[index])

    def narrowed(self, bounds: Mapping[str, Sequence[float]]) -> Space:
        """The same space with narrower bounds for some parameters.

        Raises SpaceError for an unknown name or bounds outside the present ones.
        """
        low, high = self.low.copy(), self.high.copy()
        for name, (below, above) in bounds.items():
            index = self._index(name)
            if not low[index] <= below < above <= high[index]:
                raise SpaceError(
                    f"{name}: expected bounds within [{low[index]:g}, {high[index]:g}] "
                    f"{self.units[index]}, found [{below}, {above}]"
                )
            low[index], high[index] = below, above
        return Space(self.names, self.units, low, high)

    def logarithmic(self, names: Collection[str]) -> Space:
        """Space with the decimal logarithms of some parameters in place of them.

        Raises SpaceError unless their bounds are above 0.
        """
        chosen = np.array([name in names for name in self.names])
        for name, low in zip(self.names, self.low, strict=True):
            if name in names and low <= 0:
                raise SpaceError(
                    f"{name}: expected bounds above 0 for a logarithmic scale, found {low:g}"
                )
        return Space(
            tuple(f"log10_{name}" if name in names else name for name in self.names),
            tuple(
                f"log10({unit})" if own else unit
                for unit, own in zip(self.units, chosen, strict=True)
            ),
            np.log10(self.low, out=self.low.copy(), where=chosen),
            np.log10(self.high, out=self.high.copy(), where=chosen),
        )

    def scale(self, position: Array) -> Array:
        """Parameters (N, D) at positions in the unit cube (N, D); raises SpaceError as ``draw``."""
        self.expect_finite("as bounds between which positions lie")
        return self.low + np.asarray(position, dtype=float) * (self.high - self.low)

    def position(self, theta: Array) -> Array:
        """Positions in the unit cube (N, D) of parameters (N, D); raises SpaceError as ``draw``."""
        self.expect_finite("as bounds between which positions lie")
        return (np.asarray(theta, dtype=float) - self.low) / (self.high - self.low)

    def centred(self, theta: Array) -> Array:
        """Coordinates (N, D) in which the box reaches from -1 to 1.

        Raises SpaceError if a bound is infinite.
        """
        self.expect_finite("as bounds that coordinates are centred between")
        return 2 * (theta - self.low) / (self.high - self.low) - 1

    def draw(self, count: int, generator: np.random.Generator) -> Array:
        """Parameters (count, D) that fill the box evenly at random.

        Raises SpaceError if a bound is infinite.
        """
        self.expect_finite("as bounds to draw evenly between")
        return self.low + self.width * generator.random((count, len(self)))

    def grid(self, steps: int) -> Array:
        """Even grid with its ends on the bounds (steps^D, D), the last parameter fastest.

        Raises SpaceError if a bound is infinite.
        """
        self.expect_finite("as ends of a grid")
        axes = [np.linspace(*bounds, steps) for bounds in zip(self.low, self.high, strict=True)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(self))

    def cells(self, steps: int) -> Array:
        """Centres of even cells that tile the box (steps^D, D), the last parameter fastest.

        Raises SpaceError if a bound is infinite.
        """
        self.expect_finite("as bounds of a box of cells")
        place = (np.arange(steps) + 0.5) / steps
        unit = np.stack(np.meshgrid(*[place] * len(self), indexing="ij"), axis=-1)
        return self.low + unit.reshape(-1, len(self)) * self.width

    def contains(self, theta: Array) -> Array:
        """Whether parameters (N, D) lie in the box, its faces included: (N,) bool."""
        inside = (theta >= self.low) & (theta <= self.high)
        return np.asarray(inside.all(axis=-1))

    def unbounded(self, theta: Array) -> Array:
        """Images (N, D) without bounds of parameters (N, D).

        Logits of positions between two bounds, logarithms of the distance from one, values where
        there is none.
        """
        if self.finite.all():
            return scipy.special.logit(self.position(theta))
        theta = np.asarray(theta, dtype=float)
        return np.stack([self._image(i, theta[..., i]) for i in range(len(self))], axis=-1)

    def bounded(self, images: Array) -> Array:
        """Parameters (N, D) at images (N, D): inverts ``unbounded``."""
        if self.finite.all():
            return self.low + self.width * scipy.special.expit(images)
        images = np.asarray(images, dtype=float)
        return np.stack([self._original(i, images[..., i]) for i in range(len(self))], axis=-1)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``from_plain`` reads."""
        return {
            "names": list(self.names),
            "units": list(self.units),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
        }

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> Space:
        """Space of plain data; raises SpaceError if a part is missing."""
        try:
            return cls(*(content[key] for key in ("names", "units", "low", "high")))
        except (KeyError, TypeError) as error:
            raise SpaceError(f"space: expected names, units, low, high; missing {error}") from error

    def _image(self, index: int, values: Array) -> Array:
        low, high = self.low[index], self.high[index]
        if np.isfinite(low) and np.isfinite(high):
            return scipy.special.logit((values - low) / (high - low))
        if np.isfinite(low):
            return np.log(values - low)
        return -np.log(high - values) if np.isfinite(high) else values

    def _original(self, index: int, images: Array) -> Array:
        low, high = self.low[index], self.high[index]
        if np.isfinite(low) and np.isfinite(high):
            return low + (high - low) * scipy.special.expit(images)
        if np.isfinite(low):
            return low + np.exp(images)
        return high - np.exp(-images) if np.isfinite(high) else images

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise SpaceError(f"{name}: expected one of {', '.join(self.names)}, found {name!r}")
        return self.names.index(name)
