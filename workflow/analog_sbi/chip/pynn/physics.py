"""What codes and flags set around the laws of a spiking neuron circuit (``chip.adex.laws``).

Every number has a source or is marked ASSUME. Units: time in us, capacitance in pF, conductance
in uS (pF / us), potentials in MADC LSB, currents in pF LSB / us.
"""

from __future__ import annotations

import numpy as np

from analog_sbi.chip.adex import laws
from analog_sbi.chip.capmem import REFERENCE_PF, REST_TARGET

LARGEST_HOLDOFF = 15  # a counter of 4 bit, see `refractory_us`

# A spike of a source reaches a membrane 0.4 us after its time (`emulation.SYNAPTIC_DELAY_US`).
# ASSUME the way of a neuron's own spike over the event handling of the chip takes that much more.
LOOP_DELAY_US = 0.4

# Lines of the synaptic inputs: events pull them down. ASSUME level and size at their readout (the
# size as in the calibration of time constants: 200 LSB for 300 weight units).
LINE_LEVEL_LSB = 600.0
LINE_LSB_PER_WEIGHT = 200.0 / 300.0

# CADC: 8 bit; the nightly target of 80 is read as 310 by the MADC, and a CADC LSB is 2.9 MADC LSB.
CADC_LSB = 2.9
CADC_AT_REST = 80.0
CADC_LARGEST = 255
# ASSUME the time between two samples of a channel. Samples end after about 0.15 ms
# (pynn_brainscales, examples/multicompartment.py).
CADC_INTERVAL_US = 2.0
CADC_END_US = 150.0


def refractory_us(
    counter: np.ndarray, holdoff: np.ndarray, period: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Length of the refractory time and of the reset at its beginning.

    The reset ends 2 (15 - holdoff) + 1 cycles before the refractory time does (calix,
    ``refractory_period.py``). ASSUME that a refractory time shorter than that is a reset but for
    its last cycle, as neurons of the public AdEx demo are reset within 30 cycles, and that both
    last a cycle at least.
    """
    whole = np.maximum(np.asarray(counter, dtype=float), 1.0)
    held = whole - 2 * (LARGEST_HOLDOFF - np.asarray(holdoff)) - 1
    held = np.where(held > 0, held, whole - 1)
    return whole * period, np.maximum(held, 1.0) * period


def constant_current(code: np.ndarray, sink: np.ndarray) -> np.ndarray:
    """Constant current onto the membrane, negative for a sink."""
    return laws.CURRENT_PER_CODE * REFERENCE_PF * np.asarray(code) * _sign(sink)


def adaptation_drive(code: np.ndarray, invert: np.ndarray) -> np.ndarray:
    """Slope of the adaptation state per LSB of the membrane, in 1/us."""
    return laws.adaptation_drive(code) * _sign(invert)


def adaptation_jump(code: np.ndarray, invert: np.ndarray) -> np.ndarray:
    """Jump of the adaptation state at a spike, in LSB."""
    return laws.ADAPTATION_JUMP_LSB * np.asarray(code) * _sign(invert)


def _sign(inverted: np.ndarray) -> np.ndarray:
    return np.where(inverted, -1.0, 1.0)


def cadc(potential: np.ndarray) -> np.ndarray:
    """Reading of the CADC before it is rounded, for a potential in MADC LSB."""
    return CADC_AT_REST + (np.asarray(potential) - REST_TARGET) / CADC_LSB
