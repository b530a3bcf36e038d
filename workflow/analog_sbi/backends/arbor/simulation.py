"""Cells of the chain and their simulation: all that needs Arbor itself.

Shapes: N parameter sets, L compartments, T samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import arbor
import numpy as np
from arbor import units

if TYPE_CHECKING:
    from analog_sbi.backends.arbor import ArborChain

REST_MV = -65.0  # leak potential of the original study
PROBE = "potential"


def run(
    device: ArborChain, leak: np.ndarray, axial: np.ndarray, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """Run cells with leaks (N, L) and conductivities (N, L - 1): times (T,), traces (N, L, T).

    Raises ValueError for conductances that are not positive and finite; Arbor takes negative ones.
    """
    for name, values in (("leak conductances", leak), ("axial conductivities", axial)):
        wrong = ~(np.isfinite(values) & (values > 0))
        if wrong.any():
            raise ValueError(f"{name} are positive and finite, found {values[wrong][0]:g}")
    recipe = _Recipe(device, leak, axial)
    context = arbor.context(threads=threads)
    # Cells of a group advance together in vector instructions; a group a thread.
    group = arbor.partition_hint(cpu_group_size=-(-len(leak) // threads))
    hints = {arbor.cell_kind.cable: group}
    spread = arbor.partition_load_balance(recipe, context, hints)
    simulation = arbor.simulation(recipe, context, spread)
    schedule = arbor.regular_schedule(device.sample_interval * units.ms)
    handles = [simulation.sample((cell, PROBE), schedule) for cell in range(len(leak))]
    duration = device.spike_interval * device.length
    simulation.run(duration * units.ms, device.time_step * units.ms)
    samples = [simulation.samples(handle)[0][0] for handle in handles]
    return samples[0][:, 0], np.array([cell[:, 1:].T for cell in samples])


class _Recipe(arbor.recipe):
    """One cell a parameter set: a cable of L compartments, one control volume each."""

    def __init__(self, device: ArborChain, leak: np.ndarray, axial: np.ndarray) -> None:
        super().__init__()
        self.device = device
        self.cells = [_cell(device, g, a) for g, a in zip(leak, axial, strict=True)]
        self.properties = arbor.neuron_cable_properties()

    def num_cells(self) -> int:
        return len(self.cells)

    def cell_kind(self, gid: int) -> arbor.cell_kind:
        return arbor.cell_kind.cable

    def cell_description(self, gid: int) -> arbor.cable_cell:
        return self.cells[gid]

    def global_properties(self, kind: arbor.cell_kind) -> Any:
        return self.properties

    def probes(self, gid: int) -> list:
        # All control volumes, hence compartments, in one sample: sampling takes most of the
        # time of a simulation, and a probe a compartment doubles it.
        return [arbor.cable_probe_membrane_voltage_cell(PROBE)]

    def event_generators(self, gid: int) -> list:
        return [
            arbor.event_generator(
                f"input{i}", self.device.weight, arbor.explicit_schedule([time * units.ms])
            )
            for i, time in enumerate(self.device.spike_times)
        ]


def _cell(device: ArborChain, leak: np.ndarray, axial: np.ndarray) -> arbor.cable_cell:
    """Cell with leaks (L,) in S/cm2 and conductivities (L - 1,) in S/cm between the centres."""
    length, cable = device.length, device.cable
    tree = arbor.segment_tree()
    radius = cable.diameter / 2
    ends = arbor.mpoint(0, 0, 0, radius), arbor.mpoint(length * cable.length, 0, 0, radius)
    tree.append(arbor.mnpos, *ends, tag=1)
    per_area = cable.capacitance * 1e-12 / cable.area  # F/cm2
    decor = arbor.decor().set_property(
        Vm=REST_MV * units.mV, cm=per_area * 1e4 * units.F / units.m2
    )
    synapse = arbor.synapse("expsyn", {"tau": device.tau_synapse, "e": device.reversal})
    for i in range(length):
        part = f"(cable 0 {i / length} {(i + 1) / length})"
        decor.paint(part, arbor.density(f"pas/e={REST_MV}", {"g": leak[i]}))
        decor.place(_centre(i, length), synapse, f"input{i}")
    for i, conductivity in enumerate(axial):
        # From centre to centre; the outer ends carry no axial current.
        first = 0.0 if i == 0 else (i + 0.5) / length
        last = 1.0 if i == length - 2 else (i + 1.5) / length
        decor.paint(f"(cable 0 {first} {last})", rL=1 / conductivity * units.Ohm * units.cm)
    policy = arbor.cv_policy_fixed_per_branch(length)
    return arbor.cable_cell(tree, decor, arbor.label_dict({}), policy)


def _centre(compartment: int, length: int) -> str:
    return f"(location 0 {(compartment + 0.5) / length})"
