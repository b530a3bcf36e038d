"""The model of the BrainScaleS-2 chip, measured in batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, missing, only
from analog_sbi.chip import calibration as chip_calibration
from analog_sbi.chip import capmem, characterization, emulation
from analog_sbi.chip.adex.laws import RANGES
from analog_sbi.chip.fixed_pattern import FixedPattern, fixed_pattern
from analog_sbi.chip.wiring import Wiring, wire
from analog_sbi.hardware import inputs as chip_inputs
from analog_sbi.models import Signals, adex, chain
from analog_sbi.models.tree import Tree
from analog_sbi.space import Space

SECTIONS = ("chain", "chip")
DEPENDS_ON = {"adex": ("serial",)}

# Heights that are held in memory at once, 1000 emulations of a chain of 4; what they need on the
# way stays below 200 MB for any length.
BATCH = 16_000
# Runs of the spiking neuron that are held at once, with 20 kB of random numbers each.
BATCH_OF_NEURONS = 2000


@dataclass(frozen=True)
class ChipModel:
    """A chain or tree on the chip with a given fixed pattern (see ``Backend``)."""

    inputs: Space
    signals: Signals
    stimulus: emulation.Stimulus
    pattern: FixedPattern
    wiring: Wiring

    @property
    def length(self) -> int:
        """Number of compartments."""
        return chain.length_of(self.inputs)

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate rest potential, synaptic time constant and strength (paper, 4.1)."""
        return chip_calibration.calibrate(
            self.pattern, self.wiring.circuits, self.stimulus, generator
        )

    def characterize(
        self, calibration: pd.DataFrame, steps: int, generator: np.random.Generator
    ) -> pd.DataFrame:
        """Measure time constants in us over ``steps`` evenly spaced codes."""
        return characterization.characterize(
            self._chain(calibration), *chain.axes(self.inputs, steps), generator
        )

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str] = ("heights",),
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Measure heights in MADC LSB, in batches; full traces only where they are needed."""
        configured = self._chain(calibration)
        leak, axial, change = self._codes(inputs)
        if set(needs) - {"heights"}:
            time, traces = emulation.traces(
                configured, self.stimulus, leak, axial, generator, change
            )
            if progress is not None:
                progress(len(leak))
            signals = chain.recorded(time, traces, self.stimulus.spike_times(self.length))
            return {name: signals[name] for name in needs}
        heights = np.empty((len(leak), self.length, self.length))
        size = max(1, BATCH // self.length**2)
        for start in range(0, len(leak), size):
            part = slice(start, start + size)
            some = emulation.Change(change.current[part], change.rest[part])
            heights[part] = emulation.heights(
                configured, self.stimulus, leak[part], axial[part], generator, some
            )
            if progress is not None:
                progress(len(leak[part]))
        return {"heights": heights}

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: the configuration says it all."""
        return {}

    def _chain(self, calibration: pd.DataFrame) -> emulation.Chain:
        codes = chip_calibration.configuration(calibration)
        return emulation.configure(self.pattern, codes, self.stimulus, self.wiring)

    def _codes(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, emulation.Change]:
        """Codes of leak (N, L) and axial (N, L - 1) conductances, and what is changed beside."""
        found = chip_inputs.by_kind(self.inputs, inputs, self.stimulus)
        change = emulation.Change(
            current=found.further[chain.WEIGHT] / self.stimulus.weight,
            rest=capmem.REST_SLOPE * found.further[chain.LEAK_POTENTIAL],
        )
        return found.leak, found.axial, change


@dataclass(frozen=True)
class SpikingNeuron:
    """The first neuron of a chip with its own fixed pattern, read out (see ``Backend``).

    It is not calibrated, as in the public demo. What integrates it is imported by the first
    measurement.
    """

    inputs: Space
    signals: Signals
    serial: int

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
        """Measure V and w in MADC LSB and spikes in us, a batch after the other."""
        from analog_sbi.chip.adex.emulation import emulate
        from analog_sbi.chip.adex.mismatch import mismatch

        circuit = mismatch(self.serial)
        parts: list[dict[str, np.ndarray]] = []
        for start in range(0, len(inputs), BATCH_OF_NEURONS):
            courses = emulate(inputs[start : start + BATCH_OF_NEURONS], circuit, generator)
            spikes = np.nan_to_num(courses.spikes, nan=adex.DURATION_US)
            every = {"v": courses.v, "w": courses.w, "spikes": spikes}
            parts.append({name: every[name] for name in needs})
            if progress is not None:
                progress(len(spikes))
        return {
            name: np.concatenate([part[name] for part in parts])
            if parts
            else missing(self.signals, [name], 0)[name]
            for name in needs
        }

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: the configuration says it all."""
        return {}


def make(
    model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]
) -> ChipModel | SpikingNeuron:
    """Make the model of the chip from the sections ``chain`` and ``chip`` of the configuration.

    Raises BackendError for compartments that circuits in a row cannot be.
    """
    only(model, "chain", "adex", backend="bss2_sim")
    if model == "adex":
        return SpikingNeuron(adex.input_space(RANGES), adex.signals(), settings["serial"])
    tree = Tree.of(settings["length"], settings.get("parents"))
    wiring = wire(tree.links)
    return ChipModel(
        inputs=chip_inputs.input_space(tree, settings["limits"]),
        signals=chain.signals(len(tree), "MADC LSB", "us", tree),
        stimulus=emulation.Stimulus(
            interval=settings["spike_interval"],
            inputs=settings["inputs"],
            weight=settings["weight"],
        ),
        pattern=fixed_pattern(settings["serial"]),
        wiring=wiring,
    )
