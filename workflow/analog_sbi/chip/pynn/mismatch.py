"""Mismatch of what spiking neurons use beside ``chip.fixed_pattern``, fixed at production.

That of the neuron itself is the one of ``chip.adex.mismatch``, for every circuit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from analog_sbi.chip import trial
from analog_sbi.chip.adex import mismatch as of_neurons
from analog_sbi.chip.fixed_pattern import CIRCUITS, STRENGTH_SPREAD, TAU_SYNAPSE_SPREAD
from analog_sbi.randomness import generator

ROWS = 256  # synapses of a circuit

# ASSUME strengths of the synapses of one circuit, relative. Recordings show that they differ.
SYNAPSE_SPREAD = 0.05


@dataclass(frozen=True)
class Mismatch:
    """Of every circuit, each (512,): offsets in LSB, factors, as ``chip.adex.mismatch`` has them.

    ``rest`` is beside that of ``chip.fixed_pattern``, which ``adaptation_leak`` has in it.
    """

    inhibitory_strength: np.ndarray
    inhibitory_tau: np.ndarray
    rest: np.ndarray
    # offsets
    reset: np.ndarray
    threshold: np.ndarray
    onset: np.ndarray
    adaptation_reference: np.ndarray
    adaptation_leak: np.ndarray
    # factors
    adaptation_rate: np.ndarray
    adaptation_drive: np.ndarray
    adaptation_jump: np.ndarray
    adaptation_strength: np.ndarray
    exponential: np.ndarray
    current: np.ndarray


@lru_cache(maxsize=8)
def mismatch(serial: int) -> Mismatch:
    """Draw the mismatch of the chip with this serial number."""

    def normal(name: str, spread: float) -> np.ndarray:
        return spread * generator(serial, "fixed pattern", name).standard_normal(CIRCUITS)

    return Mismatch(
        inhibitory_strength=np.exp(normal("inhibitory strength", STRENGTH_SPREAD)),
        inhibitory_tau=np.exp(normal("inhibitory tau", TAU_SYNAPSE_SPREAD)),
        rest=np.zeros(CIRCUITS),
        **of_neurons.patterns(serial),
    )


def varied(extra: Mismatch, generator: np.random.Generator) -> Mismatch:
    """The circuits as they are in one run; leak and axial conductances vary beside."""

    def normal() -> np.ndarray:
        return generator.standard_normal(CIRCUITS)

    changed = {
        name: getattr(extra, name) * np.maximum(1 + of_neurons.JITTER * normal(), 0.1)
        for name in of_neurons.FACTOR_SPREADS
    }
    changed |= {
        name: getattr(extra, name) + trial.DRIFT_LSB * normal() for name in of_neurons.DRIFTING
    }
    return replace(extra, **changed)


@lru_cache(maxsize=8)
def synapses(serial: int) -> np.ndarray:
    """Deviations of the synapses' strengths in units of their spread (512, 256)."""
    return generator(serial, "fixed pattern", "synapses").standard_normal((CIRCUITS, ROWS))
