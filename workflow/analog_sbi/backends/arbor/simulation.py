"""Cells of the chain and their simulation: all that needs Arbor itself.

Shapes: N parameter sets, L compartments, T samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import arbor
import numpy as np
from arbor import units

from analog_sbi.models.chain import LEAK_POTENTIAL, WEIGHT, Inputs

if TYPE_CHECKING:
    from analog_sbi.backends.arbor import ArborChain

REST_MV = -65.0  # leak potential of the original study
PROBE = "potential"
# Of a link of a tree, in lengths of a compartment: its membrane is so much of a compartment's.
LINK = 1e-5
INSIDE = 1e-3  # resistivity in Ohm cm of a compartment of a tree, which is one potential
LINKS = 1000  # tags of links from here on, of compartments below


def run(device: ArborChain, inputs: Inputs, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Run a cell a parameter set: times (T,), traces (N, L, T).

    Raises ValueError for conductances that are not positive and finite; Arbor takes negative ones.
    """
    leak = inputs.leak
    for name, values in (("leak conductances", leak), ("axial conductivities", inputs.axial)):
        wrong = ~(np.isfinite(values) & (values > 0))
        if wrong.any():
            raise ValueError(f"{name} are positive and finite, found {values[wrong][0]:g}")
    recipe = _Recipe(device, inputs)
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
    samples = [simulation.samples(handle)[0] for handle in handles]
    columns = [1 + place for place in _places(device, recipe.cells, samples)]
    return samples[0][0][:, 0], np.array([cell[:, columns].T for cell, _ in samples])


def _places(device: ArborChain, cells: list, samples: list) -> list[int]:
    """Place of every compartment (L,) among the sampled parts of a cell, equal in all of them."""
    if device.tree.is_chain or not cells:
        return list(range(device.length))
    parts = samples[0][1]
    found = []
    for i in range(device.length):
        centre = cells[0].locations(_middle(i))[0]
        found += [
            place
            for place, part in enumerate(parts)
            if part.branch == centre.branch and part.prox < centre.pos < part.dist
        ]
    return found


class _Recipe(arbor.recipe):
    """One cell a parameter set, of L compartments, one control volume each."""

    def __init__(self, device: ArborChain, inputs: Inputs) -> None:
        super().__init__()
        self.device, self.weights = device, inputs.further[WEIGHT]
        make = _cell if device.tree.is_chain else _branched_cell
        rests = REST_MV + inputs.further[LEAK_POTENTIAL]
        self.cells = [
            make(device, *values)
            for values in zip(inputs.leak, inputs.axial, rests.tolist(), strict=True)
        ]
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
                f"input{i}", self.weights[gid], arbor.explicit_schedule([time * units.ms])
            )
            for i, time in enumerate(self.device.spike_times)
        ]


def _decor(device: ArborChain, rest: float) -> tuple[arbor.decor, arbor.synapse]:
    """Membrane at rest, and the synapse of every compartment."""
    per_area = device.cable.capacitance * 1e-12 / device.cable.area  # F/cm2
    decor = arbor.decor().set_property(Vm=rest * units.mV, cm=per_area * 1e4 * units.F / units.m2)
    return decor, arbor.synapse("expsyn", {"tau": device.tau_synapse, "e": device.reversal})


def _cell(device: ArborChain, leak: np.ndarray, axial: np.ndarray, rest: float) -> arbor.cable_cell:
    """Chain with leaks (L,) in S/cm2 and conductivities (L - 1,) in S/cm between the centres."""
    length, cable = device.length, device.cable
    tree = arbor.segment_tree()
    radius = cable.diameter / 2
    ends = arbor.mpoint(0, 0, 0, radius), arbor.mpoint(length * cable.length, 0, 0, radius)
    tree.append(arbor.mnpos, *ends, tag=1)
    decor, synapse = _decor(device, rest)
    for i in range(length):
        part = f"(cable 0 {i / length} {(i + 1) / length})"
        decor.paint(part, arbor.density(f"pas/e={rest}", {"g": leak[i]}))
        decor.place(_centre(i, length), synapse, f"input{i}")
    for i, conductivity in enumerate(axial):
        # From centre to centre; the outer ends carry no axial current.
        first = 0.0 if i == 0 else (i + 0.5) / length
        last = 1.0 if i == length - 2 else (i + 1.5) / length
        decor.paint(f"(cable 0 {first} {last})", rL=1 / conductivity * units.Ohm * units.cm)
    policy = arbor.cv_policy_fixed_per_branch(length)
    return arbor.cable_cell(tree, decor, arbor.label_dict({}), policy)


def _branched_cell(
    device: ArborChain, leak: np.ndarray, axial: np.ndarray, rest: float
) -> arbor.cable_cell:
    """Tree with leaks (L,) in S/cm2 and conductivities (L - 1,) in S/cm, as of a chain.

    Compartments are cables without a resistance of their own. From one end of a parent's a link
    leads to that of its child's, short enough to have no membrane to speak of, which has all of the
    resistance between the two; its middle is where control volumes meet. So every link conducts
    between two compartments, as the resistors of the chip do.
    """
    cable, tree = device.cable, arbor.segment_tree()
    start, radius = arbor.mpoint(0, 0, 0, cable.diameter / 2), cable.diameter / 2
    nodes: list[int] = []
    for i, parent in enumerate(device.tree.parents):
        node = arbor.mnpos
        if parent is not None:
            end = arbor.mpoint(LINK * cable.length, 0, 0, radius)
            node = tree.append(nodes[parent], start, end, tag=LINKS + i)
        nodes.append(node)
        tree.append(node, start, arbor.mpoint(0, cable.length, 0, radius), tag=_tag(i))
    decor, synapse = _decor(device, rest)
    decor.set_property(rL=INSIDE * units.Ohm * units.cm)
    for i, conductance in enumerate(leak):
        decor.paint(f"(tag {_tag(i)})", arbor.density(f"pas/e={rest}", {"g": conductance}))
        decor.place(_middle(i), synapse, f"input{i}")
    for child, conductivity in enumerate(axial, start=1):
        resistivity = 1 / conductivity / LINK * units.Ohm * units.cm
        decor.paint(f"(tag {LINKS + child})", rL=resistivity)
    middles = " ".join(
        f"(on-components 0.5 (tag {LINKS + child}))" for child in range(1, device.length)
    )
    policy = arbor.cv_policy_explicit(f"(join {middles})" if device.length > 2 else middles)
    return arbor.cable_cell(tree, decor, arbor.label_dict({}), policy)


def _tag(compartment: int) -> int:
    """Tag of the cable of a compartment; Arbor has none below 1 by convention."""
    return compartment + 1


def _middle(compartment: int) -> str:
    return f"(on-components 0.5 (tag {_tag(compartment)}))"


def _centre(compartment: int, length: int) -> str:
    return f"(location 0 {(compartment + 0.5) / length})"
