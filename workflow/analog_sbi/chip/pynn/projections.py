"""Projections: spike sources onto the synaptic inputs of neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyNN.common
from pyNN.connectors import AllToAllConnector, Connector, OneToOneConnector
from pyNN.errors import ConnectionError as PyNNConnectionError
from pyNN.parameters import ParameterSpace
from pyNN.space import Space

from analog_sbi.chip.pynn import simulator
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
        """Connect spike sources to neurons.

        Raises PyNN's ConnectionError for an unknown receptor or a weight of the wrong sign,
        ValueError for a delay, NotImplementedError for connections between neurons, inhibitory
        synapses and other connectors or synapses.
        """
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
        if _root(self.pre).is_neuron or not _root(self.post).is_neuron:
            refuse("a projection other than from spike sources to neurons")
        if type(connector) not in (AllToAllConnector, OneToOneConnector):
            refuse(type(connector).__name__)
        if type(synapse_type) is not StaticSynapse:
            refuse(type(synapse_type).__name__)
        self.connections: list[Connection] = []
        connector.connect(self)
        if self.receptor_type != "excitatory":
            refuse(f"receptor type {self.receptor_type}")
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
        if location_selector is not None:
            refuse("location_selector")
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

    def inputs(self) -> list[tuple[np.ndarray, int, int]]:
        """Spike times in ms, circuit and weight of every connection."""
        source, pre = self.pre._stored()
        target, post = self.post._stored()
        times = source.parameter_arrays["spike_times"]
        return [
            (
                times[pre[c.presynaptic_index]].value,
                int(target.circuits[post[c.postsynaptic_index]]),
                c.weight,
            )
            for c in self.connections
        ]


def _root(cells: Any) -> Any:
    return cells._stored()[0]
