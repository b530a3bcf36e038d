"""The experiment as one PyNN program, for the chip and for its model.

A chain or tree of L compartments of two circuits each (``chip.wiring``). The even circuit of a
pair holds capacitor, leak and synaptic input and is recorded; the odd one reaches the shared line,
to which the next compartment connects through its resistor:

    circuit   0     1     2     3     4     5
    line            +-----+     +-----+
                    |     R     |     R
    membrane  +-----+     +-----+     +-----+
              0           1           2            compartment

Inputs reach one compartment after another, and a run records one compartment.
Units: us here, ms in PyNN, both hardware time; potentials in MADC LSB. T samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analog_sbi.chip.capmem import mode
from analog_sbi.chip.emulation import Stimulus
from analog_sbi.chip.readout import LARGEST
from analog_sbi.chip.wiring import Wiring
from analog_sbi.hardware.access import Library

US_PER_MS = 1e3
LARGEST_GAP_US = 5.0  # between samples; the MADC takes one every 0.034 us


class IncompleteRecordingError(Exception):
    """A run did not give the samples it should."""


class ChainProgram:
    """Compartments on the chip that ``initial_config`` calibrates; inputs are repeated
    ``averages`` times in a run and the repetitions averaged.
    """

    def __init__(
        self,
        library: Library,
        wiring: Wiring,
        stimulus: Stimulus,
        averages: int,
        initial_config: object,
    ) -> None:
        """Set the chip up, join the compartments and connect their inputs."""
        length = len(wiring)
        self.pynn, self.wiring, self.averages = library.pynn, wiring, averages
        self.period = stimulus.duration(length)
        self.pynn.setup(initial_config=initial_config)
        self.circuits = self.pynn.Population(2 * length, self.pynn.cells.HXNeuron())
        if hasattr(self.pynn, "RunCommand"):
            # newer modules apply the initial configuration only now, and would undo what is
            # set earlier; older ones have applied it and lack the command
            self.pynn.run(None, self.pynn.RunCommand.PREPARE)
        self._close_switches()
        self.compartments = [self._view([int(circuit)]) for circuit in wiring.circuits]
        self.resistors = [self._view([int(circuit)]) for circuit in wiring.resistors]
        self.synapses = []
        for compartment, spike in zip(self.compartments, stimulus.spike_times(length), strict=True):
            times = (spike + self.period * np.arange(averages)) / US_PER_MS
            source = self.pynn.cells.SpikeSourceArray(spike_times=times)
            self.synapses.append(
                self.pynn.Projection(
                    self.pynn.Population(stimulus.inputs, source),
                    compartment,
                    self.pynn.AllToAllConnector(),
                    synapse_type=library.synapse(weight=stimulus.weight),
                )
            )
        self.weight, self.shift = stimulus.weight, 0
        self.potentials: np.ndarray | None = None

    def set_parameters(self, leak: np.ndarray, axial: np.ndarray) -> None:
        """Set leak (L,) and axial (L - 1,) conductances, numbers 0..3068 (``capmem.mode``)."""
        for compartment, coding, code in zip(self.compartments, *mode(leak), strict=True):
            compartment.set(
                leak_i_bias=int(code),
                leak_enable_division=bool(coding < 0),
                leak_enable_multiplication=bool(coding > 0),
            )
        for resistor, coding, code in zip(self.resistors, *mode(axial), strict=True):
            resistor.set(
                multicompartment_i_bias_nmda=int(code),
                multicompartment_enable_conductance_division=bool(coding < 0),
                multicompartment_enable_conductance_multiplication=bool(coding > 0),
            )

    def set_further(self, weight: int, shift: int) -> None:
        """Set the weight of all synapses, and leak potentials by so many codes off the calibrated.

        What has not changed is left alone.
        """
        if weight != self.weight:
            self.weight = weight
            for synapses in self.synapses:
                synapses.set(weight=weight)
        if shift != self.shift:
            if self.potentials is None:
                self.potentials = self.calibrated_codes(["leak_v_leak"])["leak_v_leak"]
            self.shift = shift
            for compartment, code in zip(self.compartments, self.potentials, strict=True):
                compartment.set(leak_v_leak=int(code) + shift)

    def record(self, compartment: int) -> tuple[np.ndarray, np.ndarray]:
        """Run once and record a compartment: times (T,) in us and potentials (T,) in LSB.

        Raises IncompleteRecordingError if samples are missing, and what the module raises.
        """
        view = self.compartments[compartment]
        view.record(["v"])
        self.pynn.run(float(self.period * self.averages / US_PER_MS))
        signals = view.get_data(clear=True).segments[-1].irregularlysampledsignals
        view.record(None)
        self.pynn.reset()
        times, potential = samples(signals)
        check_complete(times, self.period * self.averages)
        check_plausible(potential)
        return average(times, potential, self.averages, self.period)

    def calibrated_codes(self, names: list[str]) -> dict[str, np.ndarray]:
        """Codes of the circuits that carry the compartments, each (L,), as the chip has them."""
        values = self.circuits.get(names, simplify=False)
        return {
            name: np.asarray(column, dtype=float)[self.wiring.circuits]
            for name, column in zip(names, values, strict=True)
        }

    def close(self) -> None:
        """Release the chip."""
        self.pynn.end()

    def _view(self, circuits: np.ndarray | list[int]) -> Any:
        return self.pynn.PopulationView(self.circuits, circuits)

    def _close_switches(self) -> None:
        count = 2 * len(self.wiring)
        starts = [start for start, _ in self.wiring.stretches]
        # the last circuit of a stretch closes no switch to the right
        joined = [c for start, stop in self.wiring.stretches for c in range(start, stop)]
        self._view(np.arange(0, count, 2)).set(multicompartment_connect_right=True)
        self._view(np.arange(1, count, 2)).set(
            leak_i_bias=0, leak_enable_division=True, membrane_capacitance_capacitance=0
        )
        self._view(starts).set(multicompartment_connect_soma=True)
        self._view(joined).set(multicompartment_connect_soma_right=True)
        self._view(sorted(self.wiring.resistors.tolist())).set(  # PyNN sorts arrays in place
            multicompartment_connect_soma=False, multicompartment_enable_conductance=True
        )
        self.circuits.set(threshold_enable=False)


def samples(signals: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Times (T,) in us and potentials (T,) in LSB of the signals of a segment.

    Raises IncompleteRecordingError if there are none.
    """
    if not signals:
        raise IncompleteRecordingError("no samples")
    times = np.asarray(signals[0].times.rescale("ms").magnitude, dtype=float) * US_PER_MS
    return times, np.asarray(signals[0].magnitude, dtype=float)[:, 0]


