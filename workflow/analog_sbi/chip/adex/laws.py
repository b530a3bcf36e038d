"""What codes set in the AdEx circuit of one neuron, for an ideal circuit.

    dV/dt = g (E - V) + I_exp(V) - k (w - w_ref) + I
    dw/dt = ((w_ref - w) + gain (V - E_w)) / tau_w;   V > threshold: V -> V_r, w -> w + b

(Brette and Gerstner 2005; Naud et al. 2008) with the adaptation state w as a voltage, as on the
chip. All currents are divided by the capacitance. Every number has a source or is marked ASSUME;
no map of the codes of the adaptation and exponential terms is public. Those were chosen together so
that the four recordings of a real chip (``patterns``) lie within the ranges of the public demo.
Units: us, MADC LSB, DAC codes. Shapes: N parameter sets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from analog_sbi.chip import capmem

# Fixed by the demo (`snn_adex_helpers.py`).
THRESHOLD_CODE = 620
REFRACTORY_COUNTER = 30
CLOCK_SCALE = 3

# The clock of the back end is 250 MHz / 2^(scale + 1) (calix, `refractory_period.py`). ASSUME the
# potential is clamped for the whole time: the reset's conductance is the largest there is
# (`reset_i_bias` 1022, multiplication).
REFRACTORY_US = REFRACTORY_COUNTER * 2.0 ** (CLOCK_SCALE + 1) / 250.0

# Recorded maxima of neurons that spike by themselves lie near 0.98 code + 106; reset: 0.88 code -
# 250 (BrainScaleS-2 demos, fixed-pattern calibration).
THRESHOLD_SLOPE, THRESHOLD_OFFSET = 0.98, 106.0
RESET_SLOPE, RESET_OFFSET = 0.88, -250.0

# ASSUME as the stand-in for PyNN's module: matches where the public tutorial on f-I curves starts.
CURRENT_PER_CODE = 0.035  # LSB / us

# ASSUME the reference of the adaptation is read with the slope of the leak potential; the offset
# lets the demo's default of 500 read 328, as in two of its recordings.
ADAPTATION_REFERENCE_OFFSET = 328.0 - 500 * capmem.REST_SLOPE
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

    def columns(self) -> np.ndarray:
        """All of them (N, 14), in the order of the fields."""
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
    rest = capmem.rest_potential(code["leak_v_leak"])
    return Neurons(
        leak=capmem.leak_conductance(code["leak_i_bias"], 0) / capmem.REFERENCE_PF,
        rest=rest,
        reset=RESET_SLOPE * code["reset_v_reset"] + RESET_OFFSET,
        threshold=(THRESHOLD_SLOPE * THRESHOLD_CODE + THRESHOLD_OFFSET) * ones,
        adaptation_rate=np.maximum(code["adaptation_i_bias_tau"], 1.0)
        / (ADAPTATION_TAU_US * ADAPTATION_TAU_CODE),
        adaptation_drive=ADAPTATION_DRIVE_PER_US * code["adaptation_i_bias_a"],
        adaptation_leak=rest,  # follows: `adaptation_v_leak = leak_v_leak - 200` in the demo
        adaptation_jump=ADAPTATION_JUMP_LSB * code["adaptation_i_bias_b"],
        adaptation_reference=capmem.REST_SLOPE * code["adaptation_v_ref"]
        + ADAPTATION_REFERENCE_OFFSET,
        adaptation_strength=ADAPTATION_RATE_PER_US * ones,
        exponential=EXPONENTIAL_PER_CODE * code["exponential_i_bias"],
        onset=capmem.rest_potential(code["exponential_v_exp"]),
        slope=EXPONENTIAL_SLOPE_LSB * ones,
        current=CURRENT_PER_CODE * code["constant_current_i_offset"],
    )
