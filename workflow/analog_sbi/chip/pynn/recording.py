"""Recording: which cells which device reads, and what it read as neo blocks.

An analog variable is a ``neo.IrregularlySampledSignal`` of shape (T, 1), float32, in LSB of the
device (dimensionless) over ms of hardware time; there is one for every snippet of a run. Spikes are
one ``neo.SpikeTrain`` a cell and snippet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import neo
import numpy as np
import pyNN.recording
import quantities as pq
from pyNN.errors import RecordingError
from pyNN.recording import Variable

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.experiment import Outcome, Probe
from analog_sbi.chip.pynn.recording_data import Recorded, RecordingSite

US_PER_MS = 1e3
PADS = tuple(f"pad_{pad}{mode}" for pad in (0, 1) for mode in ("", "_buffered", "_unbuffered"))
DEVICES = ("madc", "cadc", *PADS)
ANALOG = ("v", "exc_synin", "inh_synin", "adaptation")
LOCATION = "unlabeled"  # of a cell that is a single compartment


class UnknownVariableError(RecordingError, RuntimeError):
    """A variable that a cell type does not have."""


@dataclass
class _Snippet:
    """What was recorded in [begin, end), in ms."""

    begin: float
    end: float
    trains: dict[Recorded, np.ndarray] = field(default_factory=dict)
    signals: dict[Recorded, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


class Recorder(pyNN.recording.Recorder):
    """What is recorded of a population; see the module."""

    _simulator = simulator

    def __init__(self, population: Any, file: Any = None) -> None:
        """Make the recorder of a population."""
        super().__init__(population, file=file)
        self.device = "madc"
        self.chosen: set[Recorded] = set()
        self.snippets: list[_Snippet] = []

    def record(
        self,
        variables: Any,
        ids: Iterable[int],
        sampling_interval: float | None = None,
        locations: Any = None,
    ) -> None:
        """Add variables of cells to what is recorded.

        Raises NotImplementedError for a sampling interval, ValueError for an unknown device or
        label, two analog variables of a neuron or more neurons than the device has channels, a
        RuntimeError for an unknown variable or locations of a cell that has none.
        """
        if sampling_interval:
            raise NotImplementedError("Sampling interval not implemented.")
        if self.device not in DEVICES:
            raise ValueError(f'Device "{self.device}" is not supported')
        compartments = self._compartments(locations)
        names = [variables] if isinstance(variables, str) else list(variables)
        for name in names:
            if not self.population.can_record(name):
                raise UnknownVariableError(name, self.population.celltype)
        analog = [name for name in names if name in ANALOG]
        sites = [RecordingSite(int(cell), c) for cell in ids for c in compartments]
        if len(analog) > 1 or any(
            old.site in sites and old.variable in ANALOG and old.variable != name
            for name in analog
            for old in self.chosen
        ):
            raise ValueError("Only one analog variable of a neuron can be recorded.")
        new = {
            Recorded("spikes" if name == "spikes" else self.device, name, site, self._circuit(site))
            for name in names
            for site in sites
        }
        self._check_channels(new)
        self.chosen |= new
        for name in names:
            self.recorded[Variable(name, None, None)] |= {site.cell_id for site in sites}

    def recorded_cells(self) -> list[tuple[int, int]]:
        """Cells that the MADC reads, with their circuits."""
        return sorted((r.site.cell_id, r.circuit) for r in self.chosen if r.device == "madc")

    def probes(self) -> list[Probe]:
        """What the MADC and the CADC read."""
        return [
            Probe(r.device, r.circuit, r.variable)
            for r in sorted(self.chosen)
            if r.device in ("madc", "cadc")
        ]

    def plan(self, begin: float, end: float) -> list[tuple[Recorded, np.ndarray | None]]:
        """What the next snippet records, with the spikes of sources; times in ms."""
        return [
            (r, self.population.train(r.site.cell_id, begin, end) if r.circuit < 0 else None)
            for r in sorted(self.chosen)
        ]

    def take(
        self,
        begin: float,
        end: float,
        plan: list[tuple[Recorded, np.ndarray | None]],
        outcome: Outcome,
    ) -> None:
        """Keep what a snippet gave; times of the snippet in ms."""
        snippet = _Snippet(begin, end)
        for recorded, train in plan:
            if recorded.variable == "spikes":
                times = outcome.spikes.get(recorded.circuit, np.empty(0)) / US_PER_MS
                snippet.trains[recorded] = times if train is None else train
            else:
                probe = Probe(recorded.device, recorded.circuit, recorded.variable)
                if probe in outcome.traces:
                    times, samples = outcome.traces[probe]
                    snippet.signals[recorded] = times / US_PER_MS, samples
        self.snippets.append(snippet)
        self.clear_flag = False

    def _compartments(self, locations: Any) -> list[int]:
        if locations is None:
            return [0]
        find = getattr(self.population.celltype, "get_compartment_ids", None)
        if find is None:
            raise RuntimeError(
                f'Can not extract recording locations for celltype "{self.population.celltype}".'
            )
        return [int(c) for c in find([locations] if isinstance(locations, str) else locations)]

    def _circuit(self, site: RecordingSite) -> int:
        if not self.population.is_neuron:
            return -1
        return self.population.circuit_of(self.population.id_to_index(site.cell_id), site.comp_id)

    def _check_channels(self, new: set[Recorded]) -> None:
        all_ = {r for recorder in simulator.state.recorders for r in recorder.chosen} | new
        if sum(r.device == "madc" for r in all_) > simulator.MADC_CHANNELS:
            raise ValueError("Can only record at most two neurons/locations with the MADC.")
        for pad in ("pad_0", "pad_1"):
            if sum(r.device.startswith(pad) for r in all_) > 1:
                raise ValueError(f"Can only connect one neuron/location to {pad}.")

    def _record(self, variable: Variable, new_ids: set, sampling_interval: Any = None) -> None:
        pass

    def _reset(self) -> None:
        self.chosen = set()

    def store_to_cache(self, annotations: dict | None = None) -> None:
        """Keep the segment that ends."""
        super().store_to_cache(annotations)
        self.snippets = []

    def _clear_simulator(self) -> None:
        self.snippets = []

    def _local_count(self, variable: Variable, filter_ids: Any = None) -> dict[int, int]:
        counts = {int(cell): 0 for cell in self.filter_recorded(variable, filter_ids)}
        for snippet in self.snippets:
            for recorded, times in snippet.trains.items():
                if recorded.site.cell_id in counts:
                    counts[recorded.site.cell_id] += len(times)
        return counts

    def _get_current_segment(
        self, filter_ids: Any = None, variables: Any = "all", clear: bool = False
    ) -> neo.Segment:
        segment = neo.Segment(
            name=f"segment{simulator.state.segment_counter:03d}",
            description=self.population.describe(),
            rec_datetime=datetime.now(),
        )
        names = None if variables == "all" else {v.name for v in variables}
        cells = None if filter_ids is None else {int(cell) for cell in filter_ids}

        def asked(recorded: Recorded) -> bool:
            return (names is None or recorded.variable in names) and (
                cells is None or recorded.site.cell_id in cells
            )

        for snippet in self.snippets:
            segment.spiketrains.extend(
                [self._train(r, t, snippet) for r, t in snippet.trains.items() if asked(r)]
            )
            segment.irregularlysampledsignals.extend(
                [self._signal(r, *trace) for r, trace in snippet.signals.items() if asked(r)]
            )
        for item in [*segment.irregularlysampledsignals, *segment.spiketrains]:
            item.segment = segment
        return segment

    def _label(self, site: RecordingSite) -> str:
        label = getattr(self.population.celltype, "get_label", None)
        return LOCATION if label is None else label(site.comp_id)

    def _signal(
        self, recorded: Recorded, times: np.ndarray, samples: np.ndarray
    ) -> neo.IrregularlySampledSignal:
        site = recorded.site
        return neo.IrregularlySampledSignal(
            times.astype(np.float32),
            samples.astype(np.float32),
            units="dimensionless",
            time_units=pq.ms,
            name=recorded.variable,
            array_annotations={"channel_index": [self.population.id_to_index(site.cell_id)]},
            device=recorded.device,
            source_ids=[site.cell_id],
            source_locations=[self._label(site)],
            source_population=self.population.label,
            source_compartments=[site.comp_id],
        )

    def _train(self, recorded: Recorded, times: np.ndarray, snippet: _Snippet) -> neo.SpikeTrain:
        site = recorded.site
        return neo.SpikeTrain(
            np.clip(times, snippet.begin, snippet.end),
            t_start=snippet.begin,
            t_stop=snippet.end,
            units="ms",
            source_population=self.population.label,
            source_id=site.cell_id,
            source_location=self._label(site),
            source_compartment=site.comp_id,
            source_index=self.population.id_to_index(site.cell_id),
        )
