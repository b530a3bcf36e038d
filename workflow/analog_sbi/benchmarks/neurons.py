"""Speed of spiking neurons: the model of the chip against Arbor's cell of the same equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Setup, make
from analog_sbi.benchmarks.timing import Row, compare
from analog_sbi.models import adex

MEASUREMENTS, SIMULATED = 1000, 50  # Arbor's time is scaled up
DURATION_MS = float(adex.DURATION_US)  # a ms is a us of the chip
# Arbor's rule is Euler's. At this step its spikes are within 0.1 of ours, at its default of 0.025
# within some tenths (`tests/unit/test_adex_circuit.py`).
STEP_MS = 0.005
DEFAULT_STEP_MS = 0.025


def runs(setup: Setup, repetitions: int, step: float = STEP_MS, goal: float = 20.0) -> Row:
    """Measurements of V and spikes at codes that adapt, against as many cells in Arbor."""
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


def simulate(count: int, step: float) -> int:
    """Run cells that spike and adapt, V sampled every ms; returns the samples of the last one."""
    import arbor
    from arbor import units

    class Recipe(arbor.recipe):
        def num_cells(self) -> int:
            return count

        def cell_kind(self, gid: int) -> Any:
            return arbor.cell_kind.adex

        def cell_description(self, gid: int) -> Any:
            cell = arbor.adex_cell("source", "target")
            # a membrane of 20 ms that is pulled over its threshold and adapts by b alone
            cell.C_m, cell.g = 2.0 * units.pF, 1e-4 * units.uS
            cell.E_L, cell.E_R, cell.V_m = (v * units.mV for v in (620.0, 380.0, 400.0))
            cell.V_th, cell.delta = 500.0 * units.mV, 15.0 * units.mV
            cell.t_ref, cell.tau = 2.0 * units.ms, 100.0 * units.ms
            cell.a, cell.b = -1.8e-5 * units.uS, 2.7e-3 * units.nA
            return cell

        def probes(self, gid: int) -> list:
            return [arbor.adex_probe_voltage("v")]

    simulation = arbor.simulation(Recipe(), arbor.context(threads=1))
    schedule = arbor.regular_schedule(1.0 * units.ms)
    handles = [simulation.sample((gid, "v"), schedule) for gid in range(count)]
    simulation.run(DURATION_MS * units.ms, step * units.ms)
    return len(simulation.samples(handles[-1])[0][0])
