"""Neurons of several compartments, each of joined circuits.

Compartments reach a line that runs along their row, directly or through a resistor; connections
close the line between circuits. Positions count circuits from the neuron's first one, 256 a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from pyNN.parameters import ArrayParameter
from pyNN.standardmodels import StandardCellType, build_translations

from analog_sbi.chip.pynn.standardmodels.cells import Arrays, NeuronCell
from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS
from analog_sbi.chip.pynn.unsupported import refused

ROW = 256
_WIRES = tuple(
    f"multicompartment_{name}"
    for name in (
        "connect_soma",
        "connect_soma_right",
        "connect_right",
        "connect_vertical",
        "enable_conductance",
    )
)
_PARAMETERS = {name: value for name, value in DEFAULTS.items() if name not in _WIRES}
# All circuits but the first of a compartment, where only one is to be active.
_INACTIVE = {
    "leak_i_bias": 0.0,
    "leak_enable_division": True,
    "leak_enable_multiplication": False,
    "membrane_capacitance_capacitance": 0.0,
    "threshold_enable": False,
}


class SharedLineConnection(NamedTuple):
    """The line of a row is closed from circuit ``start`` to circuit ``stop``."""

    start: int
    stop: int
    row: int


class McCircuitParameters(ArrayParameter):
    """A parameter of one neuron: numbers for the circuits of every compartment."""

    def __init__(self, value: Sequence) -> None:
        """Take a nested sequence: of compartments, of their circuits."""
        self.value = np.empty(len(value), dtype=object)
        self.value[:] = [np.asarray(numbers) for numbers in value]

    def max(self) -> Any:
        """Return the largest number."""
        return max(numbers.max() for numbers in self.value)

    def __eq__(self, other: object) -> Any:
        """Compare all numbers; with an array of parameters, one by one."""
        if isinstance(other, McCircuitParameters):
            return len(self.value) == len(other.value) and all(
                np.array_equal(a, b) for a, b in zip(self.value, other.value, strict=True)
            )
        if isinstance(other, np.ndarray):
            return np.array([self == one for one in other])
        return False

    __hash__ = None  # type: ignore[assignment]


def _integers(values: Any, what: str, allowed: Iterable[int] | None = None) -> list[int]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{what} needs to be a sequence of integers, found {values!r}")
    values = list(values)
    if not all(isinstance(v, (int, np.integer)) for v in values):
        raise TypeError(f"{what} needs to be a sequence of integers, found {values!r}")
    if len(set(values)) != len(values):
        raise TypeError(f"{what} contains non-unique entries: {values}")
    if allowed is not None and not set(values) <= set(allowed):
        raise TypeError(f"{what} contains entries which are not in positions: {values}")
    return values


class PlacedCompartment:
    """Circuits of one potential; further arguments are parameters of theirs.

    Raises TypeError for places that are no integers, repeat, or do not belong to it.
    """

    def __init__(
        self,
        *,
        positions: Sequence[int],
        label: str,
        connect_shared_line: Sequence[int] | None = None,
        connect_conductance: Sequence[tuple[int, int]] | None = None,
        **parameters: Any,
    ) -> None:
        """Describe a compartment; conductances are pairs of a position and a code."""
        if not isinstance(label, str):
            raise TypeError(f"label needs to be a string, found {label!r}")
        self.label = label
        self.positions = _integers(positions, "positions")
        self.connect_shared_line = _integers(
            connect_shared_line if connect_shared_line is not None else [],
            "connect_shared_line",
            self.positions,
        )
        pairs = connect_conductance if connect_conductance is not None else []
        if isinstance(pairs, str) or not isinstance(pairs, Iterable):
            raise TypeError(f"connect_conductance needs to be a sequence, found {pairs!r}")
        self.connect_conductance = list(pairs)
        if not all(isinstance(p, tuple) and len(p) == 2 for p in self.connect_conductance):
            raise TypeError("connect_conductance needs entries (position, conductance)")
        _integers([p for p, _ in self.connect_conductance], "connect_conductance", self.positions)
        self.parameters = parameters

    @property
    def size(self) -> int:
        """Number of circuits."""
        return len(self.positions)


Compartment = PlacedCompartment


class McNeuronBase(NeuronCell, StandardCellType):
    """What all multi-compartment neurons have in common; made by ``create_mc_neuron``."""

    compartments: ClassVar[dict[int, PlacedCompartment]] = {}
    connections: ClassVar[list[SharedLineConnection]] = []
    single_active_circuit: ClassVar[bool] = False
    default_parameters: ClassVar[dict[str, Any]] = {}

    def __init__(self, **parameters: Any) -> None:
        """Make a cell type. Raises NonExistentParameterError for names it does not have."""
        self.given = dict(parameters)
        super().__init__(**parameters)
        self._given_space = self.native_parameters

    @classmethod
    def get_labels(cls) -> list[str]:
        """Labels of all compartments."""
        return [compartment.label for compartment in cls.compartments.values()]

    @classmethod
    def get_label(cls, compartment: int) -> str:
        """Label of a compartment. Raises KeyError for a number that it does not have."""
        return cls.compartments[int(compartment)].label

    @classmethod
    def get_compartment_ids(cls, labels: Sequence[str]) -> list[int]:
        """Numbers of the compartments with these labels. Raises ValueError for an unknown one."""
        from analog_sbi.chip.pynn.dlens.halco import CompartmentOnLogicalNeuron

        found: list[int] = []
        for label in labels:
            numbers = [n for n, own in enumerate(cls.get_labels()) if own == label]
            if not numbers:
                raise ValueError(f'Label "{label}" does not exist.')
            found.extend(CompartmentOnLogicalNeuron(number) for number in numbers)
        return found

    @classmethod
    def _splits(cls) -> np.ndarray:
        return np.cumsum([c.size for c in cls.compartments.values()])[:-1]

    def _row(self, value: Any) -> np.ndarray:
        """Numbers of a neuron's circuits (width,)."""
        if isinstance(value, McCircuitParameters):
            return np.concatenate([np.atleast_1d(numbers) for numbers in value.value])
        return np.full(len(self.positions), value)

    def arrays(self, size: int, as_given: set[str]) -> Arrays:
        """Parameters of ``size`` cells, each (size, width)."""
        columns = {
            name: np.full((size, len(self.positions)), default)
            for name, default in _PARAMETERS.items()
        }
        self._shape_up(columns)
        self._give(columns, size, as_given)
        return columns

    def configure(self, arrays: Arrays, chip: Mapping[str, np.ndarray], table: np.ndarray) -> None:
        """Take what neither the type nor its compartments were given from a chip's circuits."""
        for name, column in chip.items():
            if name in arrays:
                arrays[name][:] = column[table]
        self._shape_up(arrays)
        self._give(arrays, len(table), set())

    def _shape_up(self, columns: Arrays) -> None:
        """Set the parameters of the compartments."""
        first = 0
        for compartment in self.compartments.values():
            circuits = slice(first, first + compartment.size)
            if self.single_active_circuit:
                for name, value in _INACTIVE.items():
                    columns[name][:, first + 1 : first + compartment.size] = value
            for name, value in compartment.parameters.items():
                columns[name][:, circuits] = value
            for position, code in compartment.connect_conductance:
                place = first + compartment.positions.index(position)
                columns["multicompartment_i_bias_nmda"][:, place] = code
            first += compartment.size

    def _give(self, columns: Arrays, size: int, as_given: set[str]) -> None:
        """Set the parameters that the type was given."""
        for name in self.given:
            value = self._given_space[name]
            value.shape = (size,)
            self.store(name, columns[name], np.arange(size), value.evaluate(), as_given)

    def shown(self, name: str, values: np.ndarray, as_given: set[str]) -> Any:
        """Values of some cells as ``get`` shows them."""
        if name in as_given and (values == values.flat[0]).all():
            return values.flat[0].item()
        cells = [McCircuitParameters(np.split(row, self._splits())) for row in values]
        if all(cell == cells[0] for cell in cells):
            return cells[0]
        column = np.empty(len(cells), dtype=object)
        column[:] = cells
        return column

    def store(
        self, name: str, column: np.ndarray, cells: np.ndarray, value: Any, as_given: set[str]
    ) -> None:
        """Set values of some cells: one for all, or one a cell."""
        if isinstance(value, ArrayParameter) or np.ndim(value) == 0:
            value = [value] * len(cells)
        for cell, one in zip(cells, value, strict=True):
            column[cell] = self._row(one)
        plain = not any(isinstance(one, McCircuitParameters) for one in value)
        (as_given.add if plain else as_given.discard)(name)

    def wire(self, values: Arrays, table: np.ndarray) -> None:
        """Close the switches of the morphology."""
        place = {position: i for i, position in enumerate(self.positions)}
        for name in _WIRES:
            values[name][table] = False
        for compartment in self.compartments.values():
            for position in compartment.positions:
                circuits = table[:, place[position]]
                if position + 1 in compartment.positions and position % ROW != ROW - 1:
                    values["multicompartment_connect_right"][circuits] = True
                if position + ROW in compartment.positions:
                    values["multicompartment_connect_vertical"][circuits] = True
            for position in compartment.connect_shared_line:
                values["multicompartment_connect_soma"][table[:, place[position]]] = True
            for position, _ in compartment.connect_conductance:
                values["multicompartment_enable_conductance"][table[:, place[position]]] = True
        for start, stop, row in self.connections:
            for position in range(start, stop):
                circuits = table[:, place[position + ROW * row]]
                values["multicompartment_connect_soma_right"][circuits] = True

    def circuit_of(self, circuits: np.ndarray, compartment: int) -> int:
        """First circuit of a compartment."""
        first = sum(self.compartments[n].size for n in range(int(compartment)))
        return int(circuits[first])


