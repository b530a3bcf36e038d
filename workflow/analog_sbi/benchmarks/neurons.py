"""Speed of spiking neurons: the model of the chip against Arbor's cell of the same equations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analog_sbi.backends import Setup, make
from analog_sbi.benchmarks.timing import Row, compare, within
from analog_sbi.measuring import measure, parameterized
from analog_sbi.models import adex

MEASUREMENTS, SIMULATED = 1000, 50  # Arbor's time is scaled up
# Arbor's rule is Euler's. At this step its spikes are within 0.1 of ours, at its default of 0.025
# within some tenths (`tests/unit/test_adex_circuit.py`).
STEP_MS = 0.005
DEFAULT_STEP_MS = 0.025
TRAINING, LIMIT_S = 60_000, 60.0  # runs of the five networks of an ensemble


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


def training_runs(setup: Setup, repetitions: int) -> Row:
    """Traces and spikes of what an ensemble of seven codes is trained on, on one core."""
    device, generator = make(setup), np.random.default_rng(0)
    space = parameterized(device, setup.model, "seven").space
    theta = space.draw(TRAINING, generator)
    calibration = device.calibrate(generator)

    def work() -> None:
        measure(device, setup.model, calibration, theta, "seven", ["trace_spikes"], generator)

    return within(
        f"{TRAINING} runs of a spiking neuron with their traces", work, LIMIT_S, repetitions
    )
