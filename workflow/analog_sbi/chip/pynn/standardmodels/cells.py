"""Cell types: the neuron circuit and sources of spikes.

A cell type lays its parameters out in arrays over the cells of a population, and says how they are
read, set and configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pyNN.parameters import ArrayParameter, Sequence, simplify
from pyNN.standardmodels import StandardCellType, build_translations, cells

from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS
from analog_sbi.chip.pynn.unsupported import OF_THE_CELLS, refuse, refused

Arrays = dict[str, np.ndarray]


class _Recordable:
    recordable: ClassVar[list[str]] = []

    def can_record(self, variable: str, location: str | None = None) -> bool:
        """Tell whether the cell has this variable."""
        return variable in self.recordable


class NeuronCell(_Recordable):
    """What all neurons have in common; a neuron takes ``width`` circuits."""

    recordable: ClassVar = ["spikes", "v", "exc_synin", "inh_synin", "adaptation"]
    receptor_types: ClassVar = ["excitatory", "inhibitory"]
    conductance_based = False
    injectable = True
    units: ClassVar = {
        "spikes": "ms",
        **dict.fromkeys(("v", "exc_synin", "inh_synin", "adaptation"), "dimensionless"),
    }
    positions: ClassVar[list[int]] = [0]  # of its circuits, counted from the first one


class HXNeuron(NeuronCell, StandardCellType):
    """One neuron circuit with the parameters of ``lola.AtomicNeuron``, silent by default.

    Values given here take precedence over the initial configuration.
    """

    default_parameters: ClassVar = DEFAULTS
    translations = build_translations(*((name, name) for name in DEFAULTS))

    def __init__(self, plasticity_rule: Any = None, **parameters: Any) -> None:
        """Make a cell type. Raises NonExistentParameterError for names it does not have."""
        if plasticity_rule is not None:
            refuse("HXNeuron(plasticity_rule=...)")
        self.given = frozenset(parameters)
        super().__init__(**parameters)

    @staticmethod
    def create_hw_entity(parameters: Mapping[str, Any]) -> Any:
        """Make a ``lola.AtomicNeuron`` of a neuron's parameters."""
        from analog_sbi.chip.pynn.dlens import lola

        neuron = lola.AtomicNeuron()
        for name, value in parameters.items():
            neuron.set_flat(name, value)
        return neuron

    def arrays(self, size: int, as_given: set[str]) -> Arrays:
        """Parameters of ``size`` cells."""
        space = self.native_parameters
        space.shape = (size,)
        space.evaluate(simplify=False)
        return {name: np.array(value).reshape(size) for name, value in space.items()}

    def shown(self, name: str, values: np.ndarray, as_given: set[str]) -> Any:
        """Values of some cells as ``get`` shows them."""
        value = simplify(values)
        return bool(value) if isinstance(value, np.bool_) else value

    def store(
        self, name: str, column: np.ndarray, cells: np.ndarray, value: Any, as_given: set[str]
    ) -> None:
        """Set values of some cells."""
        column[cells] = value

    def configure(self, arrays: Arrays, chip: Mapping[str, np.ndarray], table: np.ndarray) -> None:
        """Take what was not given from a chip's circuits."""
        for name, column in chip.items():
            if name not in self.given:
                arrays[name][:] = column[table]

    def wire(self, values: Arrays, table: np.ndarray) -> None:
        """Set nothing beside the parameters."""

    @staticmethod
    def circuit_of(circuit: np.ndarray, compartment: int) -> int:
        """Circuit of a cell."""
        return int(circuit)


class SpikeSource(_Recordable):
    """What all sources of spikes have in common."""

    recordable: ClassVar = ["spikes"]
    native_parameters: Any
    units: ClassVar = {"spikes": "ms"}

    def arrays(self, size: int, as_given: set[str]) -> Arrays:
        """Parameters of ``size`` cells."""
        space = self.native_parameters
        space.shape = (size,)
        space.evaluate(simplify=False)
        columns = {}
        for name, value in space.items():
            column = np.empty(size, dtype=object if name == "spike_times" else float)
            column[:] = value if isinstance(value, np.ndarray) and value.shape else [value] * size
            columns[name] = column
        return columns

    def shown(self, name: str, values: np.ndarray, as_given: set[str]) -> Any:
        """Values of some cells as ``get`` shows them."""
        if all(value == values[0] for value in values):
            return values[0]
        return values

    def store(
        self, name: str, column: np.ndarray, cells: np.ndarray, value: Any, as_given: set[str]
    ) -> None:
        """Set values of some cells."""
        if isinstance(value, ArrayParameter) or np.ndim(value) == 0:
            value = [value] * len(cells)
        for cell, one in zip(cells, value, strict=True):
            column[cell] = one


