"""Parameters of a neuron circuit: names, defaults, ranges, and which of them the model follows.

They are those of ``lola.AtomicNeuron`` with the hierarchy flattened (haldls,
``lola/vx/v3/neuron.h``). Analog ones are CapMem codes 0..1022. PyNN stores numbers as floats;
the chip takes integers, so values are truncated.
"""

from __future__ import annotations

import numpy as np

from analog_sbi.chip.capmem import CAPACITANCE_MAX_CODE, MAX_CODE
from analog_sbi.chip.pynn.unsupported import refuse

_FLAG, _ANALOG, _BYTE, _BIT, _HALF = "flag", "analog", "byte", "bit", "half a byte"

_SYNAPTIC_INPUT = {
    "enable": _FLAG,
    "i_bias_gm": _ANALOG,
    "i_bias_tau": _ANALOG,
    "i_shift_reference": _ANALOG,
    "i_bias_coba": _ANALOG,
    "v_rev_coba": _ANALOG,
    "enable_small_capacitance": _FLAG,
    "enable_high_resistance": _FLAG,
    "enable_coba_mode": _FLAG,
}
_OTA = {
    "i_bias": _ANALOG,
    "enable_degeneration": _FLAG,
    "enable_division": _FLAG,
    "enable_multiplication": _FLAG,
}
MEMBERS = {
    "excitatory_input": _SYNAPTIC_INPUT,
    "inhibitory_input": _SYNAPTIC_INPUT,
    "leak": {"v_leak": _ANALOG, **_OTA},
    "reset": {"v_reset": _ANALOG, **_OTA},
    "threshold": {"enable": _FLAG, "v_threshold": _ANALOG},
    "multicompartment": {
        "connect_soma": _FLAG,
        "connect_soma_right": _FLAG,
        "connect_right": _FLAG,
        "connect_vertical": _FLAG,
        "enable_conductance": _FLAG,
        "enable_conductance_division": _FLAG,
        "enable_conductance_multiplication": _FLAG,
        "i_bias_nmda": _ANALOG,
    },
    "constant_current": {"enable": _FLAG, "i_offset": _ANALOG, "type": _BIT},
    "membrane_capacitance": {"capacitance": "capacitance"},
    "adaptation": {
        "enable": _FLAG,
        "enable_pulse": _FLAG,
        "invert_a": _FLAG,
        "invert_b": _FLAG,
        "v_ref": _ANALOG,
        "i_bias_tau": _ANALOG,
        "i_bias_a": _ANALOG,
        "i_bias_b": _ANALOG,
        "v_leak": _ANALOG,
    },
    "exponential": {"enable": _FLAG, "v_exp": _ANALOG, "i_bias": _ANALOG},
    "event_routing": {
        "enable_bypass_excitatory": _FLAG,
        "enable_bypass_inhibitory": _FLAG,
        "address": _BYTE,
        "enable_post_overwrite": _FLAG,
    },
    "readout": {"enable_unbuffered_access": _FLAG},
    "refractory_period": {
        "input_clock": _BIT,
        "reset_holdoff": _HALF,
        "refractory_time": _BYTE,
        "enable_pause": _FLAG,
    },
    "bayesian": {
        "enable": _FLAG,
        "connect_fire_vertical": _FLAG,
        "connect_fire_to_right": _FLAG,
        "connect_fire_from_right": _FLAG,
        "enable_master": _FLAG,
        "enable_slave": _FLAG,
        "enable_0": _FLAG,
        "enable_1": _FLAG,
    },
}
KINDS = {f"{m}_{name}": kind for m, names in MEMBERS.items() for name, kind in names.items()}
LARGEST = {
    _FLAG: 1,
    _BIT: 1,
    _HALF: 15,
    _BYTE: 255,
    _ANALOG: MAX_CODE,
    "capacitance": CAPACITANCE_MAX_CODE,
}

# A silent neuron: no synaptic input, no capacitor, no switch closed.
DEFAULTS: dict[str, bool | float] = {
    name: False if kind == _FLAG else 0.0 for name, kind in KINDS.items()
} | {
    "excitatory_input_enable_small_capacitance": True,
    "inhibitory_input_enable_small_capacitance": True,
    "bayesian_enable_master": True,  # lets a neuron's own spikes out
}

# Parameters that the circuit of the model follows. What is not here has no effect as long as
# the flags of ``INACTIVE`` keep their value.
FOLLOWED = tuple(
    f"{member}_{name}"
    for member, names in {
        "excitatory_input": ("enable", "i_bias_gm", "i_bias_tau"),
        "inhibitory_input": ("enable", "i_bias_gm", "i_bias_tau"),
        "leak": ("v_leak", "i_bias", "enable_division", "enable_multiplication"),
        "membrane_capacitance": ("capacitance",),
        "threshold": ("enable", "v_threshold"),
        "reset": ("v_reset", "i_bias", "enable_division", "enable_multiplication"),
        "refractory_period": tuple(MEMBERS["refractory_period"]),
        "constant_current": tuple(MEMBERS["constant_current"]),
        "adaptation": tuple(MEMBERS["adaptation"]),
        "exponential": tuple(MEMBERS["exponential"]),
        "event_routing": ("enable_bypass_excitatory", "enable_bypass_inhibitory"),
        "multicompartment": tuple(MEMBERS["multicompartment"]),
    }.items()
    for name in names
)
INACTIVE = {
    **{f"{kind}_input_enable_small_capacitance": True for kind in ("excitatory", "inhibitory")},
    **{f"{kind}_input_enable_high_resistance": False for kind in ("excitatory", "inhibitory")},
    **{f"{kind}_input_enable_coba_mode": False for kind in ("excitatory", "inhibitory")},
    "leak_enable_degeneration": False,
    "reset_enable_degeneration": False,
    "bayesian_enable": False,
    "bayesian_enable_master": True,
    "event_routing_enable_post_overwrite": False,
}


def to_codes(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Followed parameters as flags and integer codes, from the values (512,) of every parameter.

    Raises OverflowError above the range of a parameter, TypeError below it, ValueError for what
    is no number, and NotImplementedError for a feature of the circuit that the model does not
    have.
    """
    for name, inert in INACTIVE.items():
        if np.any(values[name].astype(bool) != inert):
            refuse(f"neuron parameter {name}={not inert}")
    for name, column in values.items():
        codes, largest = np.trunc(column.astype(float)), LARGEST[KINDS[name]]
        highest = codes.max()
        if np.isnan(highest):
            raise ValueError(f"{name}: codes are 0..{largest}, found NaN")
        if highest > largest and KINDS[name] != _FLAG:
            raise OverflowError(f"{name}: codes are 0..{largest}, found {highest:.0f}")
        if codes.min() < 0 and KINDS[name] != _FLAG:
            raise TypeError(f"{name}: codes are 0..{largest}, found {codes.min():.0f}")
    return {
        name: values[name].astype(bool)
        if KINDS[name] == _FLAG
        else np.trunc(values[name].astype(float))
        for name in FOLLOWED
    }
