"""Cell types: the neuron circuit and a source of given spikes."""

from __future__ import annotations

from typing import Any, ClassVar

from pyNN.standardmodels import StandardCellType, build_translations, cells

from analog_sbi.chip.pynn.standardmodels.parameters import DEFAULTS
from analog_sbi.chip.pynn.unsupported import OF_THE_CELLS, refuse


class HXNeuron(StandardCellType):
    """One neuron circuit with the parameters of ``lola.AtomicNeuron``, silent by default.

    Values given here take precedence over the initial configuration.
    """

    default_parameters: ClassVar = DEFAULTS
    translations = build_translations(*((name, name) for name in DEFAULTS))
    recordable: ClassVar = ["spikes", "v", "exc_synin", "inh_synin", "adaptation"]
    receptor_types: ClassVar = ["excitatory", "inhibitory"]
    conductance_based = False
    injectable = True
    units: ClassVar = dict.fromkeys(recordable[1:], "dimensionless")

    def __init__(self, **parameters: Any) -> None:
        """Make a cell type. Raises NonExistentParameterError for names it does not have."""
        self.given = frozenset(parameters)
        super().__init__(**parameters)


class SpikeSourceArray(cells.SpikeSourceArray):
    """Spikes at given times in ms of hardware time."""

    translations = build_translations(("spike_times", "spike_times"))
    recordable: ClassVar = []


def __getattr__(name: str) -> object:
    """Refuse by name what the real module has and this one does not."""
    if name in OF_THE_CELLS:
        refuse(f"cells.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
