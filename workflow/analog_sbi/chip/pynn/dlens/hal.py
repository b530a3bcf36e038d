"""Containers of registers: ranges that programs read; the others are refused."""

from __future__ import annotations

from enum import IntEnum

from analog_sbi.chip.pynn.dlens.halco import Coordinate
from analog_sbi.chip.pynn.unsupported import refused


class SynapseWeightQuad:
    """Weights of four synapses."""

    class Value(Coordinate):
        """A weight."""

        size = 64


class CapMemCell:
    """A cell of the analog memory."""

    class Value(Coordinate):
        """A code."""

        size = 1023


class NeuronConfig:
    """Registers of a neuron."""

    class ReadoutSource(IntEnum):
        """What the readout of a neuron shows."""

        membrane = 0
        exc_synin = 1
        inh_synin = 2
        adaptation = 3


class NeuronBackendConfig:
    """Registers of a neuron's back end."""

    class RefractoryTime(Coordinate):
        """Counter of the refractory time."""

        size = 256

    class ResetHoldoff(Coordinate):
        """Counter of the end of the reset."""

        size = 16

    class InputClock(Coordinate):
        """Clock of the counter."""

        size = 2


class CommonNeuronBackendConfig:
    """Registers of a back end."""

    class ClockScale(Coordinate):
        """Scale of a clock."""

        size = 16


class Timer:
    """Timer of the FPGA."""

    class Value(int):
        """A time in cycles of 8 ns."""

        fpga_clock_cycles_per_us = 125


def __getattr__(name: str) -> object:
    """Stand for what this module does not have."""
    if name.startswith("_"):
        raise AttributeError(name)
    return refused(f"hal.{name}")
