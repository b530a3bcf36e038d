"""Recording: which cells the MADC reads, and their samples as neo blocks.

A membrane potential is a ``neo.IrregularlySampledSignal`` of shape (T, 1), float32, in MADC LSB
(dimensionless) over ms of hardware time, named ``v``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import neo
import numpy as np
import pyNN.recording
import quantities as pq
from pyNN.errors import RecordingError
from pyNN.recording import Variable

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.unsupported import refuse

PADS = tuple(f"pad_{pad}{mode}" for pad in (0, 1) for mode in ("", "_buffered", "_unbuffered"))
DEVICES = ("madc", "cadc", *PADS)
ANALOG = ("v", "exc_synin", "inh_synin", "adaptation")
LOCATION = "unlabeled"  # of a cell that is a single compartment
POTENTIAL = Variable(name="v", location=None, label=None)

Samples = tuple[np.ndarray, np.ndarray]


class UnknownVariableError(RecordingError, RuntimeError):
    """A variable that a cell type does not have."""


class Recorder(pyNN.recording.Recorder):
    """What is recorded of a population; see the module."""

    _simulator = simulator

    def __init__(self, population: Any, file: Any = None) -> None:
        """Make the recorder of a population."""
        super().__init__(population, file=file)
        self.device = "madc"
        self.samples: dict[int, Samples] = {}

    def record(
        self,
        variables: Any,
        ids: Iterable[int],
        sampling_interval: float | None = None,
        locations: Any = None,
    ) -> None:
        """Add variables of cells to what is recorded.

        Raises NotImplementedError for a sampling interval, ValueError for an unknown device,
        two analog variables of a neuron or more neurons than the MADC has channels, a
        RuntimeError for an unknown variable or location.
        """
        if sampling_interval:
            raise NotImplementedError("Sampling interval not implemented.")
        if self.device not in DEVICES:
            raise ValueError(f'Device "{self.device}" is not supported')
        if locations is not None:
            raise RuntimeError(
                f'Can not extract recording locations for celltype "{self.population.celltype}".'
            )
        names = [variables] if isinstance(variables, str) else list(variables)
        for name in names:
            if not self.population.can_record(name):
                raise UnknownVariableError(name, self.population.celltype)
        analog = [name for name in names if name in ANALOG]
        ids = list(ids)
        if len(analog) > 1 or (analog != ["v"] and analog and self._potentials(ids)):
            raise ValueError("Only one analog variable of a neuron can be recorded.")
        if analog and analog != ["v"]:
            refuse(f"recording of {analog[0]}")
        if self.device != "madc":
            refuse(f'recording device "{self.device}"')
        if analog:
            self._check_channels(ids)
        super().record(names, ids)

    def recorded_cells(self) -> list[tuple[int, int]]:
        """Cells of which the potential is recorded, with their circuits."""
        ids = sorted(int(cell) for cell in self.recorded.get(POTENTIAL, ()))
        return [(i, int(self.population.circuits[self.population.id_to_index(i)])) for i in ids]

    def store_to_cache(self, annotations: dict | None = None) -> None:
        """Keep the segment that ends; sources of spikes have nothing to keep."""
        if self.population.is_neuron:
            super().store_to_cache(annotations)

    def take(self, samples: dict[int, Samples]) -> None:
        """Keep times in ms and samples of the cells of a run."""
        self.samples = samples
        self.clear_flag = False

    def _potentials(self, ids: list[int]) -> set[int]:
        return self.recorded.get(POTENTIAL, set()).intersection(ids)

    def _check_channels(self, ids: list[int]) -> None:
        others = sum(
            len(recorder.recorded_cells())
            for recorder in simulator.state.recorders
            if recorder is not self
        )
        own = {cell for cell, _ in self.recorded_cells()}.union(int(cell) for cell in ids)
        if others + len(own) > simulator.MADC_CHANNELS:
            raise ValueError("Can only record at most two neurons/locations with the MADC.")

    def _record(self, variable: Variable, new_ids: set, sampling_interval: Any = None) -> None:
        pass

    def _reset(self) -> None:
        self.samples = {}

    def _clear_simulator(self) -> None:
        self.samples = {}

    def _local_count(self, variable: Variable, filter_ids: Any = None) -> dict[int, int]:
        return {int(cell): 0 for cell in self.filter_recorded(variable, filter_ids)}

    def _get_current_segment(
        self, filter_ids: Any = None, variables: Any = "all", clear: bool = False
    ) -> neo.Segment:
        segment = neo.Segment(
            name=f"segment{simulator.state.segment_counter:03d}",
            description=self.population.describe(),
            rec_datetime=datetime.now(),
        )
        for variable in sorted(self.recorded):
            if variables != "all" and variable not in variables:
                continue
            ids = sorted(int(cell) for cell in self.filter_recorded(variable, filter_ids))
            if variable.name == "spikes":
                segment.spiketrains.extend([self._no_spikes(cell) for cell in ids])
            else:
                segment.irregularlysampledsignals.extend(
                    [self._signal(cell) for cell in ids if cell in self.samples]
                )
        for item in [*segment.irregularlysampledsignals, *segment.spiketrains]:
            item.segment = segment
        return segment

    def _signal(self, cell: int) -> neo.IrregularlySampledSignal:
        times, samples = self.samples[cell]
        return neo.IrregularlySampledSignal(
            times.astype(np.float32),
            samples.astype(np.float32),
            units="dimensionless",
            time_units=pq.ms,
            name="v",
            array_annotations={"channel_index": [self.population.id_to_index(cell)]},
            device="madc",
            source_ids=[cell],
            source_locations=[LOCATION],
            source_population=self.population.label,
            source_compartments=[0],
        )

    def _no_spikes(self, cell: int) -> neo.SpikeTrain:
        """Spikes of a run: none, as a neuron that would spike ends the run (``execution``)."""
        return neo.SpikeTrain(
            [],
            t_start=0.0,
            t_stop=simulator.state.t,
            units="ms",
            source_population=self.population.label,
            source_id=cell,
            source_location=LOCATION,
            source_compartment=0,
            source_index=self.population.id_to_index(cell),
        )
