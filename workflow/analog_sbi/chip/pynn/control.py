"""Set-up and control of an experiment, as PyNN and the real module define them. Times in ms."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any
from warnings import warn

import numpy as np
from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY
from pyNN.recording import get_io

from analog_sbi.chip.fixed_pattern import CIRCUITS
from analog_sbi.chip.pynn import connectors, simulator
from analog_sbi.chip.pynn.chips import Chip
from analog_sbi.chip.pynn.dlens import hxcomm
from analog_sbi.chip.pynn.injection import InjectedConfiguration, InjectedReadout
from analog_sbi.chip.pynn.populations import Population
from analog_sbi.chip.pynn.projections import Projection
from analog_sbi.chip.pynn.standardmodels import cells, synapses
from analog_sbi.chip.pynn.unsupported import refuse

# Arguments of the real setup that only the chip itself can act on, with their defaults.
UNSUPPORTED = {
    "calibration_cache": None,
    "injected_calib_target": None,
    "injected_calib_options": None,
}


INJECTIONS = {"injected_config": InjectedConfiguration, "injected_readout": InjectedReadout}


class RunCommand(Enum):
    """What ``run`` does: only map the network, schedule it, or execute the experiment."""

    PREPARE = auto()
    APPEND = auto()
    EXECUTE = auto()


def list_standard_models() -> list[type]:
    """Cell types of this module."""
    return [
        cells.HXNeuron,
        cells.SpikeSourceArray,
        cells.SpikeSourcePoisson,
        cells.SpikeSourcePoissonOnChip,
    ]


def setup(
    timestep: float = simulator.State.dt,
    min_delay: float | str = DEFAULT_MIN_DELAY,
    **extra_params: Any,
) -> None:
    """Start a new experiment; what was there is forgotten.

    ``initial_config`` is the chip object that ``helper.chip_from_file`` reads;
    ``neuronPermutation`` lists the circuits 0..511 that the neurons take in turn. With
    ``enable_neuron_bypass`` neurons forward events. ``connection`` is one of the stand-in's
    ``hxcomm``; ``backgroundPermutation`` has no effect. Injections may be empty.

    Raises KeyError for unknown arguments, ValueError, OverflowError or TypeError for a
    permutation that repeats a circuit, exceeds the chip or is negative, TypeError for a
    configuration that is no chip object, NotImplementedError for what only the chip can do.
    """
    simulator.state = simulator.State()  # an earlier experiment ends even if this one cannot start
    max_delay = extra_params.pop("max_delay", DEFAULT_MAX_DELAY)
    common.setup(timestep, min_delay, max_delay=max_delay, **extra_params)
    for name, default in UNSUPPORTED.items():
        value = extra_params.pop(name, default)
        if value is not default and value != default:
            refuse(f"setup({name}=...)")
    injections = {name: extra_params.pop(name, None) for name in INJECTIONS}
    for name, injection in injections.items():
        if injection is not None and not isinstance(injection, INJECTIONS[name]):
            raise TypeError(f"{name}: expected {INJECTIONS[name].__name__}, found {injection!r}")
    connection = extra_params.pop("connection", None)
    if connection is not None and not isinstance(connection, hxcomm.Connection):
        raise TypeError(f"connection is one of hxcomm.ManagedConnection, found {type(connection)}")
    extra_params.pop("backgroundPermutation", None)
    bypass = bool(extra_params.pop("enable_neuron_bypass", False))
    permutation = extra_params.pop("neuronPermutation", None)
    chip = extra_params.pop("initial_config", None)
    if extra_params:
        raise KeyError(f"unhandled extra_params in call to pynn.setup(...):{extra_params}")
    if chip is not None and not isinstance(chip, Chip):
        raise TypeError(
            f"initial_config is the chip object of helper.chip_from_file, found {type(chip)}"
        )
    simulator.state = simulator.State(chip, _placement(permutation), bypass)
    simulator.state.injections = {n: i for n, i in injections.items() if i is not None}
    simulator.state.check_injections()
    simulator.state.min_delay = 0 if min_delay == "auto" else min_delay
    simulator.state.max_delay = 0 if max_delay == "auto" else max_delay


def end() -> None:
    """Write what ``record(to_file=...)`` asked for and forget the experiment."""
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state = None


def run(runtime: float | None, command: RunCommand = RunCommand.EXECUTE) -> None:
    """Emulate ``runtime`` ms of hardware time, or take a step towards it.

    PREPARE maps the network; APPEND schedules it; EXECUTE runs what is scheduled, after
    scheduling ``runtime`` if one is given. In the classic generation ``run(None)`` prepares.
    Several APPEND, between which parameters, weights and recording may change, make the snippets
    of one experiment. Raises ValueError without anything to do or for a runtime that is negative
    or too long, RuntimeError after a run without ``reset``.
    """
    if command == RunCommand.EXECUTE and runtime is None and not simulator.state.scheduled:
        if simulator.state.generation == "classic":
            command = RunCommand.PREPARE
        else:
            raise ValueError(
                "No experiment scheduled for execution yet: schedule one with "
                "pynn.RunCommand.APPEND, or use pynn.RunCommand.PREPARE to only map the network"
            )
    if command == RunCommand.PREPARE:
        simulator.state.prepare()
    elif command == RunCommand.APPEND:
        if runtime is None:
            raise ValueError("Appending a configuration that is executed for no time is forbidden.")
        simulator.state.add(runtime)
    elif command == RunCommand.EXECUTE:
        if runtime is not None:
            simulator.state.add(runtime)
        simulator.state.execute()
    else:
        raise ValueError("Passed command is invalid.")


run_for = run


def preprocess() -> None:
    """Map the network; kept for older programs."""
    warn("Please use pyNN.run(None, pyNN.RunCommand.PREPARE)", DeprecationWarning, stacklevel=2)
    simulator.state.prepare()


reset = common.build_reset(simulator)
_, run_until = common.build_run(simulator)
create = common.build_create(Population)
connect = common.build_connect(
    Projection, connectors.FixedProbabilityConnector, synapses.StaticSynapse
)
record = common.build_record(simulator)
initialize = common.initialize
set = common.set  # as PyNN names it
(
    get_current_time,
    get_time_step,
    get_min_delay,
    get_max_delay,
    num_processes,
    rank,
) = common.build_state_queries(simulator)


def _placement(permutation: Sequence[int] | None) -> np.ndarray:
    if permutation is None:
        return np.arange(CIRCUITS)
    permutation = list(permutation)
    if len(permutation) > CIRCUITS:
        raise OverflowError(f"neuronPermutation has {len(permutation)} of {CIRCUITS} entries")
    if len(np.unique(permutation)) < len(permutation):
        raise ValueError("Non unique entries in neuronPermutation.")
    for circuit in permutation:
        if circuit < 0:
            raise TypeError(f"neuronPermutation: circuits are not negative, found {circuit}")
        if circuit >= CIRCUITS:
            raise OverflowError(f"neuronPermutation: circuits are 0..511, found {circuit}")
    return np.array(permutation, dtype=int)
