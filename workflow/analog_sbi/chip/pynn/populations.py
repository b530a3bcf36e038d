"""Populations of neurons and spike sources, and views on them."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pyNN.common
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import ParameterSpace, Sequence

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.recording import Recorder
from analog_sbi.chip.pynn.standardmodels.cells import (
    NeuronCell,
    SpikeSource,
)
from analog_sbi.chip.pynn.unsupported import refuse


class Assembly(pyNN.common.Assembly):
    """Groups of populations are not part of the model."""

    _simulator = simulator

    def __init__(self, *populations: Any, **kwargs: Any) -> None:
        """Refuse."""
        refuse("pynn.Assembly")


class _Cells:
    """What populations and views share: parameters are stored in the population."""

    _simulator = simulator
    _assembly_class = Assembly
    celltype: Any
    recorder: Any
    size: int

    def record(
        self,
        variables: Any,
        to_file: str | None = None,
        sampling_interval: float | None = None,
        locations: Any = None,
        *,
        device: str = "madc",
    ) -> None:
        """Record variables of these cells; None ends all recording in the whole population."""
        self.recorder.device = device
        pyNN.common.populations.BasePopulation.record(
            self, variables, to_file, sampling_interval, locations
        )

    def find_units(self, variable: Any) -> str:
        """Units of a variable, given by its name or as PyNN's Variable."""
        return self.celltype.units[getattr(variable, "name", variable)]

    def set(self, **parameters: Any) -> None:
        """Set parameters of these cells. Raises PyNN's InvalidParameterValueError for a dict."""
        for name, value in parameters.items():
            if isinstance(value, dict):
                raise InvalidParameterValueError(f"{name}: expected a value, found {value!r}")
        pyNN.common.populations.BasePopulation.set(self, **parameters)

    def _stored(self) -> tuple[Population, np.ndarray]:
        raise NotImplementedError

    def _get_parameters(self, *names: str) -> ParameterSpace:
        population, cells = self._stored()
        population.check_configured()
        values = {}
        for name in names:
            if name not in population.parameter_arrays:
                raise pyNN.errors.NonExistentParameterError(
                    name, type(self.celltype).__name__, self.celltype.get_parameter_names()
                )
            values[name] = population.celltype.shown(
                name, population.parameter_arrays[name][cells], population.as_given
            )
        return ParameterSpace(values, shape=(self.size,))

    def get(self, parameter_names: Any, gather: bool = False, simplify: bool = True) -> Any:
        """Values of parameters: one where all cells agree, else an array over the cells."""
        if isinstance(parameter_names, str):
            return self._shown(parameter_names, simplify)
        return [self._shown(name, simplify) for name in parameter_names]

    def _shown(self, name: str, simplified: bool) -> Any:
        value = self._get_parameters(name)[name].base_value
        if isinstance(value, np.ndarray):
            return value
        if simplified:
            return value
        column: np.ndarray = np.empty(self.size, dtype=object)
        column[:] = [value] * self.size
        return column if isinstance(value, Sequence) else np.full(self.size, value)

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        population, cells = self._stored()
        population.check_configured()
        parameter_space.evaluate(simplify=False)
        for name, value in parameter_space.items():
            population.celltype.store(
                name, population.parameter_arrays[name], cells, value, population.as_given
            )

    def _set_initial_value_array(self, variable: str, value: Any) -> None:
        refuse(f"initial value of {variable}")

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)

    def inject(self, current_source: Any) -> None:
        """Refuse currents of PyNN; the chip's own is a parameter (constant_current_enable)."""
        refuse("Population.inject")


class Population(_Cells, pyNN.common.Population):
    """Cells of one type; neurons are placed on circuits in the order of their creation."""

    _recorder_class = Recorder
    circuits: Any  # (size,) or (size, width); None for sources
    trains: Any  # spikes of sources; None for neurons

    def _create_cells(self) -> None:
        state = simulator.state
        self.is_neuron = isinstance(self.celltype, NeuronCell)
        if not self.is_neuron and not isinstance(self.celltype, SpikeSource):
            refuse(f"cell type {type(self.celltype).__name__}")
        # one type may be given to several populations, whose parameters differ
        self.celltype = copy(self.celltype)
        self.circuits = state.place(self.size, self.celltype) if self.is_neuron else None
        first = state.id_counter
        state.id_counter += self.size
        ids = [simulator.ID(number) for number in range(first, state.id_counter)]
        self.all_cells = np.array(ids, dtype=simulator.ID)
        self._mask_local = np.ones(self.size, dtype=bool)
        for cell in ids:
            cell.parent = self

        self.as_given: set[str] = set()  # parameters of compartments that were given one number
        self.parameter_arrays = self.celltype.arrays(self.size, self.as_given)
        self.celltype.parameter_space = ParameterSpace(
            {}, schema=self.celltype.get_schema(), shape=(self.size,)
        )
        self.celltype.parameter_space._parameters = self.parameter_arrays
        self.celltype.parameter_space._evaluated = True
        self.celltype.parameter_space._evaluated_shape = (self.size,)
        self.configured = not self.is_neuron
        self.trains = None if self.is_neuron else self.celltype.trains(state)
        state.populations.append(self)
        if self.is_neuron:
            state.neurons.append(self)
            if not state.lazy:
                self.apply_initial_config()

    def apply_initial_config(self) -> None:
        """Take what the cell type was not given from the chip object of ``setup``, once."""
        chip = simulator.state.chip
        if not self.configured and chip is not None:
            self.celltype.configure(self.parameter_arrays, chip.parameters, self.circuits)
        self.configured = True

    def check_configured(self) -> None:
        """Raise RuntimeError while the initial configuration waits for the network's mapping."""
        if not self.configured and simulator.state.lazy:
            raise RuntimeError(
                "Initial config not yet applied: call pynn.run(None, pynn.RunCommand.PREPARE) "
                "before parameters are read or set"
            )

    def circuit_of(self, index: int, compartment: int = 0) -> int:
        """Circuit that stands for a compartment of a neuron: its first one."""
        return self.celltype.circuit_of(self.circuits[index], compartment)

    def train(self, cell: int, begin: float, end: float) -> np.ndarray:
        """Spikes of a source in [begin, end), in ms, in ascending order."""
        times = self.source_times(int(self.id_to_index(cell)), end)
        return np.sort(times[(times >= begin) & (times < end)])

    def source_times(self, index: int, end: float) -> np.ndarray:
        """Spike times of a source in ms, all those before ``end`` at least."""
        return self.trains.times(self.parameter_arrays, index, end)

    def _stored(self) -> tuple[Population, np.ndarray]:
        return self, np.arange(self.size)


class PopulationView(_Cells, pyNN.common.PopulationView):
    """Some cells of a population."""

    def _stored(self) -> tuple[Population, np.ndarray]:
        return self.grandparent, self.index_in_grandparent(np.arange(self.size))
