"""State of the one experiment that PyNN programs build, and the generation of the interface.

``classic``: the initial configuration is in the parameters as soon as a population exists.
``lazy``: it is applied when the network is mapped, by a run or ``RunCommand.PREPARE``; before
that the parameters cannot be read or set, and a second run needs ``reset()`` first.
Times in ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pyNN.common import IDMixin
from pyNN.common.control import BaseState

from analog_sbi.chip import readout
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn import execution, topology
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, to_codes
from analog_sbi.randomness import generator

name = "HX"  # as the real module signs its data

GENERATIONS = ("classic", "lazy")
US_PER_MS = 1e3
CYCLES_PER_MS = 125_000  # spikes are sent at cycles of 8 ns
MAX_RUNTIME_MS = 2**32 / CYCLES_PER_MS  # ASSUME the timer of the FPGA counts cycles in 32 bit
MADC_CHANNELS = 2


class ID(int, IDMixin):
    """Number of a cell, with PyNN's access to its parameters."""

    def __init__(self, n: int) -> None:
        """Create an ID; ``n`` is the number of the cell in the experiment."""
        int.__init__(n)
        IDMixin.__init__(self)


@dataclass
class _World:
    """What a program finds when it starts: the interface it meets and the chip it reaches."""

    generation: str = "classic"
    serial: int = 0


world = _World()
_noise: dict[int, np.random.Generator] = {}


def use(generation: str | None = None, serial: int | None = None) -> None:
    """Choose the generation of the interface and the chip of programs that give no chip object.

    Holds from the next ``setup`` on. Raises ValueError for an unknown generation.
    """
    if generation is not None:
        if generation not in GENERATIONS:
            raise ValueError(f"generation is one of {', '.join(GENERATIONS)}, found {generation!r}")
        world.generation = generation
    if serial is not None:
        world.serial = int(serial)


def noise_of(chip: Chip | None) -> np.random.Generator:
    """Random generator of an experiment.

    A chip object with a noise seed repeats its noise with every setup; without one the noise
    of a chip goes on from experiment to experiment in a process.
    """
    serial = world.serial if chip is None else chip.serial
    if chip is not None and chip.noise_seed is not None:
        return generator(chip.noise_seed, "pynn", serial)
    if serial not in _noise:
        _noise[serial] = generator(serial, "pynn")
    return _noise[serial]


class State(BaseState):
    """Everything that ``setup`` starts afresh."""

    dt = readout.SAMPLE_INTERVAL_US / US_PER_MS

    def __init__(self, chip: Chip | None = None, permutation: np.ndarray | None = None) -> None:
        """Start an experiment on a chip; ``permutation`` places neurons on circuits."""
        super().__init__()
        self.generation = world.generation
        self.chip = chip
        self.noise = noise_of(chip)
        self.pattern = fixed_pattern(world.serial if chip is None else chip.serial)
        self.permutation = np.arange(CIRCUITS) if permutation is None else permutation
        self.mpi_rank = 0
        self.num_processes = 1
        self.min_delay = self.max_delay = 0
        self.record_sample_times = True
        self.neurons: list[Any] = []  # populations on circuits, in the order of their creation
        self.projections: list[Any] = []
        self.id_counter = 0
        self.placed = 0
        self.scheduled: tuple[float, topology.Circuits, execution.Events] | None = None
        self.segment_counter = -1
        self.reset()

    @property
    def lazy(self) -> bool:
        """Whether the initial configuration waits until the network is mapped."""
        return self.generation == "lazy" and self.chip is not None

    def reset(self) -> None:
        """Go back to t = 0 and begin a new segment; network and parameters stay."""
        self.running = False
        self.t = self.t_start = 0
        self.segment_counter += 1

    def place(self, count: int) -> np.ndarray:
        """Circuits of ``count`` new neurons. Raises ValueError if there are not so many left."""
        if self.placed + count > len(self.permutation):
            raise ValueError(f"Cannot register more than {len(self.permutation)} IDs")
        self.placed += count
        return self.permutation[self.placed - count : self.placed]

    def prepare(self) -> topology.Circuits:
        """Map the network: apply the initial configuration, translate parameters to codes.

        Raises OverflowError or TypeError for a code that a circuit cannot hold, ValueError if
        the read-out cannot reach the recorded neurons.
        """
        for population in self.neurons:
            population.apply_initial_config()
        _check_madc(self.recorded_circuits())
        values = {key: np.full(CIRCUITS, value) for key, value in DEFAULTS.items()}
        if self.chip is not None:
            values |= {key: column.copy() for key, column in self.chip.parameters.items()}
        for population in self.neurons:
            for key, column in population.parameter_arrays.items():
                values[key][population.circuits] = column
        return topology.Circuits(**to_codes(values))

    def add(self, runtime: float) -> None:
        """Schedule the present network for ``runtime`` ms."""
        if runtime > MAX_RUNTIME_MS:
            raise ValueError(f"runtime of {runtime} ms is to long, at most {MAX_RUNTIME_MS} ms")
        if self.scheduled is not None:
            raise NotImplementedError(
                "more than one snippet in an experiment (RunCommand.APPEND twice) is not part of "
                "the chip model"
            )
        if self.running and self.generation == "lazy":
            raise RuntimeError("Call pynn.reset() before calling pynn.run() again.")
        circuits = self.prepare()
        self.scheduled = (float(runtime), circuits, execution.Events.of(self.projections))

    def execute(self) -> None:
        """Run what is scheduled and hand the samples to the recorders."""
        runtime, circuits, events = self.scheduled
        self.scheduled = None
        recorded = self.recorded_circuits()
        times, samples = execution.run(
            circuits,
            self.permutation[: self.placed],
            self.pattern,
            events,
            recorded,
            runtime * US_PER_MS,
            self.noise,
        )
        for recorder in self.recorders:
            recorder.take(
                {
                    cell: (times[channel] / US_PER_MS, samples[channel])
                    for cell, circuit in recorder.recorded_cells()
                    for channel in [recorded.index(circuit)]
                }
            )
        self.t += runtime
        self.running = True

    def recorded_circuits(self) -> list[int]:
        """Circuits that the MADC reads."""
        return sorted(circuit for r in self.recorders for _, circuit in r.recorded_cells())


state: State | None = None


def _check_madc(circuits: list[int]) -> None:
    """One channel of the MADC reads even columns, the other one odd columns."""
    if len(circuits) > MADC_CHANNELS:
        raise ValueError("Can only record at most two neurons/locations with the MADC.")
    if len(circuits) == MADC_CHANNELS and circuits[0] % 2 == circuits[1] % 2:
        raise ValueError("MADC sources can't both be located in even or odd neuron columns.")
