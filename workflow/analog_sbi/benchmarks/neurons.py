"""Speed of spiking neurons: the model of the chip against Arbor's cell of the same equations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.backends import Setup, make
from analog_sbi.benchmarks.timing import Row, compare
from analog_sbi.models import adex

MEASUREMENTS, SIMULATED = 1000, 50  # Arbor's time is scaled up
# Arbor's rule is Euler's. At this step its spikes are within 0.1 of ours, at its default of 0.025
# within some tenths (`tests/unit/test_adex_circuit.py`).
STEP_MS = 0.005
DEFAULT_STEP_MS = 0.025


def runs(setup: Setup, repetitions: int, step: float = STEP_MS, goal: float = 20.0) -> Row:
    """Measurements of V and spikes at codes that adapt, against as many cells in Arbor."""
    from analog_sbi.backends.arbor.neurons import simulate

    device, generator = make(setup), np.random.default_rng(0)
    codes = np.tile(list(adex.BASE.values()), (MEASUREMENTS, 1))
    needs = ("v", "spikes")
    device.measure(pd.DataFrame(), codes[:1], generator, needs)  # compiled beforehand
    return compare(
        f"{MEASUREMENTS} runs of a spiking neuron / Arbor's adex_cell in steps of {step:g} ms",
        lambda: device.measure(pd.DataFrame(), codes, generator, needs),
        lambda: simulate(SIMULATED, step),
        goal=goal,
        repetitions=repetitions,
        scale=MEASUREMENTS / SIMULATED,
    )