def check_complete(times: np.ndarray, duration: float) -> None:
    """Raise IncompleteRecordingError unless times (T,) ascend and cover a run.

    They may leave out ``LARGEST_GAP_US``.
    """
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise IncompleteRecordingError("samples whose times do not ascend")
    gap = np.diff(times, prepend=0.0, append=duration).max()
    if gap > LARGEST_GAP_US:
        raise IncompleteRecordingError(f"no sample for {gap:.1f} us")


def check_plausible(potential: np.ndarray) -> None:
    """Raise IncompleteRecordingError for samples (T,) that no converter with noise gives.

    They are its codes, and not all the same.
    """
    if not np.isfinite(potential).all():
        raise IncompleteRecordingError("samples that are no numbers")
    if (potential != np.rint(potential)).any() or potential.min() < 0 or potential.max() > LARGEST:
        raise IncompleteRecordingError(
            f"samples from {potential.min():g} to {potential.max():g} that are no codes of the "
            f"MADC, 0 to {LARGEST}"
        )
    if (potential == potential[0]).all():
        raise IncompleteRecordingError(f"the same value, {potential[0]:g}, in all samples")


def average(
    times: np.ndarray, potential: np.ndarray, repetitions: int, period: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean over repetitions of a period, cut to their common length, at the first one's times."""
    if repetitions == 1:
        return times, potential
    edges = np.searchsorted(times, period * np.arange(repetitions + 1))
    shortest = np.diff(edges).min()
    parts = [potential[start : start + shortest] for start in edges[:-1]]
    return times[:shortest], np.mean(parts, axis=0)
