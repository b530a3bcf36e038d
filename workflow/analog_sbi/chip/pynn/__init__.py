"""A PyNN module for the model of the BrainScaleS-2 chip.

It answers to the calls of ``pynn_brainscales.brainscales2`` with the same names, defaults, units
and errors, so that a program for the chip runs unchanged when this module is put in its place:

    import analog_sbi.chip.pynn as pynn          # instead of pynn_brainscales.brainscales2

or, for programs that name the real module or ``dlens_vx_v3``, after ``register()``. Times are ms
of hardware time, potentials are LSB of the ADC that reads them, weights 0..63 per synapse, analog
parameters codes 0..1022. What the model does not have can be imported and raises
NotImplementedError with its name when it is called. README.md lists what there is.

Two generations of the real module differ in when the initial configuration reaches the
parameters; ``use(generation=...)`` selects one (see ``simulator``).
"""

from pyNN import errors, parameters, random, space

from analog_sbi.chip.pynn import (
    connectors,
    helper,
    logger,
    morphology,
    plasticity_rules,
    recording_data,
    simulator,
    standardmodels,
)
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.connectors import (
    AllToAllConnector,
    ArrayConnector,
    CloneConnector,
    DisplacementDependentProbabilityConnector,
    DistanceDependentProbabilityConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
    OneToOneConnector,
    SmallWorldConnector,
)
from analog_sbi.chip.pynn.control import (
    RunCommand,
    connect,
    create,
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
    record,
    reset,
    run,
    run_for,
    run_until,
    set,
    setup,
)
from analog_sbi.chip.pynn.injection import InjectedConfiguration, InjectedReadout
from analog_sbi.chip.pynn.populations import Assembly, Population, PopulationView
from analog_sbi.chip.pynn.projections import Projection
from analog_sbi.chip.pynn.registry import register, registered, unregister
from analog_sbi.chip.pynn.simulator import use
from analog_sbi.chip.pynn.standardmodels import cells, synapses
from analog_sbi.chip.pynn.unsupported import OF_THE_MODULE, refused

__all__ = [
    "AllToAllConnector",
    "ArrayConnector",
    "Assembly",
    "Chip",
    "CloneConnector",
    "DisplacementDependentProbabilityConnector",
    "DistanceDependentProbabilityConnector",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "IndexBasedProbabilityConnector",
    "InjectedConfiguration",
    "InjectedReadout",
    "OneToOneConnector",
    "Population",
    "PopulationView",
    "Projection",
    "RunCommand",
    "SmallWorldConnector",
    "cells",
    "connect",
    "connectors",
    "create",
    "end",
    "errors",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_time_step",
    "helper",
    "initialize",
    "list_standard_models",
    "logger",
    "morphology",
    "num_processes",
    "parameters",
    "plasticity_rules",
    "preprocess",
    "random",
    "rank",
    "record",
    "recording_data",
    "register",
    "registered",
    "reset",
    "run",
    "run_for",
    "run_until",
    "set",
    "setup",
    "simulator",
    "space",
    "standardmodels",
    "synapses",
    "unregister",
    "use",
]


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in OF_THE_MODULE:
        return refused(f"pynn.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
