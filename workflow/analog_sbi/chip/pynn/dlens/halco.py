"""Coordinates: ranged numbers with a type of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from analog_sbi.chip.pynn.unsupported import refused

BACKENDS = 4  # ASSUME one for the circuits of each quadrant


class Coordinate(int):
    """A number 0..size - 1. Raises OverflowError beyond, TypeError below."""

    size: ClassVar[int] = 1
    min: ClassVar[int] = 0
    max: ClassVar[int] = 0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Set the largest number of a type of coordinate."""
        super().__init_subclass__(**kwargs)
        cls.max = cls.size - 1

    def __new__(cls, number: int = 0) -> Coordinate:
        """Make a coordinate."""
        if number < 0:
            raise TypeError(f"{cls.__name__}: expected 0..{cls.max}, found {number}")
        if number >= cls.size:
            raise OverflowError(f"{cls.__name__}: expected 0..{cls.max}, found {number}")
        return super().__new__(cls, number)

    def toEnum(self) -> Coordinate:  # noqa: N802 - as halco names it
        """Return the number."""
        return self

    def value(self) -> int:
        """Return the number as an integer."""
        return int(self)

    def __repr__(self) -> str:
        """Type and number."""
        return f"{type(self).__name__}({int(self)})"


def Enum(number: int) -> int:  # noqa: N802 - as halco names it
    """Number of a coordinate."""
    return int(number)


class common:  # noqa: N801 - as halco names it
    """Names that halco keeps in a module of its own."""

    Enum = staticmethod(Enum)


class AtomicNeuronOnDLS(Coordinate):
    """A neuron circuit."""

    size = 512

    def toNeuronColumnOnDLS(self) -> int:  # noqa: N802
        """Column of the circuit."""
        return int(self) % 256

    def toNeuronRowOnDLS(self) -> int:  # noqa: N802
        """Row of the circuit."""
        return int(self) // 256


class AtomicNeuronOnLogicalNeuron(Coordinate):
    """A circuit of a multi-compartment neuron."""

    size = 512


class CompartmentOnLogicalNeuron(Coordinate):
    """A compartment of a neuron."""

    size = 512


class CommonNeuronBackendConfigOnDLS(Coordinate):
    """A back end of the neurons."""

    size = BACKENDS


class PADIBusOnPADIBusBlock(Coordinate):
    """A bus that background sources send on."""

    size = 4


class HemisphereOnDLS(Coordinate):
    """A half of the chip."""

    size = 2


class CrossbarOutputOnDLS(Coordinate):
    """An output of the event routing."""

    size = 12


class CrossbarOutputConfigOnDLS(Coordinate):
    """The configuration of the outputs of the event routing."""


class SynapseOnSynapseRow(Coordinate):
    """A column of synapses."""

    size = 256


class SynapseRowOnDLS(Coordinate):
    """A row of synapses."""

    size = 512

    def toSynapseWeightRowOnDLS(self) -> SynapseRowOnDLS:  # noqa: N802
        """Return the row itself."""
        return self


class PlacedSynapse:
    """Where a synapse lies."""

    def __init__(self, circuit: int, row: int) -> None:
        """Make the place of the ``row``-th synapse of a circuit."""
        self.synapse_on_row = SynapseOnSynapseRow(circuit % 256)
        self.synapse_row = SynapseRowOnDLS(256 * (circuit // 256) + row)


def placed(projection: Any) -> list[list[PlacedSynapse]]:
    """Places of the synapses of every connection of a projection."""
    from analog_sbi.chip.pynn import simulator
    from analog_sbi.chip.pynn.routing import rows_of

    free: dict[int, int] = {}
    found: list[list[PlacedSynapse]] = []
    for other in simulator.state.projections:
        for _, circuit, weight, _ in other.inputs():
            first = free.get(circuit, 0)
            count = rows_of(weight)
            free[circuit] = first + count
            if other is projection:
                found.append([PlacedSynapse(circuit, first + i) for i in range(count)])
    return found


def iter_all(coordinate: type[Coordinate]) -> Iterator[Coordinate]:
    """All coordinates of a type."""
    return (coordinate(number) for number in range(coordinate.size))


def __getattr__(name: str) -> object:
    """Stand for what this module does not have."""
    if name.startswith("_"):
        raise AttributeError(name)
    return refused(f"halco.{name}")
