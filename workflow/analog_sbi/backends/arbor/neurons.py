"""Arbor's own spiking neuron that adapts, for its speed; all that needs Arbor itself."""

from __future__ import annotations

from typing import Any

import arbor
from arbor import units

DURATION_MS = 1000.0  # a ms is a us of the chip


def simulate(count: int, step: float) -> int:
    """Run cells that spike and adapt, V sampled every ms; returns the samples of the last one."""

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
