"""What the codes of the analog parameter memory (CapMem) set, for an ideal circuit.

Codes are integers 0..1022. Leak and axial conductance have three modes each, which a
number 0..3068 selects (division, normal, multiplication; ``mode``): what a code adds to the leak
changes by a factor of 8 a mode, the axial conductance by 4 (haldls ``lola/vx/v3/neuron.h``).
Units: time in us, capacitance in pF, conductance in uS (pF / us), potentials in MADC LSB.
"""

from __future__ import annotations

import numpy as np

MAX_CODE = 1022
CODES = MAX_CODE + 1  # numbers a mode spans
LARGEST_PARAMETER = 3 * CODES - 1  # 3068

# Membrane capacitor at code 63: 2.2 pF, linear in the 6 bit code (grenade,
# `ideal_capacitance_per_neuron`; haldls says about 2.3 pF).
CAPACITANCE_PF = 2.2
CAPACITANCE_MAX_CODE = 63
# ASSUME each circuit joined to a membrane adds 0.1 pF of its own. calix'
# `test_capacitance_measurement` sees more than 24 % longer time constants for five.
PARASITIC_PF = 0.1
REFERENCE_PF = CAPACITANCE_PF + PARASITIC_PF  # one compartment: two circuits, one capacitor

# Membrane time constant over the leak codes 0..1022 in division mode (paper, section 4.1).
TAU_MEMBRANE_US = (30.0, 12.0)
LEAK_MODE_FACTOR = 8.0
# ASSUME what is left of the rate at code 0 outside the division mode: it is no current of the
# leak's OTA and does not follow the mode. Recorded membranes at full capacitor in normal mode have
# 10.5 to 18 us at code 150, and their rate about doubles from code 126 to 251.
LEAK_FLOOR_PER_US = 0.01

# ASSUME a power law with an offset for the axial conductance; chosen to match the paper's
# decay constants of 1.17 at the centre and 0.16 to 4.08 over the range (sections 2.1.2, 4.1).
# An inter-compartment time constant of 6.8 us at code 500 is seen in recorded traces of
# BrainScaleS-2 (demo notebook on multi-compartment chains).
TAU_AXIAL_US = 2.3  # at code 1022, division mode
AXIAL_EXPONENT = 1.72  # 7.4 us at code 511
AXIAL_OFFSET = 0.009  # part of the largest conductance that is left at code 0
AXIAL_MODE_FACTOR = 4.0

# ASSUME both synaptic bias cells act linearly around code 500: the time constant is inversely
# proportional to its bias current, the strength proportional. 10 us is the calibration target
# of the nightly calibration (calix) and of the paper (section 4.1).
SYNAPSE_CODE = 500
TAU_SYNAPSE_US = 10.0
# Initial slope of a PSP per unit of synaptic weight: 42 to 57 LSB/us for 310 units in recorded
# traces of the demo on multi-compartment chains.
SYNAPSE_SLOPE = 0.16  # LSB / us per weight unit, on REFERENCE_PF

# Rest potential against leak code: MADC = 0.79 code - 180 (BrainScaleS-2 demos, fixed-pattern
# calibration). Calibration target 80 CADC LSB = 0.42 V, which the MADC reads as about 310.
REST_SLOPE = 0.79
REST_OFFSET = -180.0
REST_TARGET = 310.0


def truncate(values: np.ndarray) -> np.ndarray:
    """Truncate numbers to integer codes, as the PyNN module does (``int(value)``)."""
    return np.trunc(np.asarray(values, dtype=float))


def mode(parameter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split numbers 0..3068 into mode (-1 division, 0 normal, 1 multiplication) and code.

    Raises ValueError outside the range.
    """
    parameter = truncate(parameter)
    if np.any(parameter < 0) or np.any(parameter > LARGEST_PARAMETER):
        worst = parameter.min() if np.any(parameter < 0) else parameter.max()
        raise ValueError(
            f"conductances are numbers from 0 to {LARGEST_PARAMETER}, found {worst:.0f}"
        )
    return parameter // CODES - 1, parameter % CODES


def leak_conductance(code: np.ndarray | float, mode: np.ndarray | int = -1) -> np.ndarray:
    """Leak conductance in uS: the rate rises linearly with the code.

    The mode multiplies what the code sets, not what is left at code 0. ASSUME linearity: the
    bias current of an OTA sets its transconductance.
    """
    slowest, fastest = (REFERENCE_PF / tau for tau in TAU_MEMBRANE_US)
    left = np.where(np.asarray(mode) < 0, slowest, LEAK_FLOOR_PER_US * REFERENCE_PF)
    factor = LEAK_MODE_FACTOR ** (np.asarray(mode) + 1.0)
    return left + np.asarray(code) / MAX_CODE * (fastest - slowest) * factor


def axial_conductance(code: np.ndarray, mode: np.ndarray | int = -1) -> np.ndarray:
    """Conductance between two compartments in uS."""
    relative = AXIAL_OFFSET + (1 - AXIAL_OFFSET) * (np.asarray(code) / MAX_CODE) ** AXIAL_EXPONENT
    return relative * REFERENCE_PF / TAU_AXIAL_US * AXIAL_MODE_FACTOR ** (np.asarray(mode) + 1.0)


def capacitance(code: np.ndarray) -> np.ndarray:
    """Membrane capacitance in pF of one circuit, its parasitic part not included."""
    return CAPACITANCE_PF * np.asarray(code) / CAPACITANCE_MAX_CODE


def synaptic_time_constant(code: np.ndarray) -> np.ndarray:
    """Time constant of the synaptic current in us."""
    return TAU_SYNAPSE_US * SYNAPSE_CODE / np.maximum(np.asarray(code, dtype=float), 1.0)


def synaptic_current(code: np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    """Initial synaptic current of an input of that weight, in pF LSB / us."""
    return SYNAPSE_SLOPE * REFERENCE_PF * np.asarray(code) / SYNAPSE_CODE * np.asarray(weight)


def rest_potential(code: np.ndarray) -> np.ndarray:
    """Leak potential in MADC LSB."""
    return REST_SLOPE * np.asarray(code) + REST_OFFSET
