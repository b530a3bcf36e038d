"""What codes set in a spiking (AdEx) neuron circuit, for an ideal circuit.

    dV/dt = g (E - V) + I_exp(V) - k (w - w_ref) + I
    dw/dt = ((w_ref - w) + gain (V - E_w)) / tau_w;   V > threshold: g, E -> g_r, V_r, w -> w + b

(Brette and Gerstner 2005; Naud et al. 2008) with the adaptation state w as a voltage, as on the
chip. Currents are divided by the capacitance of a neuron with its readout (``REFERENCE_PF``). A
reset takes the place of leak and exponential term for the refractory time but its last cycle.
The model of one neuron in batches (``integration``) and the stand-in for PyNN's module take these
laws. Every number has a source or is marked ASSUME; no map of the codes of the adaptation and
exponential terms is public. Those were chosen together so that the four recordings of a real chip
(``patterns``) lie within the ranges of the public demo.
Units: us, MADC LSB, DAC codes. Shapes: N parameter sets; laws take any shape.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analog_sbi.chip import capmem

# Fixed by the demo (`snn_adex_helpers.py`).
THRESHOLD_CODE = 620
REFRACTORY_COUNTER = 30
CLOCK_SCALE = 3
RESET_BIAS, RESET_MODE = 1022, 1  # `reset_i_bias`, multiplication
LEAK_FOLLOWED_BY = -200  # `adaptation_v_leak` is this beside `leak_v_leak`

# The clock of the back end is 250 MHz / 2^(scale + 1) (calix, `refractory_period.py`).
BACKEND_MHZ = 250.0

# Recorded rest potentials fall by 16 LSB from leak bias 250 to 1000, without division. ASSUME a
# straight line through the published rest at bias 1000.
REST_FALL_LSB = 16.0 / 750  # per code of the leak bias
REST_FALL_FROM = 1000

# Recorded maxima of neurons that spike by themselves lie near 0.98 code + 106; reset: 0.88 code -
# 250 (BrainScaleS-2 demos, fixed-pattern calibration).
THRESHOLD_SLOPE, THRESHOLD_OFFSET = 0.98, 106.0
RESET_SLOPE, RESET_OFFSET = 0.88, -250.0

# ASSUME the current per code on a membrane. It lets the public tutorial on f-I curves start to
# fire where its solution searches for the rheobase: 220 at leak code 150, 112 LSB below the
# threshold. The solutions stop at code 800, where the source "loses linearity".
CURRENT_PER_CODE = 0.035  # LSB / us

# ASSUME the reference of the adaptation is read with the slope of the leak potential; the offset
# lets the demo's default of 500 read 328, as in two of its recordings.
ADAPTATION_REFERENCE_OFFSET = 328.0 - 500 * capmem.REST_SLOPE
# The potential of the membrane that leaves w at its reference has to follow the leak potential, "to
# avoid an offset current" (demo). ASSUME that the demo's rule leaves none at its default leak bias.
LEAK_BIAS_OF_RULE = 70
# ASSUME a time constant inversely proportional to its bias current; 100 us at the demo's default
# lets w relax between spikes as recorded.
ADAPTATION_TAU_US, ADAPTATION_TAU_CODE = 100.0, 100.0
# ASSUME a change of w proportional to the bias current of a; the gain is its ratio to the rate of
# relaxation, so that a longer time constant is a larger gain.
ADAPTATION_DRIVE_PER_US = 0.0067 / ADAPTATION_TAU_US  # per LSB of V and code
# ASSUME a jump of w proportional to the bias current of b; recorded jumps are 46 to 52 LSB.
ADAPTATION_JUMP_LSB = 0.25  # per code
# ASSUME a fixed transconductance from w onto the membrane; sets overshoot and undershoot.
ADAPTATION_RATE_PER_US = 0.055  # LSB / us of the membrane per LSB of w

# ASSUME the exponential term is a transistor below its threshold, whose current is limited by the
# bias of its amplifier: I = I_max / (1 + exp(-(V - onset) / slope)), exponential below the onset.
# The code of the bias sets I_max, the slope is fixed. The onset is set like the leak potential.
EXPONENTIAL_SLOPE_LSB = 18.0
EXPONENTIAL_PER_CODE = 0.05  # LSB / us

# Below 200 or above 680 LSB the demo warns of saturation of V or w. ASSUME that w stops at rails
# that lie a little beyond, and the membrane further out, where thresholds still lie inside.
RAIL_LSB = (200.0, 680.0)
ADAPTATION_RAILS = (180.0, 700.0)
MEMBRANE_RAILS = (50.0, 900.0)

RANGES: dict[str, tuple[float, float]] = {
    "leak_v_leak": (400.0, 1000.0),
    "leak_i_bias": (20.0, 500.0),
    "reset_v_reset": (400.0, 1000.0),
    "adaptation_i_bias_tau": (20.0, 600.0),
    "adaptation_i_bias_a": (0.0, 300.0),
    "adaptation_i_bias_b": (0.0, 500.0),
    "adaptation_v_ref": (200.0, 1000.0),
    "exponential_v_exp": (300.0, 1000.0),
    "exponential_i_bias": (100.0, 1000.0),
    "constant_current_i_offset": (0.0, 1000.0),
}
"""Ranges of the demo's sliders, by the names of the PyNN parameters."""


def clock_us(scale: np.ndarray | float) -> np.ndarray:
    """Period of a back end's clock."""
    return 2.0 ** (np.asarray(scale, dtype=float) + 1) / BACKEND_MHZ


