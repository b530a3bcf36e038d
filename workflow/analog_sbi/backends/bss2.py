"""Chain, tree or spiking neuron on the BrainScaleS-2 chip, or on its model, as a PyNN program.

Settings beside those of the chip (section ``bss2`` of the configuration), all optional:

    module             PyNN module: of the chip (pynn_brainscales.brainscales2) or of its model
                       (analog_sbi.chip.pynn)
    averages           repetitions within a run that are averaged (1)
    calibration_file   calibration of the chip (model: a saved chip object); default: nightly
    calibrate_with     file, or calix to calibrate the chip and write calibration_file (file)

Infrastructure, which no measurement depends on:

    retries            of a run that fails, or of connecting (2); then its heights are missing
    retry_wait         s before a run is tried again, twice as long each further time (1)
    run_limit          s after which a run counts as failed (300)
    parts              folder that keeps what an unfinished call measured (none)
    lock_folder        folder, shared by all users, of the locks that keep a chip to one process
                       (a folder of this user among temporary files)
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, missing, only
from analog_sbi.chip.adex.laws import RANGES
from analog_sbi.chip.emulation import Stimulus
from analog_sbi.chip.readout import warn_of_clipping
from analog_sbi.chip.wiring import Wiring, wire
from analog_sbi.errors import BackendError
from analog_sbi.hardware import access, chip_time
from analog_sbi.hardware import inputs as chip_inputs
from analog_sbi.hardware.attempts import Attempts
from analog_sbi.hardware.devices import Device, Site, device_of, site_of
from analog_sbi.hardware.lock import chip_lock
from analog_sbi.hardware.neuron import DURATION_US, NeuronProgram
from analog_sbi.hardware.parts import Kind, Parts, call_key
from analog_sbi.hardware.program import ChainProgram, IncompleteRecordingError
from analog_sbi.judging import judged
from analog_sbi.logs import announce, duration
from analog_sbi.models import Signals, adex, chain
from analog_sbi.models.tree import Tree
from analog_sbi.space import Space

Recording = tuple[np.ndarray, np.ndarray]

SECTIONS = ("chain", "chip", "bss2")
INFRASTRUCTURE = ("retries", "retry_wait", "run_limit", "parts", "lock_folder", "container")
DEPENDS_ON = {"adex": ("module", "serial")}

# Measurements in a row without a usable recording, after which the chip is given up.
HOPELESS = 10


@dataclass(frozen=True)
class Codes:
    """A parameter set: leak (L,) and axial (L - 1,) numbers, weight, shift of leak potentials."""

    leak: np.ndarray
    axial: np.ndarray
    weight: int
    leak_potential: int


class _OnChip:
    """What holds a chip and a program on it while it measures."""

    library: access.Library
    device: Site
    attempts: Attempts
    parts: str | None
    lock_folder: str | None
    _kept: list[Parts]
    _program: Any
    _last: np.ndarray | None
    _held: bool
    _lost: int

    def forget(self) -> None:
        """Remove what is kept of the measurements so far: they are somewhere else by now."""
        for parts in self._kept:
            parts.remove()
        self._kept.clear()

    def _keep(self, key: str, kinds: Mapping[str, Kind]) -> Parts:
        """What is kept of a call, until ``forget``."""
        self._kept.append(Parts(self.parts, key, kinds))
        return self._kept[-1]

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

    def _check_new(self, samples: np.ndarray) -> None:
        """Raise IncompleteRecordingError for those of the run before: noise makes runs differ."""
        if self._last is not None and np.array_equal(samples, self._last):
            raise IncompleteRecordingError("the samples of the run before")
        self._last = samples

    @contextmanager
    def held(self, count: int) -> Iterator[None]:
        """Hold the chip for calls that measure ``count`` parameter sets together."""
        self._announce(count)
        with self._chip():
            yield

    @contextmanager
    def _chip(self) -> Iterator[None]:
        """Hold the chip, and release it at the end of the outermost block."""
        if self._held:
            yield
            return
        with self._locked():
            self._held, self._lost = True, 0
            try:
                yield
            finally:
                self._held = False
                self._close()

    def _announce(self, parameter_sets: int) -> None:
        """Tell how many are measured, and how long that takes."""
        raise NotImplementedError

    def _count_lost(self, lost: bool) -> None:
        """Raise BackendError at ``HOPELESS`` lost measurements in a row."""
        self._lost = self._lost + 1 if lost else 0
        if self._lost == HOPELESS:
            raise BackendError(
                f"backend bss2: expected usable recordings, found none in {HOPELESS} "
                "measurements in a row"
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        name = self.attempts("connecting", lambda failures: self.device.lock_name())
        with chip_lock(name, self.lock_folder):
            yield

    def _close(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            try:
                program.close()
            except Exception as error:  # whatever the libraries of the chip raise
                logging.warning("the chip could not be released: %s", error)


@dataclass
class PynnChain(_OnChip):
    """A chain or tree that a PyNN program measures (see ``Backend``)."""

    inputs: Space
    signals: Signals
    library: access.Library
    device: Device
    stimulus: Stimulus
    wiring: Wiring
    averages: int = 1
    attempts: Attempts = field(default_factory=Attempts)
    parts: str | None = None
    lock_folder: str | None = None
    _kept: list[Parts] = field(default_factory=list, repr=False)
    _last: np.ndarray | None = field(default=None, repr=False)
    _held: bool = field(default=False, repr=False)
    _lost: int = field(default=0, repr=False)
    _program: ChainProgram | None = field(default=None, repr=False)

    @property
    def length(self) -> int:
        """Number of compartments."""
        return chain.length_of(self.inputs)

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate the chip, or take an existing calibration; one row a compartment."""

        def calibrate(failures: int) -> pd.DataFrame:
            return self.device.calibrate(deepcopy(generator))

        with self._locked():
            return self.attempts("calibrating", calibrate, limited=self.device.answers_at_once)

    def characterize(
        self, calibration: pd.DataFrame, steps: int, generator: np.random.Generator
    ) -> pd.DataFrame:
        """Measure time constants in us over ``steps`` evenly spaced codes."""
        leak, axial = chain.axes(self.inputs, steps)

        def characterize(failures: int) -> pd.DataFrame:
            return self.device.characterize(calibration, leak, axial, deepcopy(generator))

        with self._locked():
            return self.attempts("characterizing", characterize, limited=False)

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
        set that is good is kept as soon as it is measured (``parts``), until ``forget``; the same
        call goes on from there. Raises ConnectionLost if the chip stops answering, BackendError
        for whatever else its library raises or if nothing usable comes any more.
        """
        if set(needs) - {"heights"}:
            time, traces = self.record(calibration, inputs, generator)
            if progress is not None:
                progress(len(traces))
            if not len(time):
                return missing(self.signals, needs, len(traces))
            signals = chain.recorded(time, traces, self.stimulus.spike_times(self.length))
            return {name: signals[name] for name in needs}
        sets = self._sets(inputs)
        parts = self._keep(
            call_key(self._settings(), calibration, inputs, generator),
            {"heights": ("float64", (self.length, self.length))},
        )
        seeds = generator.integers(2**63, size=len(sets))
        heights = np.full((len(sets), self.length, self.length), np.nan)
        held = self._held
        with self._chip():
            done = parts.load()
            for index, known in done.items():
                heights[index] = known["heights"]
            if progress is not None and done:
                progress(len(done))
            open_ = [index for index in range(len(sets)) if index not in done]
            if not held:
                self._announce(len(open_))
            for index in open_:
                try:
                    runs = self._record(calibration, sets[index], seeds[index])
                    heights[index] = self._heights(runs)
                    lost = bool(np.isnan(heights[index]).any())
                    self._count_lost(lost)
                except BackendError as error:
                    raise type(error)(f"{error}; {parts.kept(len(sets))}") from error
                if not lost:
                    parts.append(index, {"heights": heights[index]})
                if progress is not None:
                    progress(1)
        return {"heights": heights}

    def record(
        self, calibration: pd.DataFrame, inputs: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Record full traces: times (T,) in us, potentials (N, L, T) in MADC LSB.

        Runs differ in their number of samples on the chip; all are cut to the shortest. The times
        are those of the first. A run that failed in all its attempts is NaN; if all did, T is 0.
        Raises ConnectionLost if the chip stops answering.
        """
        sets = self._sets(inputs)
        seeds = generator.integers(2**63, size=len(sets))
        if not self._held:
            self._announce(len(sets))
        with self._chip():
            recorded = [
                self._record(calibration, *values) for values in zip(sets, seeds, strict=True)
            ]
        good = [run for runs in recorded for run in runs if run is not None]
        shortest = min((len(times) for times, _ in good), default=0)
        failed = np.full(shortest, np.nan)
        traces = [
            [failed if run is None else run[1][:shortest] for run in runs] for runs in recorded
        ]
        times = good[0][0][:shortest] if good else failed
        return times, np.array(traces)

    def chip_time(self, parameter_sets: int) -> float:
        """Expected time in s that measurements take on the chip."""
        run = self.stimulus.duration(self.length) * self.averages
        return chip_time.seconds(self.library.name, parameter_sets, self.length, run)

    def _sets(self, inputs: np.ndarray) -> list[Codes]:
        """Parameter sets of inputs (N, I)."""
        found = chip_inputs.by_kind(self.inputs, inputs, self.stimulus)
        further = (found.further[name].astype(int).tolist() for name in chain.FURTHER)
        return [Codes(*values) for values in zip(found.leak, found.axial, *further, strict=True)]

    def _settings(self) -> dict[str, Any]:
        return {
            "module": self.library.name,
            "links": self.wiring.links.tolist(),
            "stimulus": repr(self.stimulus),
            "averages": self.averages,
            "device": repr(self.device),
        }

    def _announce(self, parameter_sets: int) -> None:
        announce(
            f"{self.library.name}: {parameter_sets} measurements of {self.length} runs, "
            f"about {duration(self.chip_time(parameter_sets))} of chip time"
        )

    def _heights(self, runs: Sequence[Recording | None]) -> np.ndarray:
        """Heights (L, L) of the runs of a parameter set, NaN where they are no measurement."""
        spikes = self.stimulus.spike_times(self.length)
        heights = np.full((1, self.length, self.length), np.nan)
        for compartment, run in enumerate(runs):
            if run is not None:
                warn_of_clipping(run[1])
                heights[0, compartment] = chain.extract_heights(*run, spikes)
        return judged({"heights": heights}, self.signals, 1, "backend bss2")["heights"][0]

    def _record(self, calibration: pd.DataFrame, codes: Codes, seed: int) -> list[Recording | None]:
        """Record every compartment of a parameter set: times and potentials, None if it failed."""
        generator = np.random.default_rng(seed)
        return [
            self._record_one(calibration, codes, compartment, int(generator.integers(2**63)))
            for compartment in range(self.length)
        ]

    def _record_one(
        self,
        calibration: pd.DataFrame,
        codes: Codes,
        compartment: int,
        seed: int,
    ) -> Recording | None:
        """Run once, and again where it fails; the chain is built anew after a failure.

        None if the samples were incomplete or implausible. Raises ConnectionLost if every attempt
        failed for the connection or the chip's software, BackendError for other exceptions.
        """

        def run(failures: int) -> Recording:
            if self._program is None:
                config = self.device.initial_config(calibration)
                self._program = ChainProgram(
                    self.library, self.wiring, self.stimulus, self.averages, config
                )
            self._program.set_parameters(codes.leak, codes.axial)
            self._program.set_further(codes.weight, codes.leak_potential)
            self.device.begin(seed + failures)
            recording = self._program.record(compartment)
            self._check_new(recording[1])
            return recording

        try:
            return self.attempts(f"run of compartment {compartment}", run, self._close)
        except IncompleteRecordingError:
            return None


