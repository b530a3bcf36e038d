"""Mismatch of what spiking neurons use beside ``chip.fixed_pattern``, fixed at production."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analog_sbi.chip.fixed_pattern import CIRCUITS, STRENGTH_SPREAD, TAU_SYNAPSE_SPREAD
from analog_sbi.randomness import generator

ROWS = 256  # synapses of a circuit

# ASSUME the spreads, except where `fixed_pattern` has one for an equal circuit: normal in LSB for
# potentials, log-normal for factors.
THRESHOLD_SPREAD = 15.0
RESET_SPREAD = 15.0
CURRENT_SPREAD = 0.1
ADAPTATION_SPREAD = 0.1
EXPONENTIAL_SPREAD = 15.0
# ASSUME strengths of the synapses of one circuit, relative. Recordings show that they differ.
SYNAPSE_SPREAD = 0.05


@dataclass(frozen=True)
class Mismatch:
    """Of every circuit, each (512,): offsets in LSB (threshold, reset, onset), factors (others)."""

    threshold: np.ndarray
    reset: np.ndarray
    current: np.ndarray
    inhibitory_strength: np.ndarray
    inhibitory_tau: np.ndarray
    adaptation: np.ndarray
    onset: np.ndarray


@lru_cache(maxsize=8)
def mismatch(serial: int) -> Mismatch:
    """Draw the mismatch of the chip with this serial number."""

    def normal(name: str, spread: float) -> np.ndarray:
        return spread * generator(serial, "fixed pattern", name).standard_normal(CIRCUITS)

    return Mismatch(
        threshold=normal("threshold", THRESHOLD_SPREAD),
        reset=normal("reset", RESET_SPREAD),
        current=np.exp(normal("current", CURRENT_SPREAD)),
        inhibitory_strength=np.exp(normal("inhibitory strength", STRENGTH_SPREAD)),
        inhibitory_tau=np.exp(normal("inhibitory tau", TAU_SYNAPSE_SPREAD)),
        adaptation=np.exp(normal("adaptation", ADAPTATION_SPREAD)),
        onset=normal("onset", EXPONENTIAL_SPREAD),
    )


@lru_cache(maxsize=8)
def synapses(serial: int) -> np.ndarray:
    """Deviations of the synapses' strengths in units of their spread (512, 256)."""
    return generator(serial, "fixed pattern", "synapses").standard_normal((CIRCUITS, ROWS))
