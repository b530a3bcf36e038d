"""Populations of neurons and spike sources, and views on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyNN.common
from pyNN.parameters import ParameterSpace, simplify

from analog_sbi.chip.pynn import simulator
from analog_sbi.chip.pynn.recording import Recorder
from analog_sbi.chip.pynn.standardmodels.cells import HXNeuron
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
        super().record(variables, to_file, sampling_interval, locations)

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
            value = simplify(population.parameter_arrays[name][cells])
            values[name] = bool(value) if isinstance(value, np.bool_) else value
        return ParameterSpace(values, shape=(self.size,))

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        population, cells = self._stored()
        population.check_configured()
        parameter_space.evaluate(simplify=False)
        for name, value in parameter_space.items():
            population.parameter_arrays[name][cells] = value

    def _set_initial_value_array(self, variable: str, value: Any) -> None:
        refuse(f"initial value of {variable}")

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)

    def inject(self, current_source: Any) -> None:
        """Refuse currents."""
        refuse("Population.inject")


class Population(_Cells, pyNN.common.Population):
    """Cells of one type; neurons are placed on circuits in the order of their creation."""

    _recorder_class = Recorder

    def _create_cells(self) -> None:
        state = simulator.state
        self.is_neuron = isinstance(self.celltype, HXNeuron)
        self.circuits = state.place(self.size) if self.is_neuron else None
        first = state.id_counter
        state.id_counter += self.size
        ids = [simulator.ID(number) for number in range(first, state.id_counter)]
        self.all_cells = np.array(ids, dtype=simulator.ID)
        self._mask_local = np.ones(self.size, dtype=bool)
        for cell in ids:
            cell.parent = self

        space = self.celltype.native_parameters
        space.shape = (self.size,)
        space.evaluate(simplify=False)
        self.parameter_arrays = {name: np.array(value) for name, value in space.items()}
        self.configured = not self.is_neuron
        if self.is_neuron:
            state.neurons.append(self)
            if not state.lazy:
                self.apply_initial_config()

    def apply_initial_config(self) -> None:
        """Take what the cell type was not given from the chip object of ``setup``, once."""
        chip = simulator.state.chip
        if not self.configured and chip is not None:
            for name, column in chip.parameters.items():
                if name not in self.celltype.given:
                    values = self.parameter_arrays[name]
                    values[:] = column[self.circuits]
        self.configured = True

    def check_configured(self) -> None:
        """Raise RuntimeError while the initial configuration waits for the network's mapping."""
        if not self.configured and simulator.state.lazy:
            raise RuntimeError(
                "Initial config not yet applied: call pynn.run(None, pynn.RunCommand.PREPARE) "
                "before parameters are read or set"
            )

    def _stored(self) -> tuple[Population, np.ndarray]:
        return self, np.arange(self.size)


class PopulationView(_Cells, pyNN.common.PopulationView):
    """Some cells of a population."""

    def _stored(self) -> tuple[Population, np.ndarray]:
        return self.grandparent, self.index_in_grandparent(np.arange(self.size))
