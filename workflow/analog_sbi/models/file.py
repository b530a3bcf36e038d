"""Models in files of the user: a space, signals, observables and a function that measures.

A file such as ``models/mine.py`` has

    space          Space of its inputs, which are inferred
    signals        a Signal by name
    observables    by name, a function of the signals that makes an Observable (``models.Features``)
    measure        function of inputs (N, I) and a numpy generator: signals by name, each (N, ...)

and is measured by the backend ``function``. Optional: ``parameterizations`` by name, beside
``identity``; ``tabulated``, observables whose features stand in every table (all that need no
signal of unknown size).
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from analog_sbi.errors import ModelError
from analog_sbi.models import Mapped, Model, Signals
from analog_sbi.space import Space

PARTS = {"space": Space, "signals": dict, "observables": dict}


@cache
def module(path: str) -> ModuleType:
    """Import a model's file and check that it has all parts.

    Raises ModelError that names the file, what was expected and what is there.
    """
    if not Path(path).is_file():
        raise ModelError(f"{path}: expected a Python file with a model, found no file")
    spec = importlib.util.spec_from_file_location(f"analog_sbi_model_{Path(path).stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    try:
        spec.loader.exec_module(loaded)
    except Exception as error:
        raise ModelError(
            f"{path}: expected a file that can be imported, found {type(error).__name__}: {error}"
        ) from error
    for name, kind in PARTS.items():
        if not isinstance(getattr(loaded, name, None), kind):
            found = type(getattr(loaded, name, None)).__name__
            raise ModelError(f"{path}: expected {name} of type {kind.__name__}, found {found}")
    if not callable(getattr(loaded, "measure", None)):
        raise ModelError(f"{path}: expected a function measure(inputs, generator), found none")
    return loaded


def model(path: str) -> Model:
    """Model of a file; raises ModelError as ``module`` does."""
    loaded = module(path)
    parameterizations = {"identity": identity} | getattr(loaded, "parameterizations", {})
    return Model(
        parameterizations=parameterizations,
        observables=loaded.observables,
        tabulated=tuple(getattr(loaded, "tabulated", _tabular(loaded.observables, loaded.signals))),
    )


def identity(inputs: Space) -> Mapped:
    """The inputs themselves."""
    return Mapped(inputs, lambda theta: theta)


def _tabular(observables: dict, signals: Signals) -> tuple[str, ...]:
    """Observables whose signals are of known size."""
    known = {name for name, signal in signals.items() if None not in signal.shape}
    return tuple(name for name, make in observables.items() if set(make(signals).needs) <= known)
