"""The chain on the BrainScaleS-2 chip, or on its model, as one PyNN program.

Settings beside those of the chip (section ``bss2`` of the configuration), all optional:

    module             PyNN module: of the chip (pynn_brainscales.brainscales2) or of its model
                       (analog_sbi.chip.pynn)
    averages           repetitions within a run that are averaged (1)
    calibration_file   calibration of the chip (model: a saved chip object); default: nightly
    calibrate_with     file, or calix to calibrate the chip and write calibration_file (file)

Infrastructure, which no measurement depends on:

    retries            of a run that fails (2); then its heights are missing
    parts              folder that keeps what an unfinished call measured (none)
    lock_folder        folder, shared by all users, of the locks that keep a chip to one process
                       (a folder of this user among temporary files)
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, Unmeasured, missing, only
from analog_sbi.chip.adex.laws import RANGES
from analog_sbi.chip.emulation import Stimulus, linear_placement
from analog_sbi.chip.readout import warn_of_clipping
from analog_sbi.hardware import access, chip_time
from analog_sbi.hardware.devices import Device, device_of
from analog_sbi.hardware.lock import chip_lock
from analog_sbi.hardware.parts import Parts, call_key
from analog_sbi.hardware.program import ChainProgram, IncompleteRecordingError
from analog_sbi.logs import announce, duration
from analog_sbi.models import Signals, adex, chain
from analog_sbi.space import Space

Recording = tuple[np.ndarray, np.ndarray]

SECTIONS = ("chain", "chip", "bss2")
INFRASTRUCTURE = ("retries", "parts", "lock_folder", "container")


@dataclass
class PynnChain:
    """A chain that a PyNN program measures (see ``Backend``)."""

    inputs: Space
    signals: Signals
    library: access.Library
    device: Device
    stimulus: Stimulus
    averages: int = 1
    retries: int = 2
    parts: str | None = None
    lock_folder: str | None = None
    _program: ChainProgram | None = field(default=None, repr=False)

    @property
    def length(self) -> int:
        """Number of compartments."""
        return chain.length_of(self.inputs)

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate the chip, or take an existing calibration; one row a compartment."""
        with chip_lock(self.device.lock_name(), self.lock_folder):
            return self.device.calibrate(generator)

    def characterize(
        self, calibration: pd.DataFrame, steps: int, generator: np.random.Generator
    ) -> pd.DataFrame:
        """Measure time constants in us over ``steps`` evenly spaced codes."""
        leak, axial = chain.axes(self.inputs, steps)
        with chip_lock(self.device.lock_name(), self.lock_folder):
            return self.device.characterize(calibration, leak, axial, generator)

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str] = ("heights",),
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Measure heights in MADC LSB, NaN where a run failed in all its attempts.

        Full traces are recorded where they are needed (``record``). Otherwise every parameter
        set is kept as soon as it is measured (``parts``); after an interruption the same call
        goes on from there. Raises ConnectionLost if the chip stops answering.
        """
        if set(needs) - {"heights"}:
            time, traces = self.record(calibration, inputs, generator)
            if progress is not None:
                progress(len(traces))
            if not len(time):
                return missing(self.signals, needs, len(traces))
            signals = chain.recorded(time, traces, self.stimulus.spike_times(self.length))
            return {name: signals[name] for name in needs}
        leak, axial = chain.conductances(inputs)
        parts = Parts(
            self.parts, call_key(self._settings(), calibration, inputs, generator), self.length
        )
        seeds = generator.integers(2**63, size=len(leak))
        heights = np.full((len(leak), self.length, self.length), np.nan)
        done = parts.load()
        for index, known in done.items():
            heights[index] = known
        if progress is not None and done:
            progress(len(done))
        open_ = [index for index in range(len(leak)) if index not in done]
        self._announce(len(open_))
        spikes = self.stimulus.spike_times(self.length)
        with self._chip():
            for count, index in enumerate(open_):
                try:
                    runs = self._record(calibration, leak[index], axial[index], seeds[index])
                except access.ConnectionLost as error:
                    kept = f"{len(done) + count} of {len(leak)} measurements"
                    where = f" are kept in {parts.path}" if parts.path else " were made"
                    raise access.ConnectionLost(f"{error}; {kept}{where}") from error
                for compartment, run in enumerate(runs):
                    if run is not None:
                        warn_of_clipping(run[1])
                        heights[index, compartment] = chain.extract_heights(*run, spikes)
                parts.append(index, heights[index])
                if progress is not None:
                    progress(1)
        parts.remove()
        return {"heights": heights}

    def record(
        self, calibration: pd.DataFrame, inputs: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Record full traces: times (T,) in us, potentials (N, L, T) in MADC LSB.

        Runs differ in their number of samples on the chip; all are cut to the shortest. The times
        are those of the first. A run that failed in all its attempts is NaN; if all did, T is 0.
        Raises ConnectionLost if the chip stops answering.
        """
        leak, axial = chain.conductances(inputs)
        seeds = generator.integers(2**63, size=len(leak))
        self._announce(len(leak))
        with self._chip():
            sets = [
                self._record(calibration, *values)
                for values in zip(leak, axial, seeds, strict=True)
            ]
        good = [run for runs in sets for run in runs if run is not None]
        shortest = min((len(times) for times, _ in good), default=0)
        failed = np.full(shortest, np.nan)
        traces = [[failed if run is None else run[1][:shortest] for run in runs] for runs in sets]
        times = good[0][0][:shortest] if good else failed
        return times, np.array(traces)

    def chip_time(self, parameter_sets: int) -> float:
        """Expected time in s that measurements take on the chip."""
        run = self.stimulus.duration(self.length) * self.averages
        return chip_time.seconds(self.library.name, parameter_sets, self.length, run)

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Chip, calibration file and its digest, software versions, date, and where it ran.

        Chip and file are those of the calibration table, without which nothing is measured.
        """
        columns = ("chip", "calibration_file", "calibration_sha256")
        versions = {f"version of {name}": text for name, text in access.versions().items()}
        return {
            "module": self.library.name,
            **{name: str(calibration[name].iloc[0]) for name in columns if name in calibration},
            **versions,
            **access.surroundings(),
        }

    def _settings(self) -> dict[str, Any]:
        return {
            "module": self.library.name,
            "length": self.length,
            "stimulus": repr(self.stimulus),
            "averages": self.averages,
            "device": repr(self.device),
        }

    def _announce(self, parameter_sets: int) -> None:
        announce(
            f"{self.library.name}: {parameter_sets} measurements of {self.length} runs, "
            f"about {duration(self.chip_time(parameter_sets))} of chip time"
        )

    @contextmanager
    def _chip(self) -> Iterator[None]:
        """Hold the chip, and release it at the end."""
        with chip_lock(self.device.lock_name(), self.lock_folder):
            try:
                yield
            finally:
                self._close()

    def _record(
        self, calibration: pd.DataFrame, leak: np.ndarray, axial: np.ndarray, seed: int
    ) -> list[Recording | None]:
        """Record every compartment of a parameter set: times and potentials, None if it failed."""
        generator = np.random.default_rng(seed)
        return [
            self._record_one(calibration, leak, axial, compartment, int(generator.integers(2**63)))
            for compartment in range(self.length)
        ]

    def _record_one(
        self,
        calibration: pd.DataFrame,
        leak: np.ndarray,
        axial: np.ndarray,
        compartment: int,
        seed: int,
    ) -> Recording | None:
        """Run once, and again where it fails; the chain is built anew after a failure.

        Raises ConnectionLost if every attempt failed for the connection or the chip's software.
        """
        errors: list[Exception] = []
        for _ in range(1 + self.retries):
            try:
                if self._program is None:
                    config = self.device.initial_config(calibration)
                    self._program = ChainProgram(
                        self.library, self.length, self.stimulus, self.averages, config
                    )
                self._program.set_parameters(leak, axial)
                self.device.begin(seed + len(errors))
                return self._program.record(compartment)
            except NotImplementedError:  # a RuntimeError, but no matter of the connection
                raise
            except (IncompleteRecordingError, RuntimeError, OSError) as error:
                logging.warning("run of compartment %d failed: %s", compartment, error)
                errors.append(error)
                self._close()
        if not any(isinstance(error, IncompleteRecordingError) for error in errors):
            raise access.ConnectionLost(
                f"backend bss2: the chip does not answer after {len(errors)} attempts: {errors[-1]}"
            ) from errors[-1]
        return None

    def _close(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            try:
                program.close()
            except (AttributeError, RuntimeError, OSError) as error:
                logging.warning("the chip could not be released: %s", error)


def make(
    model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]
) -> PynnChain | Unmeasured:
    """Make the chain from ``length`` and the sections ``chip`` and ``bss2`` of the configuration.

    The PyNN module is imported by the first measurement, which raises BackendError without it.
    """
    only(model, "chain", "adex", backend="bss2")
    if model == "adex":
        return Unmeasured(
            adex.input_space(RANGES),
            adex.signals(),
            "backend bss2: expected a model that it measures, found adex, which is not stated in "
            "PyNN yet",
        )
    linear_placement(settings["length"])
    library = access.Library(settings.get("module", access.REAL))
    limits, length = settings["limits"], settings["length"]
    stimulus = Stimulus(
        interval=settings["spike_interval"], inputs=settings["inputs"], weight=settings["weight"]
    )
    options = ("retries", "parts", "lock_folder")
    return PynnChain(
        inputs=chain.input_space(length, limits["leak"], limits["axial"], ("DAC code", "DAC code")),
        signals=chain.signals(length, "MADC LSB", "us"),
        library=library,
        device=device_of(library, length, stimulus, dict(settings)),
        stimulus=stimulus,
        averages=settings.get("averages", 1),
        **{name: infrastructure[name] for name in options if name in infrastructure},
    )