REFRACTORY_US = float(REFRACTORY_COUNTER * clock_us(CLOCK_SCALE))
"""Least time between two spikes."""
RESET_US = float((REFRACTORY_COUNTER - 1) * clock_us(CLOCK_SCALE))
"""Length of a reset (see the stand-in's ``refractory_us``)."""


def rest_fall(bias: np.ndarray | float) -> np.ndarray:
    """What the leak potential lies higher by at a bias of the leak, without division."""
    return REST_FALL_LSB * (REST_FALL_FROM - np.asarray(bias, dtype=float))


def threshold(code: np.ndarray | float) -> np.ndarray:
    """Threshold potential."""
    return THRESHOLD_SLOPE * np.asarray(code) + THRESHOLD_OFFSET


def reset(code: np.ndarray | float) -> np.ndarray:
    """Reset potential."""
    return RESET_SLOPE * np.asarray(code) + RESET_OFFSET


def reset_conductance(code: np.ndarray | float, mode: np.ndarray | int) -> np.ndarray:
    """Conductance in uS to the reset potential, by which the leak is replaced during a reset.

    ASSUME it follows the leak's: both take turns at one OTA with equal modes (haldls,
    ``lola/vx/v3/neuron.h``: "bias current of OTA during leak", "during reset").
    """
    return capmem.leak_conductance(code, mode)


def adaptation_rate(code: np.ndarray) -> np.ndarray:
    """Inverse of the time constant of w."""
    return np.maximum(code, 1.0) / (ADAPTATION_TAU_US * ADAPTATION_TAU_CODE)


def adaptation_drive(code: np.ndarray) -> np.ndarray:
    """Slope of w per LSB of the membrane, 1/us."""
    return ADAPTATION_DRIVE_PER_US * np.asarray(code)


def adaptation_leak(code: np.ndarray) -> np.ndarray:
    """Potential of the membrane that leaves w at its reference."""
    followed = capmem.rest_potential(np.asarray(code) - LEAK_FOLLOWED_BY)
    return followed + rest_fall(LEAK_BIAS_OF_RULE)


def adaptation_reference(code: np.ndarray) -> np.ndarray:
    """Reference of w."""
    return capmem.REST_SLOPE * np.asarray(code) + ADAPTATION_REFERENCE_OFFSET


@dataclass(frozen=True)
class Neurons:
    """Physical parameters of N neurons, each (N,); names as in the equations of this module."""

    leak: np.ndarray  # g, 1/us
    rest: np.ndarray  # E, LSB
    reset: np.ndarray  # V_r, LSB
    threshold: np.ndarray  # LSB
    adaptation_rate: np.ndarray  # 1/tau_w, 1/us
    adaptation_drive: np.ndarray  # gain/tau_w, 1/us
    adaptation_leak: np.ndarray  # E_w, LSB
    adaptation_jump: np.ndarray  # b, LSB
    adaptation_reference: np.ndarray  # w_ref, LSB
    adaptation_strength: np.ndarray  # k, 1/us
    exponential: np.ndarray  # I_max, LSB/us
    onset: np.ndarray  # LSB
    slope: np.ndarray  # LSB
    current: np.ndarray  # I during the step, LSB/us
    pull: np.ndarray  # g_r, 1/us

    def columns(self) -> np.ndarray:
        """All of them (N, 15), in the order of the fields."""
        return np.stack([getattr(self, field.name) for field in fields(self)], axis=1)


def neurons(codes: np.ndarray) -> Neurons:
    """Ideal neurons at codes (N, 10), columns as ``RANGES``; codes are truncated to integers.

    Raises ValueError outside of 0 to 1022.
    """
    whole = capmem.truncate(np.atleast_2d(codes))
    if whole.shape[1] != len(RANGES):
        raise ValueError(f"expected {len(RANGES)} codes, found {whole.shape[1]}")
    if (whole < 0).any() or (whole > capmem.MAX_CODE).any():
        raise ValueError(f"expected codes from 0 to {capmem.MAX_CODE}")
    code = dict(zip(RANGES, whole.T, strict=True))
    ones = np.ones(len(whole))
    followed = code["leak_v_leak"] + LEAK_FOLLOWED_BY
    held = float(reset_conductance(RESET_BIAS, RESET_MODE))
    return Neurons(
        leak=capmem.leak_conductance(code["leak_i_bias"], 0) / capmem.REFERENCE_PF,
        rest=capmem.rest_potential(code["leak_v_leak"]) + rest_fall(code["leak_i_bias"]),
        reset=reset(code["reset_v_reset"]),
        threshold=threshold(THRESHOLD_CODE) * ones,
        adaptation_rate=adaptation_rate(code["adaptation_i_bias_tau"]),
        adaptation_drive=adaptation_drive(code["adaptation_i_bias_a"]),
        adaptation_leak=adaptation_leak(followed),
        adaptation_jump=ADAPTATION_JUMP_LSB * code["adaptation_i_bias_b"],
        adaptation_reference=adaptation_reference(code["adaptation_v_ref"]),
        adaptation_strength=ADAPTATION_RATE_PER_US * ones,
        exponential=EXPONENTIAL_PER_CODE * code["exponential_i_bias"],
        onset=capmem.rest_potential(code["exponential_v_exp"]),
        slope=EXPONENTIAL_SLOPE_LSB * ones,
        current=CURRENT_PER_CODE * code["constant_current_i_offset"],
        pull=held / capmem.REFERENCE_PF * ones,
    )
