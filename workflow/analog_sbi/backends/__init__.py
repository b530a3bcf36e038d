"""Where measurements come from: the protocol that rules rely on, and the makers by name.

A backend module is named in the configuration (``backend: bss2_sim``) and offers
``make(settings) -> Backend``. It is imported only when it is used, so that a job needs no more
than its own backend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

import numpy as np
import pandas as pd

from analog_sbi.chain import Limits
from analog_sbi.errors import BackendError
from analog_sbi.observables import FitBounds

Progress = Callable[[int], None]
"""Called with the number of parameter sets measured since the last call."""


class Backend(Protocol):
    """A chain of L compartments that can be measured.

    Parameters are (N, 2) or (N, 2 L - 1) in the units of ``limits``; heights are (N, L, L),
    compartment measured in, then compartment with the input, NaN where a measurement is missing.
    ``calibration`` is the table that ``calibrate`` returned.
    """

    length: int
    limits: Limits
    fit_bounds: FitBounds
    time_unit: str
    height_unit: str

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate the chain; one row a compartment."""
        ...

    def characterize(
        self,
        calibration: pd.DataFrame,
        steps: int,
        generator: np.random.Generator,
    ) -> pd.DataFrame:
        """Measure membrane and axial time constants over the range of the parameters.

        Columns: ``quantity`` (membrane, axial), ``compartment``, ``parameter``,
        ``time_constant``; ``steps`` parameters of each.
        """
        ...

    def measure(
        self,
        calibration: pd.DataFrame,
        parameters: np.ndarray,
        generator: np.random.Generator,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Measure the heights (N, L, L) of N parameter sets."""
        ...

    def record(
        self,
        calibration: pd.DataFrame,
        parameters: np.ndarray,
        generator: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Record traces: times (T,) and potentials (N, L, T) of N parameter sets."""
        ...

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """What a measurement depends on beyond the configuration, for the tables' metadata.

        Empty where the configuration says it all.
        """
        ...


def make(name: str, settings: Mapping[str, Any]) -> Backend:
    """Make a backend from its section of the configuration.

    Raises BackendError for an unknown name or when what it needs cannot be imported.
    """
    known = sorted(module.name for module in iter_modules(__path__))
    if name not in known:
        raise BackendError(f"backend: expected one of {', '.join(known)}, found {name!r}")
    try:
        module = import_module(f"analog_sbi.backends.{name}")
    except ImportError as error:
        raise BackendError(f"backend {name}: {error}") from error
    return module.make(settings)
