"""Where models are measured: the protocol that rules rely on, and the makers by name.

A backend is a module of this package with a function ``make(model, settings, infrastructure)``,
named in the configuration (``backend: bss2_sim``) and imported only when it is used. What a
backend needs beyond this library it imports at its first measurement, so that its inputs and
signals are known wherever a problem is posed. Its settings are the sections of the configuration
that ``SECTIONS`` of the module names, else ``chain`` and the section of its own name;
``INFRASTRUCTURE`` names those of them that no measurement depends on, ``DEPENDS_ON`` those that
measurements of a model depend on, where that is not all.
Shapes: N parameter sets, I inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from analog_sbi.errors import BackendError, OtherModelError
from analog_sbi.models import Signals, stem
from analog_sbi.space import Space

Progress = Callable[[int], None]
"""Called with the number of parameter sets measured since the last call."""


class Backend(Protocol):
    """A model that can be measured. ``calibration`` is the table that ``calibrate`` returned."""

    @property
    def inputs(self) -> Space:
        """Space of the inputs of the model."""
        ...

    @property
    def signals(self) -> Signals:
        """What ``measure`` can return, by name."""
        ...

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Make the model ready; at least a row and a column ``success``."""
        ...

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str],
        progress: Progress | None = None,
    ) -> Mapping[str, np.ndarray]:
        """Measure the signals ``needs`` at inputs (N, I): each (N, ...), NaN where missing."""
        ...

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """What a measurement depends on beyond the configuration, for the tables' metadata.

        Empty where the configuration says it all.
        """
        ...


@runtime_checkable
class Held(Protocol):
    """A backend that calls of ``measure`` after one another need not take anew each."""

    def held(self, count: int) -> AbstractContextManager[None]:
        """Hold it for calls that measure ``count`` parameter sets together."""
        ...


def hold(backend: Backend, count: int) -> AbstractContextManager[None]:
    """Hold a backend for several calls, where that makes a difference."""
    return backend.held(count) if isinstance(backend, Held) else nullcontext()


@dataclass(frozen=True)
class Setup:
    """Which backend measures which model, with the settings that a measurement depends on."""

    backend: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Plain data: ``Setup(**plain)`` is the same setup."""
        return {"backend": self.backend, "model": self.model, "settings": dict(self.settings)}

    @property
    def folder(self) -> str:
        """Folder of what is measured, below the results: backend and model."""
        return f"{self.backend}/{stem(self.model)}"


def names() -> list[str]:
    """Names of all backends."""
    return sorted(module.name for module in iter_modules(__path__))


def make(setup: Setup, infrastructure: Mapping[str, Any] | None = None) -> Backend:
    """Make a backend; ``infrastructure`` is how it is reached, which no measurement depends on.

    Raises BackendError for an unknown name, a model that it does not measure, or when the module
    cannot be imported.
    """
    return _module(setup.backend).make(setup.model, setup.settings, infrastructure or {})


def sections(name: str) -> tuple[str, ...]:
    """Sections of the configuration that hold a backend's settings; raises as ``make`` does."""
    return tuple(getattr(_module(name), "SECTIONS", ("chain", name)))


def depends_on(name: str, model: str) -> tuple[str, ...] | None:
    """Settings that measurements of a model depend on, None for all of a backend's sections.

    The module names them by model (``DEPENDS_ON``). Raises as ``make`` does.
    """
    found: Mapping[str, tuple[str, ...]] = getattr(_module(name), "DEPENDS_ON", {})
    return found.get(model)


def infrastructure(name: str) -> tuple[str, ...]:
    """Settings of a backend that no measurement depends on; raises as ``make`` does."""
    return tuple(getattr(_module(name), "INFRASTRUCTURE", ()))


def _module(name: str) -> ModuleType:
    if name not in names():
        raise BackendError(f"backend: expected one of {', '.join(names())}, found {name!r}")
    try:
        return import_module(f"{__name__}.{name}")
    except ImportError as error:
        raise BackendError(f"backend {name}: {error}") from error


def only(model: str, *measured: str, backend: str) -> None:
    """Raise OtherModelError unless a backend measures a model."""
    if model not in measured:
        raise OtherModelError(
            f"backend {backend}: expected a model it measures ({', '.join(measured)}), "
            f"found {model!r}"
        )


def missing(signals: Signals, needs: Collection[str], count: int) -> dict[str, np.ndarray]:
    """Signals of ``count`` parameter sets that could not be measured: NaN, unknown sizes 1."""
    shapes = {name: [1 if size is None else size for size in signals[name].shape] for name in needs}
    return {name: np.full((count, *shape), np.nan) for name, shape in shapes.items()}
