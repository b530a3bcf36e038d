"""Projections: spike sources and neurons onto the synaptic inputs of neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyNN.common
from pyNN.connectors import Connector
from pyNN.errors import ConnectionError as PyNNConnectionError
from pyNN.parameters import ParameterSpace
from pyNN.space import Space

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.dlens.halco import placed
from analog_sbi.chip.pynn.routing import RECEPTORS
from analog_sbi.chip.pynn.standardmodels.synapses import StaticSynapse
from analog_sbi.chip.pynn.unsupported import refuse


class Connection(pyNN.common.Connection):
    """A synapse from one cell to another, by their indices in the projection."""

    def __init__(
        self, projection: Projection, source: int, target: int, weight: float, delay: float
    ) -> None:
        """Make a connection. Raises as ``weight`` and ``delay`` do."""
        self.projection = projection
        self.presynaptic_index = source
        self.postsynaptic_index = target
        self.weight = weight
        self.delay = delay

    @property
    def weight(self) -> int:
        """Synaptic weight, an integer: not negative for excitatory synapses, else not positive.

        Setting it raises PyNN's ConnectionError for the wrong sign.
        """
        return self._weight

    @weight.setter
    def weight(self, value: float) -> None:
        weight = round(float(value))
        kind = self.projection.receptor_type
        if (weight < 0 and kind == "excitatory") or (weight > 0 and kind == "inhibitory"):
            raise PyNNConnectionError(f"weights of {kind} synapses cannot be {weight}")
        self._weight = weight

    @property
    def delay(self) -> float:
        """Delay, which is 0. Raises ValueError when it is set to anything else."""
        return 0.0

    @delay.setter
    def delay(self, value: float) -> None:
        if value != 0:
            raise ValueError("Setting the delay unequal 0 is not supported.")

    def as_tuple(self, *names: str) -> tuple:
        """Values of the named attributes."""
        return tuple(getattr(self, name) for name in names)


class Projection(pyNN.common.Projection):
    """Synapses between two populations; excitatory unless the weights are negative."""

    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_neurons: Any,
        postsynaptic_neurons: Any,
        connector: Connector,
        synapse_type: StaticSynapse | None = None,
        source: str | None = None,
        receptor_type: str | None = None,
        space: Space | None = None,
        label: str | None = None,
    ) -> None:
        """Connect spike sources or neurons to neurons.

        Raises PyNN's ConnectionError for an unknown receptor or a weight of the wrong sign,
        ValueError for a delay or an unknown compartment, NotImplementedError for other synapses
        and for projections onto sources.
        """
        if not _root(postsynaptic_neurons).is_neuron:
            refuse("a projection onto spike sources")
        synapse_type = synapse_type or StaticSynapse()
        super().__init__(
            presynaptic_neurons,
            postsynaptic_neurons,
            connector,
            synapse_type,
            source,
            receptor_type,
            space or Space(),
            label,
        )
        if not isinstance(synapse_type, StaticSynapse):
            refuse(type(synapse_type).__name__)
        self.from_neurons = _root(self.pre).is_neuron
        self.locations = (
            _compartments(self.pre, getattr(connector, "source_location_selector", None)),
            _compartments(self.post, getattr(connector, "location_selector", None)),
        )
        self.connections: list[Connection] = []
        connector.connect(self)
        # PyNN connects target after target; the real module lists source after source
        self.connections.sort(key=lambda c: (c.presynaptic_index, c.postsynaptic_index))
        simulator.state.projections.append(self)

    def __len__(self) -> int:
        """Count the connections."""
        return len(self.connections)

    def __getitem__(self, index: int) -> Connection:
        """Return a connection."""
        return self.connections[index]

    def _convergent_connect(
        self,
        presynaptic_indices: np.ndarray,
        postsynaptic_index: int,
        location_selector: Any = None,
        **parameters: Any,
    ) -> None:
        count = len(presynaptic_indices)
        columns = {name: np.broadcast_to(value, count) for name, value in parameters.items()}
        for row, source in enumerate(presynaptic_indices):
            values = {name: float(column[row]) for name, column in columns.items()}
            self.connections.append(
                Connection(self, int(source), int(postsynaptic_index), **values)
            )

    def _set_attributes(self, parameter_space: ParameterSpace) -> None:
        parameter_space.evaluate(simplify=False)
        for name, values in parameter_space.items():
            for connection in self.connections:
                index = connection.presynaptic_index, connection.postsynaptic_index
                setattr(connection, name, float(values[index]))

    def _set_initial_value_array(self, variable: str, value: Any) -> None:
        refuse(f"initial value of {variable}")

    def inputs(self) -> list[tuple[Any, int, int, int]]:
        """Source, circuit, weight and receptor (number) of every connection.

        The source is a circuit, or the spike times in ms of a source of spikes.
        """
        source, pre = self.pre._stored()
        target, post = self.post._stored()
        receptor = RECEPTORS.index(self.receptor_type)
        end = simulator.state.horizon
        starts, ends = self.locations
        if self.from_neurons:
            sources = [source.circuit_of(index, starts[0]) for index in pre]
        else:
            sources = [source.source_times(int(index), end) for index in pre]
        targets = [[target.circuit_of(index, c) for c in ends] for index in post]
        return [
            (sources[c.presynaptic_index], circuit, c.weight, receptor)
            for c in self.connections
            for circuit in targets[c.postsynaptic_index]
        ]

    @property
    def placed_connections(self) -> list[list[Any]]:
        """Synapses on the chip of every connection, as they are placed."""
        return placed(self)


def _root(cells: Any) -> Any:
    return cells._stored()[0]


def _compartments(cells: Any, label: str | None) -> list[int]:
    """Compartments with a label; the first one without. Raises ValueError for an unknown label."""
    if label is None:
        return [0]
    find = getattr(cells.celltype, "get_compartment_ids", None)
    if find is None:
        raise ValueError(f"{type(cells.celltype).__name__} has no compartment {label!r}")
    return [int(c) for c in find([label])]
