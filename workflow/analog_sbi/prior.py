"""Priors: what is known of parameters before a measurement, each independent of the others.

A parameter is uniform between its bounds, or has a distribution of ``DISTRIBUTIONS``, which are
torch's of the same name with its arguments in its order (and ``log_uniform``), within its bounds.
Bounds may be infinite where a distribution is stated. Arithmetic is scipy's, in double precision.
A prior may be restricted to a region, where parameters depend on one another (``restricted``).
Shapes: N parameter sets, D parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol, Self

import numpy as np

from analog_sbi.errors import ProblemError, SpaceError
from analog_sbi.space import Space

Array = np.ndarray
Statement = Sequence[float] | Mapping[str, Sequence[float]]
"""Of a parameter: bounds, or arguments by the name of a distribution, maybe with ``bounds``."""

BOUNDS, UNIFORM = "bounds", "uniform"
LEAST_MASS = 1e-3  # of a distribution between the bounds, below which tails would lose precision
LEAST_POSITION = 2.0**-53  # of random numbers that are not 0
SHOWN = 1e-3  # quantile of a tail beyond which a distribution is not shown
ONE_SIGMA = 0.15865525393145707  # quantile of a normal distribution at minus one deviation


@dataclass(frozen=True)
class Law:
    """Arguments of a distribution, those that may be any number, and scipy's of equal density.

    ``scipy`` makes of the arguments the name in scipy.stats and its settings.
    """

    arguments: tuple[str, ...]
    scipy: Callable[..., tuple[str, dict[str, float]]]
    real: tuple[str, ...] = ("loc",)


DISTRIBUTIONS: dict[str, Law] = {
    "beta": Law(
        ("concentration1", "concentration0"),
        lambda one, zero: ("beta", {"a": one, "b": zero}),
    ),
    "cauchy": Law(("loc", "scale"), lambda loc, scale: ("cauchy", {"loc": loc, "scale": scale})),
    "chi2": Law(("df",), lambda df: ("chi2", {"df": df})),
    "exponential": Law(("rate",), lambda rate: ("expon", {"scale": 1 / rate})),
    "fisher_snedecor": Law(("df1", "df2"), lambda df1, df2: ("f", {"dfn": df1, "dfd": df2})),
    "gamma": Law(
        ("concentration", "rate"),
        lambda shape, rate: ("gamma", {"a": shape, "scale": 1 / rate}),
    ),
    "gumbel": Law(("loc", "scale"), lambda loc, scale: ("gumbel_r", {"loc": loc, "scale": scale})),
    "half_cauchy": Law(("scale",), lambda scale: ("halfcauchy", {"scale": scale})),
    "half_normal": Law(("scale",), lambda scale: ("halfnorm", {"scale": scale})),
    "inverse_gamma": Law(
        ("concentration", "rate"),
        lambda shape, rate: ("invgamma", {"a": shape, "scale": rate}),
    ),
    "laplace": Law(("loc", "scale"), lambda loc, scale: ("laplace", {"loc": loc, "scale": scale})),
    "log_normal": Law(
        ("loc", "scale"),
        lambda loc, scale: ("lognorm", {"s": scale, "scale": math.exp(loc)}),
    ),
    "log_uniform": Law(("low", "high"), lambda low, high: ("loguniform", {"a": low, "b": high})),
    "normal": Law(("loc", "scale"), lambda loc, scale: ("norm", {"loc": loc, "scale": scale})),
    "pareto": Law(("scale", "alpha"), lambda scale, b: ("pareto", {"b": b, "scale": scale})),
    "student_t": Law(
        ("df", "loc", "scale"),
        lambda df, loc, scale: ("t", {"df": df, "loc": loc, "scale": scale}),
    ),
    "uniform": Law(
        ("low", "high"),
        lambda low, high: ("uniform", {"loc": low, "scale": high - low}),
        real=("low", "high"),
    ),
    "weibull": Law(
        ("scale", "concentration"),
        lambda scale, shape: ("weibull_min", {"c": shape, "scale": scale}),
    ),
}


FURTHER = {"restricted": ("analog_sbi.restricted", "restricted_of")}
"""Where priors of other kinds are rebuilt: module and function."""


class Prior(Protocol):
    """Distribution over a space, in whose bounds all of its mass lies."""

    @property
    def space(self) -> Space:
        """Names, units and bounds of the parameters."""
        ...

    def draw(self, count: int, generator: np.random.Generator) -> Array:
        """Parameters (count, D)."""
        ...

    def contains(self, theta: Array) -> Array:
        """Whether parameters (N, D) lie where the density is above zero: (N,) bool."""
        ...

    def log_prob(self, theta: Array) -> Array:
        """Log densities (N,) at parameters (N, D): -inf outside the bounds."""
        ...

    @property
    def unrestricted(self) -> Prior:
        """The prior over all of its space, in which parameters are independent of one another."""
        ...

    @property
    def share(self) -> float:
        """Mass that the unrestricted prior has where this one lies."""
        ...

    def scale(self, position: Array) -> Array:
        """Parameters (N, D) at quantiles (N, D) of each.

        Maps the unit cube evenly to the prior if it is ``unrestricted``.
        """
        ...

    def position(self, theta: Array) -> Array:
        """Quantiles (N, D) of parameters (N, D): inverts ``scale``."""
        ...

    def density(self, index: int, values: Array) -> Array:
        """Density (N,) of one parameter at values (N,)."""
        ...

    @property
    def window(self) -> tuple[Array, Array]:
        """Finite lowest and highest values (D,) that are worth showing."""
        ...

    def plain(self) -> dict[str, Any]:
        """Plain data that ``prior_of`` reads."""
        ...


class Whole:
    """What priors have in common whose density is above zero within all of their bounds."""

    space: Space

    @property
    def unrestricted(self) -> Self:
        """The prior itself."""
        return self

    @property
    def share(self) -> float:
        """All of its mass."""
        return 1.0

    def contains(self, theta: Array) -> Array:
        """Whether parameters (N, D) lie within the bounds: (N,) bool."""
        return self.space.contains(theta)


@dataclass(frozen=True)
class Box(Whole):
    """The uniform prior over a space; raises SpaceError if a bound is infinite."""

    space: Space

    def __post_init__(self) -> None:
        """Check the bounds."""
        self.space.expect_finite("as bounds of a uniform prior; state a distribution or bounds")

    def draw(self, count: int, generator: np.random.Generator) -> Array:
        """Parameters (count, D)."""
        return self.space.draw(count, generator)

    def log_prob(self, theta: Array) -> Array:
        """Log densities (N,) at parameters (N, D): -inf outside."""
        return np.where(self.space.contains(theta), -self.space.log_volume, -np.inf)

    def scale(self, position: Array) -> Array:
        """Parameters (N, D) at positions in the unit cube (N, D)."""
        return self.space.scale(position)

    def position(self, theta: Array) -> Array:
        """Positions in the unit cube (N, D) of parameters (N, D)."""
        return self.space.position(theta)

    def density(self, index: int, values: Array) -> Array:
        """Density (N,) of one parameter at values (N,)."""
        low, high = self.space.low[index], self.space.high[index]
        return np.where((low <= values) & (values <= high), 1 / (high - low), 0.0)

    @property
    def window(self) -> tuple[Array, Array]:
        """The bounds (D,)."""
        return self.space.low, self.space.high

    def plain(self) -> dict[str, Any]:
        """Plain data that ``prior_of`` reads."""
        return {"kind": "box", **self.space.plain()}


@dataclass(frozen=True)
class Independent(Whole):
    """A distribution for each parameter: its name and arguments, within the bounds of the space.

    The uniform distribution has no arguments: the bounds are its own. Make it by ``over``.
    """

    space: Space
    laws: tuple[tuple[str, tuple[float, ...]], ...]

    def draw(self, count: int, generator: np.random.Generator) -> Array:
        """Parameters (count, D)."""
        return self.scale(generator.random((count, len(self.space))))

    def log_prob(self, theta: Array) -> Array:
        """Log densities (N,) at parameters (N, D): -inf outside the bounds."""
        theta = np.asarray(theta, dtype=float)
        each = [part.log_density(theta[..., i]) for i, part in enumerate(self._parts)]
        return np.sum(each, axis=0)

    def scale(self, position: Array) -> Array:
        """Parameters (N, D) at quantiles (N, D)."""
        position = np.asarray(position, dtype=float)
        each = [part.quantile(position[..., i]) for i, part in enumerate(self._parts)]
        return np.stack(each, axis=-1)

    def position(self, theta: Array) -> Array:
        """Quantiles (N, D) of parameters (N, D)."""
        theta = np.asarray(theta, dtype=float)
        each = [part.position(theta[..., i]) for i, part in enumerate(self._parts)]
        return np.stack(each, axis=-1)

    def density(self, index: int, values: Array) -> Array:
        """Density (N,) of one parameter at values (N,)."""
        return np.exp(self._parts[index].log_density(np.asarray(values, dtype=float)))

    @property
    def window(self) -> tuple[Array, Array]:
        """Quantiles (D,) of the tails; the bounds of a uniform parameter."""
        count = len(self.space)
        low, high = self.scale(np.array([[SHOWN] * count, [1 - SHOWN] * count]))
        uniform = np.array([name == UNIFORM for name, _ in self.laws])
        return np.where(uniform, self.space.low, low), np.where(uniform, self.space.high, high)

    def plain(self) -> dict[str, Any]:
        """Plain data that ``prior_of`` reads."""
        laws = [[name, list(arguments)] for name, arguments in self.laws]
        return {"kind": "independent", **self.space.plain(), "laws": laws}

    @cached_property
    def _parts(self) -> list[_Truncated]:
        bounds = zip(self.space.low.tolist(), self.space.high.tolist(), strict=True)
        return [
            _Truncated(_distribution(name, arguments or pair), *pair)
            for (name, arguments), pair in zip(self.laws, bounds, strict=True)
        ]


@dataclass(frozen=True)
class _Truncated:
    """A distribution of scipy between two bounds."""

    whole: Any
    low: float
    high: float

    @cached_property
    def below(self) -> float:
        return float(self.whole.cdf(self.low))

    @cached_property
    def mass(self) -> float:
        return float(self.whole.cdf(self.high)) - self.below

    def log_density(self, values: Array) -> Array:
        inside = (self.low <= values) & (values <= self.high)
        return np.where(inside, self.whole.logpdf(values) - math.log(self.mass), -np.inf)

    def quantile(self, position: Array) -> Array:
        # the ends of the unit interval may lie at infinity
        kept = np.clip(position, LEAST_POSITION, 1 - LEAST_POSITION)
        values = self.whole.ppf(self.below + kept * self.mass)
        return np.clip(values, self.low, self.high)

    def position(self, values: Array) -> Array:
        return np.clip((self.whole.cdf(values) - self.below) / self.mass, 0.0, 1.0)


def over(space: Space, statements: Mapping[str, Statement]) -> Prior:
    """Prior over a space, uniform within its bounds where nothing is stated.

    Raises SpaceError that names the parameter for one that there is not, bounds outside the
    space's, unknown distributions, arguments that they do not take, and distributions that have
    next to no mass within the bounds.
    """
    for name in statements:
        space.limits(name)
    read = {name: _read(name, statement) for name, statement in statements.items()}
    space = space.narrowed({name: bounds for name, (_, _, bounds) in read.items() if bounds})
    uniform: tuple[str, tuple[float, ...]] = (UNIFORM, ())
    laws = [read[name][:2] if name in read else uniform for name in space.names]
    if all(law == uniform for law in laws):
        return Box(space)
    low, high = space.low.copy(), space.high.copy()
    for i, (parameter, (name, arguments)) in enumerate(zip(space.names, laws, strict=True)):
        if (name, arguments) == uniform:
            space.select([parameter]).expect_finite("as bounds of a uniform prior")
            continue
        whole = _distribution(name, arguments)
        mass = float(whole.cdf(high[i]) - whole.cdf(low[i]))
        if not mass >= LEAST_MASS:
            raise SpaceError(
                f"{parameter}: expected at least {100 * LEAST_MASS:g} % of {name} within "
                f"[{low[i]:g}, {high[i]:g}] {space.units[i]}, found {100 * mass:.2g} %"
            )
        own = whole.support()
        low[i], high[i] = max(low[i], float(own[0])), min(high[i], float(own[1]))
    return Independent(Space(space.names, space.units, low, high), tuple(laws))


def prior_of(content: Mapping[str, Any]) -> Prior:
    """Prior of plain data; raises ProblemError for an unknown kind."""
    kind = content.get("kind")
    if kind == "box":
        return Box(Space.from_plain(content))
    if kind == "independent":
        laws = tuple((name, tuple(arguments)) for name, arguments in content["laws"])
        return Independent(Space.from_plain(content), laws)
    if kind in FURTHER:
        module, function = FURTHER[kind]
        prior: Prior = getattr(import_module(module), function)(content)
        return prior
    raise ProblemError(f"prior: expected box, independent or restricted, found {kind!r}")


def median_and_spread(prior: Prior) -> tuple[Array, Array]:
    """Median (D,) and half the width (D,) of the central 68 %, which every distribution has."""
    count = len(prior.space)
    quantiles = np.array([[q] * count for q in (ONE_SIGMA, 0.5, 1 - ONE_SIGMA)])
    low, middle, high = prior.scale(quantiles)
    return middle, (high - low) / 2


def _read(
    parameter: str, statement: Statement
) -> tuple[str, tuple[float, ...], tuple[float, float] | None]:
    """Distribution, arguments and bounds that are stated of a parameter."""
    if not isinstance(statement, Mapping):
        return UNIFORM, (), _pair(parameter, statement)
    stated = dict(statement)
    bounds = stated.pop(BOUNDS, None)
    pair = None if bounds is None else _pair(parameter, bounds)
    if not stated and pair is not None:
        return UNIFORM, (), pair
    if len(stated) != 1:
        raise SpaceError(f"{parameter}: expected one distribution, found {len(stated)}")
    ((name, arguments),) = stated.items()
    if name not in DISTRIBUTIONS:
        raise SpaceError(f"{parameter}: expected one of {', '.join(DISTRIBUTIONS)}, found {name!r}")
    values = _numbers(parameter, arguments)
    law = DISTRIBUTIONS[name]
    if len(values) != len(law.arguments):
        expected = ", ".join(law.arguments)
        raise SpaceError(f"{parameter}: expected {name}: [{expected}], found {list(values)}")
    for argument, value in zip(law.arguments, values, strict=True):
        if argument not in law.real and not value > 0:
            raise SpaceError(f"{parameter}: expected {argument} of {name} above 0, found {value:g}")
    if "low" in law.arguments and not values[0] < values[1]:
        raise SpaceError(f"{parameter}: expected low < high of {name}, found {list(values)}")
    if name == UNIFORM and pair is None:
        return UNIFORM, (), (values[0], values[1])
    return name, values, pair


def _pair(parameter: str, bounds: Sequence[float]) -> tuple[float, float]:
    values = _numbers(parameter, bounds)
    if len(values) != 2:
        raise SpaceError(f"{parameter}: expected bounds [lowest, highest], found {list(values)}")
    return values[0], values[1]


def _numbers(parameter: str, values: Any) -> tuple[float, ...]:
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError) as error:
        raise SpaceError(f"{parameter}: expected a list of numbers, found {values!r}") from error
    if not all(math.isfinite(number) for number in numbers):
        raise SpaceError(f"{parameter}: expected finite numbers, found {list(numbers)}")
    return numbers


def _distribution(name: str, arguments: Sequence[float]) -> Any:
    from scipy import stats

    kind, settings = DISTRIBUTIONS[name].scipy(*arguments)
    return getattr(stats, kind)(**settings)