@dataclass
class PynnNeuron(_OnChip):
    """A spiking neuron that a PyNN program measures (see ``Backend``); it is not calibrated."""

    inputs: Space
    signals: Signals
    library: access.Library
    device: Site
    attempts: Attempts = field(default_factory=Attempts)
    parts: str | None = None
    lock_folder: str | None = None
    _kept: list[Parts] = field(default_factory=list, repr=False)
    _program: NeuronProgram | None = field(default=None, repr=False)
    _last: np.ndarray | None = field(default=None, repr=False)
    _held: bool = field(default=False, repr=False)
    _lost: int = field(default=0, repr=False)

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """Calibrate nothing: one row that names the chip."""
        with self._locked():
            return pd.DataFrame({"success": [True], "chip": [self.device.identifier()]})

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str],
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Measure V and w in MADC LSB and spikes in us; NaN where a run failed in all attempts.

        Every run that is good is kept as soon as it is measured (``parts``), until ``forget``; the
        same call goes on from there. Raises ConnectionLost if the chip stops answering,
        BackendError for whatever else its library raises, for another chip than that of the
        table, or if nothing usable comes any more.
        """
        measured = {
            name: values.astype(self.signals[name].dtype)
            for name, values in missing(self.signals, needs, len(inputs)).items()
        }
        settings = {"module": self.library.name, "device": repr(self.device), "needs": [*needs]}
        parts = self._keep(
            call_key(settings, calibration, inputs, generator),
            {name: (values.dtype.name, values.shape[1:]) for name, values in measured.items()},
        )
        seeds = generator.integers(2**63, size=len(inputs))
        held = self._held
        with self._chip():
            self._check(calibration)
            done = parts.load()
            for index, known in done.items():
                _put(measured, index, known)
            if progress is not None and done:
                progress(len(done))
            open_ = [index for index in range(len(inputs)) if index not in done]
            if not held:
                self._announce(len(open_))
            for index in open_:
                codes = dict(zip(self.inputs.names, inputs[index].tolist(), strict=True))
                try:
                    run = self._run(codes, seeds[index], needs)
                    self._count_lost(run is None)
                except BackendError as error:
                    raise type(error)(f"{error}; {parts.kept(len(inputs))}") from error
                if run is not None:
                    _put(measured, index, run)
                    parts.append(index, run)
                if progress is not None:
                    progress(1)
        return measured

    def _announce(self, parameter_sets: int) -> None:
        time = chip_time.seconds(self.library.name, parameter_sets, 1, DURATION_US)
        announce(f"{self.library.name}: {parameter_sets} runs, about {duration(time)} of chip time")

    def _check(self, calibration: pd.DataFrame) -> None:
        if not len(calibration) or "chip" not in calibration:
            raise BackendError("calibration: expected the name of a chip, found none")
        own, expected = self.device.identifier(), calibration["chip"].iloc[0]
        if own != expected:
            raise BackendError(f"calibration: expected one of chip {own}, found one of {expected}")

    def _run(
        self, codes: Mapping[str, float], seed: int, needs: Collection[str]
    ) -> dict[str, np.ndarray] | None:
        """Signals of one run, which is tried again where it fails; None if none was usable."""

        def run(failures: int) -> dict[str, np.ndarray]:
            if self._program is None:
                self._program = NeuronProgram(self.library, self.device.options())
            self._program.set_codes(codes)
            self.device.begin(seed + failures)
            v, w, times = self._program.run()
            self._check_new(v)
            spikes = np.full(adex.SPIKES, float(adex.DURATION_US))
            spikes[: len(times)] = times[: adex.SPIKES]
            return {"v": v, "w": w, "spikes": spikes}

        try:
            found = self.attempts("run of the neuron", run, self._close)
        except IncompleteRecordingError:
            return None
        own = judged({name: found[name][None] for name in needs}, self.signals, 1, "backend bss2")
        if any(np.isnan(values).any() for values in own.values()):
            return None
        return {name: values[0] for name, values in own.items()}


def _put(signals: Mapping[str, np.ndarray], index: int, run: Mapping[str, np.ndarray]) -> None:
    """Put the signals of one run into those of all."""
    for name, values in signals.items():
        values[index] = run[name]


def make(
    model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]
) -> PynnChain | PynnNeuron:
    """Make chain or neuron from the sections ``chain``, ``chip`` and ``bss2`` of the configuration.

    Raises BackendError for compartments that circuits in a row cannot be. The PyNN module is
    imported by the first measurement, which raises BackendError without it.
    """
    only(model, "chain", "adex", backend="bss2")
    library = access.Library(settings.get("module", access.REAL))
    defaults = Attempts()
    attempts = Attempts(
        1 + infrastructure.get("retries", defaults.count - 1),
        infrastructure.get("retry_wait", defaults.wait_s),
        infrastructure.get("run_limit", defaults.limit_s),
    )
    options = ("parts", "lock_folder")
    kept = {name: infrastructure[name] for name in options if name in infrastructure}
    if model == "adex":
        return PynnNeuron(
            inputs=adex.input_space(RANGES),
            signals=adex.signals(),
            library=library,
            device=site_of(library, dict(settings)),
            attempts=attempts,
            **kept,
        )
    tree = Tree.of(settings["length"], settings.get("parents"))
    wiring = wire(tree.links)
    stimulus = Stimulus(
        interval=settings["spike_interval"], inputs=settings["inputs"], weight=settings["weight"]
    )
    return PynnChain(
        inputs=chip_inputs.input_space(tree, settings["limits"]),
        signals=chain.signals(len(tree), "MADC LSB", "us", tree),
        library=library,
        wiring=wiring,
        device=device_of(library, wiring, stimulus, dict(settings)),
        stimulus=stimulus,
        averages=settings.get("averages", 1),
        attempts=attempts,
        **kept,
    )
