"""Models in files of the user: a space, signals, observables and a function that measures.

A file such as ``models/mine.py`` has

    space          Space of its inputs, which are inferred
    signals        a Signal by name
    observables    by name, a function of the signals that makes an Observable (``models.Features``)
    measure        function of inputs (N, I) and a numpy generator: signals by name, each (N, ...)

and is measured by the backend ``function``. Optional: ``parameterizations`` by name, beside
``identity``; ``tabulated``, observables whose features stand in every table (all that need no
signal of unknown size); ``prior``, what is known of parameters by name, as in
``{"g": {"normal": [5, 2]}}`` (``analog_sbi.prior``): a parameter with infinite bounds needs one;
``valid``, which runs are, a ``models.Validity`` of features of ``tabulated``.

A file with an observable alone has a function ``observable`` of the signals that makes it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from analog_sbi.errors import ModelError, SpaceError
from analog_sbi.models import (
    Features,
    Mapped,
    Model,
    Observable,
    Parameterization,
    Signal,
    Signals,
    Validity,
)
from analog_sbi.prior import over
from analog_sbi.space import Space

PARTS = {"space": Space, "signals": dict, "observables": dict}


@cache
def module(path: str) -> ModuleType:
    """Import a model's file and check that it has all parts.

    Raises ModelError that names the file, what was expected and what is there.
    """
    loaded = _imported(path, "a model")
    for name, kind in PARTS.items():
        if not isinstance(getattr(loaded, name, None), kind):
            found = type(getattr(loaded, name, None)).__name__
            raise ModelError(f"{path}: expected {name} of type {kind.__name__}, found {found}")
    for name in ("signals", "observables"):
        if not getattr(loaded, name):
            raise ModelError(f"{path}: expected at least one entry in {name}, found none")
    for name, signal in loaded.signals.items():
        _check_signal(path, name, signal)
    for name in (*loaded.space.names, *loaded.signals, *loaded.observables):
        if not _is_name(name):
            raise ModelError(f"{path}: expected names that are text, found {name!r}")
    if not callable(getattr(loaded, "measure", None)):
        raise ModelError(f"{path}: expected a function measure(inputs, generator), found none")
    return loaded


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.strip() == name != "" and name.isprintable()


def _check_signal(path: str, name: object, signal: object) -> None:
    """Raise ModelError unless this is a Signal of some shape, unit and limits."""
    where = f"{path}: signals {name}"
    if not isinstance(signal, Signal):
        raise ModelError(
            f"{path}: expected signals {name} of type Signal, found {type(signal).__name__}"
        )
    sizes = signal.shape
    if not isinstance(sizes, tuple) or not all(
        size is None or (isinstance(size, int) and size > 0) for size in sizes
    ):
        raise ModelError(f"{where}: expected a tuple of sizes or None as shape, found {sizes!r}")
    if not isinstance(signal.unit, str):
        raise ModelError(f"{where}: expected a unit, found {signal.unit!r}")
    try:
        low, high = signal.limits or (0.0, 1.0)
        ordered = bool(low < high)
    except (TypeError, ValueError):
        ordered = False
    if not ordered:
        raise ModelError(f"{where}: expected limits (low, high), found {signal.limits!r}")


def model(path: str) -> Model:
    """Model of a file; raises ModelError as ``module`` does, or for an observable that is none."""
    loaded = module(path)
    makers = getattr(loaded, "parameterizations", {})
    if not isinstance(makers, dict):
        raise ModelError(
            f"{path}: expected parameterizations of type dict, found {type(makers).__name__}"
        )
    parameterizations = {
        name: _guarded(f"{path}: parameters {name}", make, _mapped) for name, make in makers.items()
    }
    observables = {
        name: _guarded(f"{path}: observable {name}", make, _features)
        for name, make in loaded.observables.items()
    }
    for make in observables.values():
        make(loaded.signals)
    tabulated = getattr(loaded, "tabulated", _tabular(observables, loaded.signals))
    if not isinstance(tabulated, list | tuple):
        raise ModelError(
            f"{path}: expected tabulated of type list, found {type(tabulated).__name__}"
        )
    for name in tabulated:
        if name not in observables:
            raise ModelError(
                f"{path}: tabulated expected among {', '.join(observables)}, found {name!r}"
            )
    prior = getattr(loaded, "prior", {})
    known = {"identity": identity} | parameterizations
    _check_prior(path, prior, [make(loaded.space).space for make in known.values()])
    made = [observables[name](loaded.signals) for name in tabulated]
    valid = _valid(
        path, getattr(loaded, "valid", None), [name for own in made for name in own.names]
    )
    return Model(known, observables, tuple(tabulated), prior=prior, valid=valid)


def _valid(path: str, valid: Any, features: list[str]) -> Validity | None:
    """Which runs are valid; raises ModelError unless it is a function of these features."""
    if valid is None:
        return None
    if not isinstance(valid, Validity):
        raise ModelError(f"{path}: expected valid of type Validity, found {type(valid).__name__}")
    unknown = [name for name in valid.needs if name not in features]
    if unknown or not valid.needs:
        found = repr(unknown[0]) if unknown else "none"
        raise ModelError(
            f"{path}: valid: expected needs among {', '.join(features)}, found {found}"
        )
    guarded = _guarded(f"{path}: valid", lambda values: valid.function(values), _as_it_is)
    return replace(valid, function=guarded)


def _as_it_is(made: Any, values: Any, guarded: Callable) -> Any:
    return made


def _check_prior(path: str, prior: Any, spaces: list[Space]) -> None:
    """Raise ModelError unless each parameter is one of a space, and has a prior there."""
    if not isinstance(prior, dict):
        raise ModelError(f"{path}: expected prior of type dict, found {type(prior).__name__}")
    names = {name: space for space in reversed(spaces) for name in space.names}
    for name, statement in prior.items():
        if name not in names:
            raise ModelError(f"{path}: prior expected among {', '.join(names)}, found {name!r}")
        try:
            over(names[name].select([name]), {name: statement})
        except SpaceError as error:
            raise ModelError(f"{path}: prior: {error}") from error


def observable(path: str, signals: Signals) -> Observable:
    """Observable of a file, made for a model's signals.

    Raises ModelError that names the file, what was expected and what is there.
    """
    loaded = _observable_file(path)
    if not callable(getattr(loaded, "observable", None)):
        raise ModelError(f"{path}: expected a function observable(signals), found none")
    return _guarded(path, loaded.observable, _features)(signals)


@cache
def _observable_file(path: str) -> ModuleType:
    return _imported(path, "an observable")


def _imported(path: str, what: str) -> ModuleType:
    if not Path(path).is_file():
        raise ModelError(f"{path}: expected a Python file with {what}, found no file")
    spec = importlib.util.spec_from_file_location(f"analog_sbi_model_{Path(path).stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    try:
        spec.loader.exec_module(loaded)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a user's file raises
        found = _line(error)
        raise ModelError(f"{path}: expected a file that can be imported, found {found}") from error
    return loaded


def _guarded(where: str, make: Callable, rebuild: Callable) -> Callable:
    """Maker of what ``make`` makes, whose errors are ModelErrors that name the place."""

    def guarded(function: Callable) -> Callable:
        def call(argument: Any) -> Any:
            try:
                return function(argument)
            except (Exception, SystemExit) as error:  # whatever a user's function raises
                raise ModelError(f"{where}: {_line(error)}") from error

        return call

    return guarded(lambda face: rebuild(make(face), face, guarded))


def _mapped(made: Parameterization, inputs: Space, guarded: Callable) -> Mapped:
    if not isinstance(made.space, Space):
        raise TypeError(f"expected a space, found {type(made.space).__name__}")

    def call(theta: np.ndarray) -> np.ndarray:
        values = np.asarray(made(theta), dtype=float)
        if values.shape != (len(theta), len(inputs)):
            raise ValueError(f"expected inputs of shape (N, {len(inputs)}), found {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError("expected finite inputs, found others")
        return values

    return Mapped(made.space, guarded(call))


def _features(made: Observable, signals: Signals, guarded: Callable) -> Features:
    if isinstance(made.names, str) or isinstance(made.units, str) or isinstance(made.needs, str):
        raise TypeError("expected tuples of names, units and needs, found text")
    names, units, needs = tuple(made.names), tuple(made.units), tuple(made.needs)
    if not names or len(names) != len(units):
        raise ValueError(f"expected a unit for each name, found {len(names)} and {len(units)}")
    if len(set(names)) < len(names) or not all(map(_is_name, names)):
        raise ValueError(
            f"expected different names that are text, found {', '.join(map(str, names))}"
        )
    unknown = [need for need in needs if need not in signals]
    if unknown or not needs:
        found = repr(unknown[0]) if unknown else "none"
        raise ValueError(f"expected needs among {', '.join(signals)}, found {found}")
    return Features(names, units, needs, guarded(made))


def _line(error: BaseException) -> str:
    return ": ".join((type(error).__name__, *filter(None, [" ".join(str(error).split())])))


def identity(inputs: Space) -> Mapped:
    """The inputs themselves."""
    return Mapped(inputs, lambda theta: theta)


def _tabular(observables: dict, signals: Signals) -> tuple[str, ...]:
    """Observables whose signals are of known size."""
    known = {name for name, signal in signals.items() if None not in signal.shape}
    return tuple(name for name, make in observables.items() if set(make(signals).needs) <= known)