class _GivenTrains:
    """Spikes at given times."""

    def times(self, arrays: Arrays, index: int, end: float) -> np.ndarray:
        """Spike times of a source in ms."""
        return np.asarray(arrays["spike_times"][index].value, dtype=float)


class SpikeSourceArray(SpikeSource, cells.SpikeSourceArray):
    """Spikes at given times in ms of hardware time."""

    default_parameters: ClassVar = {"spike_times": Sequence([])}
    translations = build_translations(("spike_times", "spike_times"))

    def trains(self, state: Any) -> _GivenTrains:
        """Spike trains of a population."""
        return _GivenTrains()


class _PoissonTrains:
    """Poisson trains that stay until a parameter of their source changes."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self.drawn: dict[int, tuple[tuple, np.ndarray]] = {}

    def times(self, arrays: Arrays, index: int, end: float) -> np.ndarray:
        """Spike times of a source in ms."""
        key = tuple(float(arrays[name][index]) for name in ("start", "rate", "duration"))
        if index not in self.drawn or self.drawn[index][0] != key:
            start, rate, duration = key
            count = self.generator.poisson(rate * duration / 1000)
            self.drawn[index] = key, np.sort(start + duration * self.generator.random(count))
        return self.drawn[index][1]


class SpikeSourcePoisson(SpikeSource, cells.SpikeSourcePoisson):
    """A Poisson process of ``rate`` in 1/s of hardware time from ``start`` for ``duration`` ms.

    The train is drawn once and stays until a parameter changes, as all that it is connected to
    shall receive the same. It repeats with the noise seed of the chip object.
    """

    default_parameters: ClassVar = {"start": 0.0, "rate": 1.0, "duration": 1e3}
    translations = build_translations(*((n, n) for n in ("start", "rate", "duration")))

    def __init__(self, start: Any, rate: Any, duration: Any) -> None:
        """Make a source; all three are required, as in the real module."""
        super().__init__(start=start, rate=rate, duration=duration)

    def trains(self, state: Any) -> _PoissonTrains:
        """Spike trains of a population."""
        return _PoissonTrains(state.sources.spawn(1)[0])


class _OnChipTrains:
    """Poisson trains of a generator on the chip, which its seed determines."""

    BLOCK = 1024

    def __init__(self) -> None:
        self.drawn: dict[tuple, np.ndarray] = {}

    def times(self, arrays: Arrays, index: int, end: float) -> np.ndarray:
        """Spike times of a source in ms, those before ``end`` at least."""
        rate, seed = float(arrays["rate"][index]), int(arrays["seed"][index])
        key = rate, seed, index
        times = self.drawn.get(key, np.empty(0))
        if rate <= 0:
            return times
        blocks = 1 + int(rate * end / 1000 * 2) // self.BLOCK
        while len(times) < blocks * self.BLOCK or times[-1] < end:
            blocks = len(times) // self.BLOCK + 1
            generator = np.random.default_rng([seed, index])
            times = np.cumsum(generator.exponential(1000 / rate, blocks * self.BLOCK))
        self.drawn[key] = times
        return times


class SpikeSourcePoissonOnChip(SpikeSource, StandardCellType):
    """A Poisson process of ``rate`` in 1/s that a generator on the chip draws from ``seed``."""

    injectable = False
    receptor_types: ClassVar[list[str]] = []
    default_parameters: ClassVar = {"rate": 1.0, "seed": 1}
    translations = build_translations(("rate", "rate"), ("seed", "seed"))

    def __init__(self, rate: Any, seed: Any) -> None:
        """Make a source; both are required, as in the real module."""
        super().__init__(rate=rate, seed=seed)

    def trains(self, state: Any) -> _OnChipTrains:
        """Spike trains of a population."""
        return _OnChipTrains()


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in OF_THE_CELLS:
        return refused(f"cells.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
