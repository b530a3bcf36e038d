"""From the conductances of a chain on one backend to those on another, by equal time constants.

Backends differ in units and in how a number makes a conductance; what a circuit does is told by
its time constant in units of the interval between inputs. Each circuit is translated by its own
characterization, so that mismatch among circuits of a chip is carried over.
Shapes: N parameter sets, L compartments, I = 2 L - 1 inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.errors import ArtifactError
from analog_sbi.models import Parameterization
from analog_sbi.space import Space

if TYPE_CHECKING:
    from scipy.interpolate import interp1d

QUANTITIES = ("membrane", "axial")
"""Time constants of leak and of axial conductances, in the order of the inputs."""


@dataclass(frozen=True)
class Circuits:
    """Characterization of a backend: ``parameter`` and ``time_constant`` of each circuit.

    ``interval`` is the time between inputs to neighbouring compartments, in the same unit.
    """

    table: pd.DataFrame
    interval: float

    def rates(self, inputs: np.ndarray) -> np.ndarray:
        """Intervals in a time constant of each circuit, inverted, at inputs (N, I): (N, I)."""
        columns = zip(inputs.T, self._curves(), strict=True)
        return np.stack([_line(known, rate)(values) for values, (known, rate) in columns], axis=1)

    def inputs(self, rates: np.ndarray) -> np.ndarray:
        """Inputs (N, I) at rates (N, I): inverts ``rates``."""
        columns = zip(rates.T, self._curves(), strict=True)
        return np.stack([_line(rate, known)(values) for values, (known, rate) in columns], axis=1)

    def _curves(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Inputs and rates of every circuit; raises ArtifactError for one that has not two."""
        curves = []
        for quantity in QUANTITIES:
            own = self.table[self.table["quantity"] == quantity]
            for number, rows in own.dropna().groupby("compartment"):
                if len(rows) < 2:
                    raise ArtifactError(
                        f"characterization: expected time constants of {quantity} circuit "
                        f"{number} at two parameters at least, found {len(rows)}"
                    )
                known = rows.sort_values("parameter")
                rate = self.interval / known["time_constant"].to_numpy()
                curves.append((known["parameter"].to_numpy(), rate))
        return curves


def translated(inputs: np.ndarray, here: Circuits, there: Circuits) -> np.ndarray:
    """Inputs (N, I) there whose circuits have the time constants of inputs (N, I) here."""
    return there.inputs(here.rates(inputs))


def nearest(mapping: Parameterization, inputs: np.ndarray, whole: Space) -> np.ndarray:
    """Parameters (D,) that are mapped to what is nearest to inputs (1, I) within their range.

    Distances are in units of the range of the inputs; the parameters may lie beyond theirs.
    """

    from scipy.optimize import least_squares

    def away(position: np.ndarray) -> np.ndarray:
        theta = mapping.space.scale(position[None])
        return ((mapping(theta) - inputs) / whole.width)[0]

    found = least_squares(away, np.full(len(mapping.space), 0.5))
    return mapping.space.scale(found.x)


def _line(x: np.ndarray, y: np.ndarray) -> interp1d:
    """Straight lines between points, continued beyond them."""
    from scipy.interpolate import interp1d

    return interp1d(x, y, fill_value="extrapolate")
