"""A PyNN module for the model of the BrainScaleS-2 chip.

It answers to the calls of ``pynn_brainscales.brainscales2`` that an experiment on passive
compartments uses, with the same names, defaults, units and errors, so that such a program runs
unchanged when this module is put in the place of the real one:

    import analog_sbi.chip.pynn as pynn          # instead of pynn_brainscales.brainscales2

or, for programs that name the real module, after ``register()``. Times are ms of hardware time,
potentials are MADC LSB, weights 0..63 per synapse, analog parameters codes 0..1022. What lies
outside the subset raises NotImplementedError with its name.

Two generations of the real module differ in when the initial configuration reaches the
parameters; ``use(generation=...)`` selects one (see ``simulator``).
"""

from pyNN.connectors import AllToAllConnector, OneToOneConnector

from analog_sbi.chip.pynn import helper, simulator, standardmodels
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.control import (
    RunCommand,
    end,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_time_step,
    initialize,
    list_standard_models,
    num_processes,
    preprocess,
    rank,
    reset,
    run,
    run_for,
    set,
    setup,
)
from analog_sbi.chip.pynn.populations import Assembly, Population, PopulationView
from analog_sbi.chip.pynn.projections import Projection
from analog_sbi.chip.pynn.registry import register, registered, unregister
from analog_sbi.chip.pynn.simulator import use
from analog_sbi.chip.pynn.standardmodels import cells, synapses
from analog_sbi.chip.pynn.unsupported import OF_THE_MODULE, refuse

__all__ = [
    "AllToAllConnector",
    "Assembly",
    "Chip",
    "OneToOneConnector",
    "Population",
    "PopulationView",
    "Projection",
    "RunCommand",
    "cells",
    "end",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_time_step",
    "helper",
    "initialize",
    "list_standard_models",
    "num_processes",
    "preprocess",
    "rank",
    "register",
    "registered",
    "reset",
    "run",
    "run_for",
    "set",
    "setup",
    "simulator",
    "standardmodels",
    "synapses",
    "unregister",
    "use",
]


def __getattr__(name: str) -> object:
    """Refuse by name what the real module has and this one does not."""
    if name in OF_THE_MODULE:
        refuse(f"pynn.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
