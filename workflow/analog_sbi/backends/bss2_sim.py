"""The model of the BrainScaleS-2 chip, measured in batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress
from analog_sbi.chain import Limits, expand
from analog_sbi.chip import calibration as chip_calibration
from analog_sbi.chip import characterization, emulation
from analog_sbi.chip.fixed_pattern import FixedPattern, fixed_pattern
from analog_sbi.observables import FitBounds

# Heights that are held in memory at once, 1000 emulations of a chain of 4; what they need on the
# way stays below 200 MB for any length.
BATCH = 16_000

# Bounds of the exponential fit on BSS-2 in compartments and MADC LSB, those of the original
# experiment (model-hw-mc-attenuation).
FIT_BOUNDS = FitBounds(tau=20.0, offset=10.0, amplitude=1022.0)


@dataclass(frozen=True)
class ChipModel:
    """A chain on the chip with a given fixed pattern (see ``Backend``)."""

    length: int
    limits: Limits
    stimulus: emulation.Stimulus
    pattern: FixedPattern
    fit_bounds: FitBounds = FIT_BOUNDS
    time_unit: str = "us"
    height_unit: str = "MADC LSB"

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate rest potential, synaptic time constant and strength (paper, 4.1)."""
        circuits = emulation.linear_placement(self.length)
        return chip_calibration.calibrate(self.pattern, circuits, self.stimulus, generator)

    def characterize(
        self, calibration: pd.DataFrame, steps: int, generator: np.random.Generator
    ) -> pd.DataFrame:
        """Measure time constants in us over ``steps`` evenly spaced codes."""
        return characterization.characterize(
            self._chain(calibration),
            np.linspace(*self.limits.leak, steps),
            np.linspace(*self.limits.axial, steps),
            generator,
        )

    def measure(
        self,
        calibration: pd.DataFrame,
        parameters: np.ndarray,
        generator: np.random.Generator,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Measure heights (N, L, L) in MADC LSB, ``BATCH`` of them at a time."""
        chain = self._chain(calibration)
        leak, axial = expand(parameters, self.length)
        heights = np.empty((len(leak), self.length, self.length))
        size = max(1, BATCH // self.length**2)
        for start in range(0, len(leak), size):
            part = slice(start, start + size)
            heights[part] = emulation.heights(
                chain, self.stimulus, leak[part], axial[part], generator
            )
            if progress is not None:
                progress(len(leak[part]))
        return heights

    def record(
        self, calibration: pd.DataFrame, parameters: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Record full traces: times (T,) in us, potentials (N, L, T) in MADC LSB."""
        leak, axial = expand(parameters, self.length)
        return emulation.traces(self._chain(calibration), self.stimulus, leak, axial, generator)

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: the configuration says it all."""
        return {}

    def _chain(self, calibration: pd.DataFrame) -> emulation.Chain:
        codes = chip_calibration.configuration(calibration)
        return emulation.configure(self.pattern, codes, self.stimulus)


def make(settings: Mapping[str, Any]) -> ChipModel:
    """Make the chip model from ``length`` and the ``chip`` section of the configuration."""
    limits = settings["limits"]
    return ChipModel(
        length=settings["length"],
        limits=Limits(tuple(limits["leak"]), tuple(limits["axial"]), "DAC code", "DAC code"),
        stimulus=emulation.Stimulus(
            interval=settings["spike_interval"],
            inputs=settings["inputs"],
            weight=settings["weight"],
        ),
        pattern=fixed_pattern(settings["serial"]),
    )
