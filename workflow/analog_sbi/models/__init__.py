"""Models: what is measured, as inputs, signals, parameterizations and observables.

A model is a module with a value ``MODEL``: one of this package by its name (``chain``), or a file
of the user by its path (``models/mine.py``, see ``models.file``).
Shapes: N parameter sets, D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Protocol

import numpy as np

from analog_sbi.errors import ModelError, SpaceError, UnavailableError
from analog_sbi.models import scale
from analog_sbi.prior import Statement
from analog_sbi.space import Space

Array = np.ndarray
Values = Mapping[str, Array]
"""Signals by name, each (N, ...)."""


@dataclass(frozen=True)
class Signal:
    """What a backend returns of one parameter set; a size is None where only data tell it.

    Values outside ``limits`` cannot come from the readout. ``parents`` of the entries of the first
    axis, where these are a tree (``models.tree``); else they are a row.
    """

    shape: tuple[int | None, ...]
    unit: str
    dtype: str = "float64"
    limits: tuple[float, float] | None = None
    parents: tuple[int | None, ...] = ()


Signals = Mapping[str, Signal]


def plain_signals(signals: Signals) -> dict[str, dict[str, Any]]:
    """Plain data of signals that ``signals_of`` reads."""
    return {name: _plain(signal) for name, signal in signals.items()}


def _plain(signal: Signal) -> dict[str, Any]:
    content = asdict(signal)
    if not signal.parents:
        del content["parents"]  # keys of problems are of what is there
    return content


def signals_of(content: Mapping[str, Mapping[str, Any]]) -> dict[str, Signal]:
    """Signals of plain data."""
    return {
        name: Signal(
            tuple(part["shape"]),
            part["unit"],
            part["dtype"],
            tuple(part["limits"]) if part["limits"] else None,
            tuple(part.get("parents", ())),
        )
        for name, part in content.items()
    }


class Parameterization(Protocol):
    """Map from the parameters that are inferred to the inputs of a model."""

    @property
    def space(self) -> Space:
        """Space of the parameters."""
        ...

    def __call__(self, theta: Array) -> Array:
        """Inputs (N, I) at parameters (N, D)."""
        ...


class Observable(Protocol):
    """Function of signals to features."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        ...

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each feature."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the signals."""
        ...

    def __call__(self, signals: Values) -> Array:
        """Features (N, F); NaN where one cannot be had."""
        ...


