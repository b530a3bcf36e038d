"""What codes set in a spiking neuron circuit: reset, threshold, refractory time, current, AdEx.

Every number has a source or is marked ASSUME. Units: time in us, capacitance in pF, conductance
in uS (pF / us), potentials in MADC LSB, currents in pF LSB / us.
"""

from __future__ import annotations

import numpy as np

from analog_sbi.chip.capmem import CAPACITANCE_PF, REFERENCE_PF, REST_TARGET, leak_conductance

# Threshold and reset potential over their codes: recorded maxima of neurons that spike by
# themselves lie near 0.98 code + 106; reset: 0.88 code - 250 (BrainScaleS-2 demos, fixed-pattern
# calibration).
THRESHOLD_SLOPE, THRESHOLD_OFFSET = 0.98, 106.0
RESET_SLOPE, RESET_OFFSET = 0.88, -250.0
# ASSUME the comparator decides with a noise of this size, drawn anew for every spike.
THRESHOLD_NOISE_LSB = 1.0

# The clock of the neurons' back end is 250 MHz / 2^(scale + 1), with scales for a slow and a fast
# clock (calix, `refractory_period.py`); without a configuration both scales are 3
# (pynn_brainscales, `simulator.py`).
BACKEND_MHZ = 250.0
CLOCK_SCALE = 3
LARGEST_HOLDOFF = 15  # a counter of 4 bit, see `refractory_us`

# ASSUME the current per code on a membrane. It lets the public tutorial on f-I curves start to
# fire where its solution searches for the rheobase: 220 at leak code 150, 112 LSB below the
# threshold. The solutions stop at code 800, where the source "loses linearity".
CURRENT_PER_CODE = 0.035 * REFERENCE_PF

# A spike of a source reaches a membrane 0.4 us after its time (`emulation.SYNAPTIC_DELAY_US`).
# ASSUME the way of a neuron's own spike over the event handling of the chip takes that much more.
LOOP_DELAY_US = 0.4

# ASSUME the following sizes of the adaptation and exponential terms. No map of their codes is
# public; with the sliders' defaults of the public AdEx demo they give time constants, jumps and
# undershoots of the size its recordings show (a state that moves by 50 LSB at a spike and relaxes
# within 0.1 ms, undershoots of 60 to 100 LSB).
ADAPTATION_TAU_US = 100.0  # at code 100, inversely proportional to it
ADAPTATION_TAU_CODE = 100.0
ADAPTATION_GAIN = 0.0067  # change of the state in LSB per LSB of the membrane and code, at 100 us
ADAPTATION_JUMP_LSB = 0.25  # per code of b and spike
ADAPTATION_RATE_PER_US = 0.03  # membrane's slope per LSB of the state
EXPONENTIAL_SLOPE_LSB = 20.0
# per code of the bias; lets the public tutorial on the exponential term have its rheobase near a
# current of 100 at onset code 580
EXPONENTIAL_RATE_PER_US = 4e-4
EXPONENTIAL_LARGEST = 150.0  # LSB / us, where the current saturates

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


def threshold(code: np.ndarray) -> np.ndarray:
    """Threshold potential."""
    return THRESHOLD_SLOPE * np.asarray(code) + THRESHOLD_OFFSET


def reset(code: np.ndarray) -> np.ndarray:
    """Reset potential."""
    return RESET_SLOPE * np.asarray(code) + RESET_OFFSET


def reset_conductance(code: np.ndarray, mode: np.ndarray) -> np.ndarray:
    """Conductance to the reset potential, by which the leak is replaced during a reset.

    ASSUME it follows the leak's: both take turns at one OTA with equal modes (haldls,
    ``lola/vx/v3/neuron.h``: "bias current of OTA during leak", "during reset").
    """
    return leak_conductance(code, mode)


def clock_us(scale: np.ndarray) -> np.ndarray:
    """Period of a back end's clock."""
    return 2.0 ** (np.asarray(scale, dtype=float) + 1) / BACKEND_MHZ


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
    return CURRENT_PER_CODE * np.asarray(code) * np.where(sink, -1.0, 1.0)


def adaptation_tau(code: np.ndarray) -> np.ndarray:
    """Time constant of the adaptation state."""
    return ADAPTATION_TAU_US * ADAPTATION_TAU_CODE / np.maximum(np.asarray(code, dtype=float), 1.0)


def adaptation_drive(code: np.ndarray, invert: np.ndarray) -> np.ndarray:
    """Slope of the adaptation state per LSB of the membrane, in 1/us."""
    return ADAPTATION_GAIN / ADAPTATION_TAU_US * np.asarray(code) * np.where(invert, -1.0, 1.0)


def adaptation_jump(code: np.ndarray, invert: np.ndarray) -> np.ndarray:
    """Jump of the adaptation state at a spike, in LSB."""
    return ADAPTATION_JUMP_LSB * np.asarray(code) * np.where(invert, -1.0, 1.0)


def exponential_size(code: np.ndarray) -> tuple[np.ndarray, float]:
    """Current of the exponential term at its onset, and the largest that it comes to.

    The term is g D exp((V - onset) / D) with the slope D, up to where it saturates.
    """
    rate = EXPONENTIAL_RATE_PER_US * np.asarray(code, dtype=float) * EXPONENTIAL_SLOPE_LSB
    return CAPACITANCE_PF * rate, CAPACITANCE_PF * EXPONENTIAL_LARGEST


def cadc(potential: np.ndarray) -> np.ndarray:
    """Reading of the CADC before it is rounded, for a potential in MADC LSB."""
    return CADC_AT_REST + (np.asarray(potential) - REST_TARGET) / CADC_LSB
