"""The spiking neuron of the chip (``models.adex``) in Arbor, ideal and without noise.

Its codes set what they set on the chip (``chip.adex.laws``), without fixed pattern and variation
from run to run, and what is read is in the chip's units. ``circuit`` says how Arbor's own
mechanisms make these equations; ``adex_cell`` cannot, whose exponential term does not saturate and
whose onset is its threshold.
Shapes: N parameter sets, T samples, M spikes. Units: us, MADC LSB, DAC codes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, missing
from analog_sbi.errors import BackendError
from analog_sbi.models import Signals, adex
from analog_sbi.space import Space

# First order in the step: by this one no feature of the recorded patterns is off the chip's by more
# than trials on the chip differ by (`tests/unit/test_arbor_neuron.py`).
TIME_STEP_US = 0.025
BATCH = 50  # neurons of one simulation, of two cells each; their samples take about 10 MB


@dataclass(frozen=True)
class ArborNeuron:
    """A spiking neuron in Arbor (see ``Backend``)."""

    inputs: Space
    signals: Signals
    threads: int = 1
    time_step: float = TIME_STEP_US

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Nothing is calibrated: one row."""
        return pd.DataFrame({"success": [True]})

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str],
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Simulate V and w in MADC LSB and spikes in us, ``BATCH`` parameter sets at a time."""
        found = missing(self.signals, needs, len(inputs))
        for start in range(0, len(inputs), BATCH):
            part = slice(start, start + BATCH)
            every = self._simulate(inputs[part])
            for name in needs:
                found[name][part] = every[name]
            if progress is not None:
                progress(len(inputs[part]))
        return {name: values.astype(self.signals[name].dtype) for name, values in found.items()}

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: the configuration says it all."""
        return {}

    def _simulate(self, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Signals of N parameter sets, cells of one simulation, as they are read out."""
        # Only here: wherever a problem is posed, the inputs and signals are enough.
        try:
            from analog_sbi.backends.arbor import circuit
        except ImportError as error:
            raise BackendError(
                f"backend arbor: expected the module arbor, found none ({error}); pip install arbor"
            ) from error
        from analog_sbi.chip.adex.integration import DEMO
        from analog_sbi.chip.adex.laws import neurons

        v, w, times = circuit.run(neurons(codes), DEMO, self.time_step, self.threads)
        spikes = np.full((len(codes), adex.SPIKES), float(adex.DURATION_US))
        for row, own in zip(spikes, times, strict=True):
            row[: len(own)] = own[: adex.SPIKES]
        read = {
            name: np.clip(trace, *self.signals[name].limits or (-np.inf, np.inf))
            for name, trace in (("v", v), ("w", w))
        }
        return {**read, "spikes": spikes}