@dataclass(frozen=True)
class Features:
    """An observable made of a function."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    needs: tuple[str, ...]
    function: Callable[[Values], Array]

    def __call__(self, signals: Values) -> Array:
        """Features (N, F) of signals (N, ...)."""
        return self.function(signals)


@dataclass(frozen=True)
class Mapped:
    """A parameterization made of a function."""

    space: Space
    function: Callable[[Array], Array]

    def __call__(self, theta: Array) -> Array:
        """Inputs (N, I) at parameters (N, D)."""
        return self.function(np.atleast_2d(np.asarray(theta, dtype=float)))


@dataclass(frozen=True)
class Traces:
    """How recorded traces in a file are read: columns of potentials, and the signals they give.

    ``signals`` makes signals (N, ...) of times (T,), traces (N, L, T) and a backend's settings.
    """

    columns: Callable[[Signals], list[str]]
    signals: Callable[[Array, Array, Mapping[str, Any]], Values]


@dataclass(frozen=True)
class Validity:
    """Which runs are valid: a function of features by name, each (N,), that gives (N,) bool.

    ``needs`` are names of features of the model's tables; ``words`` say it to people.
    """

    needs: tuple[str, ...]
    function: Callable[[Values], Array]
    words: str

    def __call__(self, values: Values) -> Array:
        """Whether each of the runs (N,) is valid; none is that misses a feature.

        Raises ModelError unless the function gives a truth value for each.
        """
        own = {name: np.asarray(values[name], dtype=float) for name in self.needs}
        count = len(own[self.needs[0]])
        found = np.asarray(self.function(own))
        if found.shape != (count,) or found.dtype != bool:
            raise ModelError(
                f"valid: expected {count} truth values, found {found.dtype} of shape {found.shape}"
            )
        return found & np.all([np.isfinite(part) for part in own.values()], axis=0)


@dataclass(frozen=True)
class Model:
    """What is measured.

    ``parameterizations`` make a map from the space of the backend's inputs, ``observables`` a
    function from its signals. ``tabulated`` are the observables whose features stand in every
    table of measurements. ``stored`` names signals that these features keep whole, each by the
    observable that is its flattened form, so that other observables can be had from a table.
    ``traces`` reads files of recorded traces, where the model has any. ``prior`` states what is
    known of parameters by name (``prior.over``), where that is more than their bounds. ``valid``
    says which runs are, where the model tells valid ones, to which priors may be restricted.

    Beside these every parameterization is there with some or all parameters on a logarithmic scale
    (see ``scale``), and an observable may be a file of the user's, by its path. What a backend
    lacks inputs or signals for raises UnavailableError.
    """

    parameterizations: Mapping[str, Callable[[Space], Parameterization]]
    observables: Mapping[str, Callable[[Signals], Observable]]
    tabulated: tuple[str, ...]
    stored: Mapping[str, str] = field(default_factory=dict)
    traces: Traces | None = None
    prior: Mapping[str, Statement] = field(default_factory=dict)
    valid: Validity | None = None

    def stated(self, space: Space) -> dict[str, Statement]:
        """Prior of the parameters of a space, as far as the model states any.

        Raises ModelError for a logarithmic space of a parameter that has one.
        """
        for name in self.prior:
            if f"log10_{name}" in space.names:
                raise ModelError(
                    f"parameters: expected a linear scale, on which the model states the prior of "
                    f"{name}, found log10_{name}"
                )
        return {name: own for name, own in self.prior.items() if name in space.names}

    def parameterization(self, name: str, inputs: Space) -> Parameterization:
        """Parameterization by name; raises ModelError for an unknown one."""
        linear, bounds = scale.split(name)
        if bounds:
            return _logarithmic(self.parameterization(linear, inputs), bounds)
        if name not in self.parameterizations and name.endswith(scale.LOGARITHMIC):
            whole = self.parameterization(name.removesuffix(scale.LOGARITHMIC), inputs)
            every = {part: whole.space.limits(part) for part in whole.space.names}
            try:
                return _logarithmic(whole, every)
            except SpaceError as error:
                raise ModelError(f"parameters: {name}: {error}") from error
        return _entry(self.parameterizations, name, "parameters")(inputs)

    def observable(self, name: str, signals: Signals) -> Observable:
        """Observable by name, or by the path of a file.

        Raises ModelError for an unknown name or a file that is no observable.
        """
        if is_file(name):
            try:
                return import_module("analog_sbi.models.file").observable(name, signals)
            except ModelError as error:
                raise ModelError(f"observable: {error}") from error
        return _entry(self.observables, name, "observable")(signals)

    def tabular(self, name: str, signals: Signals) -> bool:
        """Whether an observable can be had from a table of measurements."""
        observable = self.observable(name, signals)
        return name in self.tabulated or set(observable.needs) <= set(self.stored)

    def tabulated_of(self, signals: Signals) -> tuple[str, ...]:
        """Tabulated observables that can be had from these signals."""
        return tuple(name for name in self.tabulated if _made(self.observables[name], signals))

    def parameterizations_of(self, inputs: Space) -> dict[str, Parameterization]:
        """Parameterizations that a backend has the inputs for, by name."""
        made = {name: _made(make, inputs) for name, make in self.parameterizations.items()}
        return {name: mapping for name, mapping in made.items() if mapping is not None}


def _made(make: Callable, argument: Any) -> Any:
    """What is made of signals or inputs, None where these lack something for it."""
    try:
        return make(argument)
    except UnavailableError:
        return None


def _logarithmic(linear: Parameterization, bounds: scale.Bounds) -> Mapped:
    """The parameterization with decimal logarithms of the parameters that have bounds here.

    Raises SpaceError for unknown names and bounds that have no logarithm.
    """
    space = linear.space.narrowed(bounds).logarithmic([*bounds])
    chosen = np.array([name in bounds for name in linear.space.names])

    def undo(theta: Array) -> Array:
        return np.power(10.0, theta, out=theta.copy(), where=chosen)

    return Mapped(space, lambda theta: linear(undo(theta)))


def _entry(entries: Mapping[str, Callable], name: str, key: str) -> Callable:
    if name not in entries:
        raise ModelError(f"{key}: expected one of {', '.join(entries)}, found {name!r}")
    return entries[name]


def names() -> list[str]:
    """Names of the models of this package: its modules that have a value ``MODEL``."""
    modules = (module.name for module in iter_modules(__path__))
    return sorted(name for name in modules if hasattr(_module(name), "MODEL"))


def is_file(name: str) -> bool:
    """Whether a model is a file of the user's."""
    return name.endswith(".py")


def stem(name: str) -> str:
    """Name of a model in paths: that of the package, or of the file without its suffix."""
    return Path(name).stem if is_file(name) else name


@cache
def load(name: str) -> Model:
    """Model by name or by the path of a file.

    Raises ModelError for an unknown name or a file that is no model.
    """
    if is_file(name):
        return import_module("analog_sbi.models.file").model(name)
    if name not in names():
        raise ModelError(
            f"model: expected one of {', '.join(names())} or a Python file, found {name!r}"
        )
    return _module(name).MODEL


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")


def features(observables: Sequence[Observable], signals: Values) -> dict[str, Array]:
    """Columns (N,) of all observables by the names of their features, each once.

    Raises ModelError if an observable gives anything but numbers (N, F).
    """
    columns: dict[str, Array] = {}
    for observable in observables:
        if set(observable.names) <= set(columns):
            continue
        where = f"observable of {', '.join(observable.names)}"
        values = numbers(observable(signals), where)
        if values.ndim != 2 or values.shape[1] != len(observable.names):
            raise ModelError(
                f"{where}: expected shape (N, {len(observable.names)}), found {values.shape}"
            )
        counts = {len(signals[need]) for need in observable.needs} - {len(values)}
        if counts:
            raise ModelError(f"{where}: expected {counts.pop()} rows, found {len(values)}")
        columns |= dict(zip(observable.names, values.T, strict=True))
    return columns


def numbers(values: object, what: str) -> Array:
    """Real numbers as an array of floats, NaN where a masked array has none.

    Raises ModelError that says of what for anything else, truth values and text among them.
    """
    try:
        found = np.asanyarray(values) if np.ma.isMaskedArray(values) else np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ModelError(f"expected numbers in {what}, found {error}") from error
    if found.dtype.kind not in "fiu":
        raise ModelError(f"expected numbers in {what}, found values of type {found.dtype}")
    found = found.astype(float)
    return found.filled(np.nan) if isinstance(found, np.ma.MaskedArray) else found
