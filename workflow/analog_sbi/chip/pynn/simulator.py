"""State of the one experiment that PyNN programs build, and the generation of the interface.

``classic``: the initial configuration is in the parameters as soon as a population exists.
``lazy``: it is applied when the network is mapped, by a run or ``RunCommand.PREPARE``; before
that the parameters cannot be read or set.
Times in ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pyNN.common import IDMixin
from pyNN.common.control import BaseState

from analog_sbi.chip import readout
from analog_sbi.chip.adex import laws
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.chip.pynn import experiment, logger, topology
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.experiment import Snippet
from analog_sbi.chip.pynn.mismatch import mismatch, synapses
from analog_sbi.chip.pynn.routing import route
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS, to_codes
from analog_sbi.chip.pynn.unsupported import refuse
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
    serial = serial_of(chip)
    if chip is not None and chip.noise_seed is not None:
        return generator(chip.noise_seed, "pynn", serial)
    if serial not in _noise:
        _noise[serial] = generator(serial, "pynn")
    return _noise[serial]


def serial_of(chip: Chip | None) -> int:
    """Serial number of the chip that an experiment runs on."""
    return world.serial if chip is None or chip.serial is None else chip.serial


def source_generator(chip: Chip | None, noise: np.random.Generator) -> np.random.Generator:
    """Random generator of the spike sources, which leaves that of the noise alone."""
    if chip is not None and chip.noise_seed is not None:
        return generator(chip.noise_seed, "sources", serial_of(chip))
    return noise.spawn(1)[0]


class NeuronPlacement:
    """Which circuits the neurons of an experiment stand on."""

    def __init__(self, populations: list[Any]) -> None:
        """Look at the populations of an experiment, as they are then."""
        self._populations = populations

    def id2hwenum(self, cells: Any) -> Any:
        """Number of the first circuit of a cell, or a list of them. Raises KeyError for others."""
        if not isinstance(cells, (int, np.integer)):
            return [self.id2hwenum(cell) for cell in cells]
        for population in self._populations:
            index = int(cells) - int(population.first_id)
            if 0 <= index < population.size:
                return population.circuit_of(index)
        raise KeyError(f"no neuron has the ID {cells}")

    def id2atomicneuron(self, cells: Any) -> Any:
        """Coordinate of the first circuit of a cell, or a list of them."""
        from analog_sbi.chip.pynn.dlens.halco import AtomicNeuronOnDLS

        if not isinstance(cells, (int, np.integer)):
            return [self.id2atomicneuron(cell) for cell in cells]
        return AtomicNeuronOnDLS(self.id2hwenum(cells))


class State(BaseState):
    """Everything that ``setup`` starts afresh."""

    dt = readout.SAMPLE_INTERVAL_US / US_PER_MS

    def __init__(
        self,
        chip: Chip | None = None,
        permutation: np.ndarray | None = None,
        bypass: bool = False,
    ) -> None:
        """Start an experiment on a chip; ``permutation`` places neurons on circuits.

        With ``bypass`` neurons forward events.
        """
        super().__init__()
        self.log = logger.get("pyNN.brainscales2")
        self.generation = world.generation
        self.chip = chip
        self.bypass = bypass
        self.noise = noise_of(chip)
        self.sources = source_generator(chip, self.noise)
        self.serial = serial_of(chip)
        self.pattern = fixed_pattern(self.serial)
        self.permutation = np.arange(CIRCUITS) if permutation is None else permutation
        self.mpi_rank = 0
        self.num_processes = 1
        self.min_delay = self.max_delay = 0
        self.record_sample_times = True
        self.populations: list[Any] = []
        self.neurons: list[Any] = []  # populations on circuits, in the order of their creation
        self.projections: list[Any] = []
        self.id_counter = 0
        self.placed: list[int] = []  # circuits of neurons
        self.scheduled: list[tuple[Snippet, list]] = []
        self.injections: dict[str, Any] = {}
        self.configured: Chip | None = chip
        self.segment_counter = -1
        self.reset()

    @property
    def lazy(self) -> bool:
        """Whether the initial configuration waits until the network is mapped."""
        return self.generation == "lazy" and self.chip is not None

    def reset(self) -> None:
        """Go back to t = 0 and begin a new segment; network and parameters stay."""
        self.running = False
        self.t: float = 0
        self.t_start: float = 0
        self.horizon = 0.0  # end of what is scheduled, in ms
        self.segment_counter += 1

    @property
    def grenade_chip_config(self) -> Chip:
        """Configuration of the chip beside the neurons' parameters: clocks of the back ends."""
        if self.configured is None:
            self.configured = Chip()
        return self.configured

    @property
    def neuron_placement(self) -> NeuronPlacement:
        """Which circuits the neurons stand on."""
        return NeuronPlacement(self.neurons)

    def place(self, count: int, cell: Any) -> np.ndarray:
        """Circuits of ``count`` new neurons: (count,), or (count, width) for wider ones.

        A neuron goes to the first place of the permutation at which all its circuits are free
        and in the same quadrants. Raises ValueError if there is none.
        """
        offsets = np.array(cell.positions)
        taken, found = set(self.placed), []
        places = iter(self.permutation.tolist())
        for _ in range(count):
            for anchor in places:
                circuits = topology.shifted(anchor, offsets)
                if circuits is not None and not taken.intersection(circuits.tolist()):
                    break
            else:
                raise ValueError(f"Cannot register more than {len(self.permutation)} IDs")
            taken.update(circuits.tolist())
            found.append(circuits)
        table = np.array(found)
        self.placed.extend(table.ravel().tolist())
        return table[:, 0] if len(offsets) == 1 else table

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
                if key in values:
                    values[key][population.circuits] = column
            population.celltype.wire(values, population.circuits)
        codes = to_codes(values)
        if self.bypass:
            codes["threshold_enable"][:] = False
            neurons = np.array(self.placed, dtype=int)
            for receptor in ("excitatory", "inhibitory"):
                codes[f"event_routing_enable_bypass_{receptor}"][neurons] = True
        return topology.Circuits(**codes)

    def add(self, runtime: float) -> None:
        """Schedule the present network for ``runtime`` ms.

        Raises ValueError for a time that is not positive or too long, RuntimeError after a run
        without ``reset``.
        """
        if not runtime > 0:
            raise ValueError(f"runtime has to be positive, found {runtime} ms")
        if runtime > MAX_RUNTIME_MS:
            raise ValueError(f"runtime of {runtime} ms is to long, at most {MAX_RUNTIME_MS} ms")
        if self.running:
            raise RuntimeError("Call pynn.reset() before calling pynn.run() again.")
        self.check_injections()
        circuits = self.prepare()
        begin, self.horizon = self.horizon, self.horizon + float(runtime)
        spread = 0.0 if self.chip is None else self.chip.synapse_spread
        if self.chip is None:
            spread = Chip().synapse_spread
        events, inner = route(self.projections, synapses(self.serial) if spread else None, spread)
        plans = [(r, r.plan(begin, self.horizon)) for r in self.recorders]
        snippet = Snippet(
            begin=begin * US_PER_MS,
            end=self.horizon * US_PER_MS,
            circuits=circuits,
            events=events.within(begin * US_PER_MS, self.horizon * US_PER_MS),
            synapses=inner,
            clocks=self._clocks(),
            probes=tuple(probe for r in self.recorders for probe in r.probes()),
        )
        self.scheduled.append((snippet, plans))

    def execute(self) -> None:
        """Run what is scheduled and hand what was read to the recorders."""
        snippets = [snippet for snippet, _ in self.scheduled]
        outcomes = experiment.run(
            snippets,
            np.array(self.placed, dtype=int),
            self.pattern,
            mismatch(self.serial),
            self.noise,
        )
        for (snippet, plans), outcome in zip(self.scheduled, outcomes, strict=True):
            begin, end = snippet.begin / US_PER_MS, snippet.end / US_PER_MS
            for recorder, plan in plans:
                recorder.take(begin, end, plan, outcome)
        self.t += self.horizon
        self.scheduled = []
        self.horizon = 0.0
        self.running = True

    def check_injections(self) -> None:
        """Refuse injections that are not empty."""
        for name, injection in self.injections.items():
            if injection.contents():
                refuse(f"{name} with {injection.contents()[0]}")

    def run_until(self, end: float) -> None:
        """Run until the time ``end`` in ms."""
        self.add(end - self.t)
        self.execute()

    def _clocks(self) -> np.ndarray:
        """Periods in us of the slow and the fast clock of every circuit's back end (512, 2)."""
        scales = np.full((CIRCUITS, 2), float(laws.CLOCK_SCALE))
        if self.configured is not None:
            scales = self.configured.clock_scales()
        return laws.clock_us(scales)

    def recorded_circuits(self) -> list[int]:
        """Circuits that the MADC reads."""
        return sorted(circuit for r in self.recorders for _, circuit in r.recorded_cells())


# The experiment that is set up, a State; None without one, where PyNN's own functions fail, too.
state: Any = None


def _check_madc(circuits: list[int]) -> None:
    """One channel of the MADC reads even columns, the other one odd columns."""
    if len(circuits) > MADC_CHANNELS:
        raise ValueError("Can only record at most two neurons/locations with the MADC.")
    if len(circuits) == MADC_CHANNELS and circuits[0] % 2 == circuits[1] % 2:
        raise ValueError("MADC sources can't both be located in even or odd neuron columns.")
