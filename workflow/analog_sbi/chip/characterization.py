"""Time constants of the circuits over the codes, measured as calix measures them.

Shapes: L compartments, K codes. Units: us, MADC LSB.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.chip import capmem, circuit, readout
from analog_sbi.chip.calibration import fit_decay
from analog_sbi.chip.emulation import Chain

STEP_LSB = 200.0  # ASSUME: an offset current moves the membrane by this much before it is released
# Two neighbours rest 30 CADC LSB apart before they are connected (calix,
# multicomp/neuron_icc_bias.py); a CADC LSB is about 2.9 MADC LSB.
SEPARATION_LSB = 87.0
DECAYS = 6.0  # length of a trace in expected time constants


def characterize(
    chain: Chain, leak_codes: np.ndarray, axial_codes: np.ndarray, generator: np.random.Generator
) -> pd.DataFrame:
    """Measure membrane and axial time constants of each compartment and link, by their number.

    Membrane: decay of an isolated compartment after an offset current. Axial: two neighbours at
    different potentials are connected and the decay of the first one is fitted; with equal
    leaks 1 / tau_total = 2 / tau_axial + 1 / tau_membrane.
    """
    rows = []
    membrane: dict[int, float] = {}
    for code in leak_codes:
        for index in range(len(chain.rest)):
            tau = _membrane(chain, code, index, generator)
            membrane.setdefault(index, tau)
            rows.append(("membrane", index, code, tau))
    slowest = {
        link: 2 / (1 / membrane[one] + 1 / membrane[other])
        for link, (one, other) in enumerate(chain.links.tolist())
    }
    for code in axial_codes:
        for index, tau_membrane in slowest.items():
            total = _connected(chain, leak_codes[0], code, index, generator)
            coupling_rate = 1 / total - 1 / tau_membrane
            tau = 2 / coupling_rate if coupling_rate > 0 else np.nan
            rows.append(("axial", index, code, tau))
    return pd.DataFrame(rows, columns=["quantity", "compartment", "parameter", "time_constant"])


def _membrane(chain: Chain, code: float, index: int, generator: np.random.Generator) -> float:
    rate = _leak(chain, code)[index] / capmem.REFERENCE_PF
    time = readout.sample_times(DECAYS / rate)
    potential = chain.rest[index] + STEP_LSB * np.exp(-rate * time)
    return fit_decay(time, readout.sample(generator, potential))


def _connected(
    chain: Chain, leak_code: float, code: float, link: int, generator: np.random.Generator
) -> float:
    leak = _leak(chain, leak_code)[chain.links[link]][None]
    coding, number = capmem.mode(np.array([code]))
    axial = capmem.axial_conductance(number, coding) * chain.axial_factor[link]
    network = circuit.modes(capmem.REFERENCE_PF, leak, circuit.chain_coupling(axial[None]))
    start = np.array([SEPARATION_LSB, -SEPARATION_LSB]) / 2
    level = circuit.rest(leak, circuit.chain_coupling(axial[None]), start)[0]
    time = readout.sample_times(DECAYS / network.rates[0, -1])
    decay = np.exp(-network.rates[0][:, None] * time)
    weights = network.vectors[0, 0] * ((start - level) @ network.vectors[0])
    released = capmem.REFERENCE_PF * weights @ decay
    potential = chain.rest[chain.links[link, 0]] + level[0] + released
    return fit_decay(time, readout.sample(generator, potential))


def _leak(chain: Chain, code: float) -> np.ndarray:
    coding, number = capmem.mode(np.full(len(chain.rest), code))
    return capmem.leak_conductance(number, coding) * chain.leak_factor