def create_mc_neuron(
    name: str,
    compartments: Sequence[PlacedCompartment],
    connections: Sequence[SharedLineConnection] = (),
    single_active_circuit: bool = False,
) -> type[McNeuronBase]:
    """Make a cell type of compartments and closed stretches of the shared line.

    With ``single_active_circuit`` only the first circuit of a compartment has leak, capacitor and
    threshold. Raises TypeError for arguments of another kind, RuntimeError for a morphology that
    is none: circuits in two compartments, compartments apart or joined without a resistor.
    """
    if not isinstance(compartments, Iterable):
        raise TypeError("compartments has to be a sequence of compartments")
    if not isinstance(connections, Iterable) or isinstance(connections, SharedLineConnection):
        raise TypeError("connections has to be a sequence of SharedLineConnection")
    compartments, connections = list(compartments), list(connections)
    if not all(isinstance(c, PlacedCompartment) for c in compartments):
        raise TypeError("compartments has to be a sequence of compartments")
    if not all(isinstance(c, SharedLineConnection) for c in connections):
        raise TypeError("connections has to be a sequence of SharedLineConnection")
    positions = [position for c in compartments for position in c.positions]
    _check_morphology(compartments, connections, positions)
    # circuits that only carry the line on belong to no compartment, but to the neuron
    bridges = sorted(
        {p + ROW * c.row for c in connections for p in range(c.start, c.stop)} - set(positions)
    )
    if bridges:
        raise RuntimeError(f"the shared line crosses circuits of no compartment: {bridges}")
    members: dict[str, Any] = {
        "compartments": dict(enumerate(compartments)),
        "connections": connections,
        "positions": positions,
        "single_active_circuit": single_active_circuit,
        "translations": build_translations(*((key, key) for key in _PARAMETERS)),
        "default_parameters": {
            key: McCircuitParameters([[value] * c.size for c in compartments])
            for key, value in _PARAMETERS.items()
        },
    }
    unknown = {key for c in compartments for key in c.parameters} - set(_PARAMETERS)
    if unknown:
        raise RuntimeError(f"unknown parameters of compartments: {', '.join(sorted(unknown))}")
    return type(name, (McNeuronBase,), members)


