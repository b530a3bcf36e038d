"""Models of the user's, measured by the function in their file.

A parameter set whose function fails is a missing measurement, with the reason in the log.
Shapes: N parameter sets, I inputs.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, missing
from analog_sbi.errors import BackendError, ModelError
from analog_sbi.models import Signals, is_file, numbers
from analog_sbi.models.file import module
from analog_sbi.space import Space

BATCH = 1000  # parameter sets that the function is given at once


@dataclass(frozen=True)
class Function:
    """The function of a model's file (see ``Backend``)."""

    path: str

    @property
    def inputs(self) -> Space:
        """Space that the file names."""
        return module(self.path).space

    @property
    def signals(self) -> Signals:
        """Signals that the file names."""
        return module(self.path).signals

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Nothing to calibrate: one row."""
        return pd.DataFrame({"success": [True]})

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str],
        progress: Progress | None = None,
    ) -> Mapping[str, np.ndarray]:
        """Call the function for batches; where it raises, for one parameter set after another.

        Raises ModelError if it returns other signals or shapes than the file names, or sizes that
        differ between parameter sets.
        """
        parts: list[dict[str, np.ndarray] | None] = []  # None: a parameter set that failed
        for start in range(0, len(inputs), BATCH):
            batch = inputs[start : start + BATCH]
            state = generator.bit_generator.state
            try:
                parts.append(self._call(batch, generator))
            except ModelError:
                raise
            except (Exception, SystemExit) as error:  # whatever a user's function raises
                logging.warning("%s: %s: %s", self.path, type(error).__name__, error)
                generator.bit_generator.state = state
                parts += [self._one(row, generator) for row in batch]
            if progress is not None:
                progress(len(batch))
        return {name: self._joined(name, parts) for name in needs}

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: settings and code say it all."""
        return {}

    def _one(self, row: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray] | None:
        try:
            return self._call(row[None], generator)
        except ModelError:
            raise
        except (Exception, SystemExit) as error:
            logging.warning("%s: missing at %s: %s", self.path, row.tolist(), error)
            return None

    def _joined(self, name: str, parts: Sequence[dict[str, np.ndarray] | None]) -> np.ndarray:
        """Signal (N, ...) of all parts, NaN where one failed, of the size of the others."""
        shapes = {part[name].shape[1:] for part in parts if part is not None}
        if len(shapes) > 1:
            shown = " and ".join(map(str, sorted(shapes)))
            raise ModelError(
                f"{self.path}: expected {name} of one shape at all parameters, found {shown}"
            )
        if not shapes:
            return missing(self.signals, [name], len(parts))[name]
        failed = np.full((1, *shapes.pop()), np.nan)
        return np.concatenate([failed if part is None else part[name] for part in parts])

    def _call(self, batch: np.ndarray, generator: np.random.Generator) -> dict[str, np.ndarray]:
        found = module(self.path).measure(batch.copy(), generator)  # its own, to change
        if not isinstance(found, Mapping) or set(found) != set(self.signals):
            names = (
                ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
            )
            raise ModelError(
                f"{self.path}: expected measure to return the signals "
                f"{', '.join(self.signals)}, found {names or 'none'}"
            )
        values = {}
        for name, signal in self.signals.items():
            try:
                values[name] = numbers(found[name], name)
            except ModelError as error:
                raise ModelError(f"{self.path}: {error}") from error
            expected = (len(batch), *signal.shape)
            shape = values[name].shape
            if len(shape) != len(expected) or any(
                size not in (None, there) for size, there in zip(expected, shape, strict=True)
            ):
                raise ModelError(
                    f"{self.path}: expected {name} of shape {expected} from measure, found {shape}"
                )
        return values


def make(model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]) -> Function:
    """Make the backend of a model's file; raises BackendError if the model is none."""
    if not is_file(model):
        raise BackendError(f"backend function: expected a model in a Python file, found {model!r}")
    module(model)
    return Function(model)