def _check_morphology(
    compartments: list[PlacedCompartment],
    connections: list[SharedLineConnection],
    positions: list[int],
) -> None:
    if not compartments:
        raise RuntimeError("a multi-compartment neuron has at least one compartment")
    if len(set(positions)) != len(positions):
        raise RuntimeError("a neuron circuit belongs to two compartments")
    # line segments, joined by the connections; what reaches them how
    lines = {position: position for position in positions}
    for start, stop, row in connections:
        for position in range(start, stop):
            here, there = position + ROW * row, position + 1 + ROW * row
            joined = lines.get(there, there), lines.get(here, here)
            lines = {p: joined[1] if line == joined[0] else line for p, line in lines.items()}
    direct: dict[int, set[int]] = {}
    reached: dict[int, set[int]] = {}
    for number, compartment in enumerate(compartments):
        through = {position for position, _ in compartment.connect_conductance}
        if through & set(compartment.connect_shared_line):
            raise RuntimeError("a circuit reaches the line directly and through a resistor")
        for position in compartment.connect_shared_line:
            direct.setdefault(lines[position], set()).add(number)
            reached.setdefault(lines[position], set()).add(number)
        for position in through:
            reached.setdefault(lines[position], set()).add(number)
    if any(len(numbers) > 1 for numbers in direct.values()):
        raise RuntimeError("two compartments are connected without a resistor")
    together = {0}
    for _ in compartments:
        for numbers in reached.values():
            if numbers & together:
                together |= numbers
    if len(together) < len(compartments):
        raise RuntimeError("the compartments are not all connected")


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in ("CompartmentBuilder", "Connection", "MorphologyBuilder", "mechanisms", "builder"):
        return refused(f"morphology.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
