"""The chain simulated in Arbor (paper, section 4.5), without noise.

Time is a thousand times that of the chip: ms instead of us. All parameter sets of a batch are
cells of one simulation, which Arbor spreads over the threads it is given.
Units: ms, mV, um, pF; leak conductance in S/cm2, axial conductivity in S/cm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Progress, only
from analog_sbi.errors import BackendError
from analog_sbi.models import Signals, chain
from analog_sbi.space import Space

try:
    import arbor
    from arbor import units
except ImportError as error:
    raise BackendError(
        f"backend arbor: expected the module arbor, found none ({error}); pip install arbor"
    ) from error

REST_MV = -65.0  # leak potential of the original study
REVERSAL_MV = 0.0  # of Arbor's `expsyn` by default
# Arbor's default. Its integration is first order in the step: over the range of the parameters,
# heights are within 0.1 %, decay constants within 0.03 % of those with steps of 1 us.
TIME_STEP_MS = 0.025
SAMPLE_MS = 0.1  # sampling of the original study
PROBE = "potential"
BATCH = 50  # cells of one simulation; their samples take about 25 MB


@dataclass(frozen=True)
class Cable:
    """Geometry and capacitance of one compartment: um, um, pF."""

    length: float
    diameter: float
    capacitance: float

    @property
    def area(self) -> float:
        """Lateral area in cm2."""
        return np.pi * self.diameter * self.length * 1e-8

    @property
    def section(self) -> float:
        """Cross section in cm2."""
        return np.pi * self.diameter**2 / 4 * 1e-8

    def leak_conductance(self, tau: float) -> float:
        """Leak conductance per area in S/cm2 for a membrane time constant in ms: C / (tau A)."""
        return self.capacitance * 1e-12 / (tau * 1e-3) / self.area

    def axial_conductivity(self, tau: float) -> float:
        """Conductivity in S/cm for C / g_axial = tau in ms between the centres of compartments.

        A cable of one compartment's length between the centres conducts section x conductivity /
        length.
        """
        conductance = self.capacitance * 1e-12 / (tau * 1e-3)
        return conductance * self.length * 1e-4 / self.section


@dataclass(frozen=True)
class ArborChain:
    """A chain of compartments in Arbor (see ``Backend``)."""

    inputs: Space
    signals: Signals
    cable: Cable
    spike_interval: float
    weight: float
    tau_synapse: float
    threads: int
    time_step: float = TIME_STEP_MS
    sample_interval: float = SAMPLE_MS
    reversal: float = REVERSAL_MV

    @property
    def length(self) -> int:
        """Number of compartments."""
        return chain.length_of(self.inputs)

    def calibrate(self, generator: np.random.Generator) -> pd.DataFrame:
        """List the settings of each compartment; a simulation has nothing to calibrate."""
        index = np.arange(self.length)
        return pd.DataFrame({"compartment": index, "success": True}).assign(
            tau_synapse=self.tau_synapse, weight=self.weight
        )

    def characterize(
        self, calibration: pd.DataFrame, steps: int, generator: np.random.Generator
    ) -> pd.DataFrame:
        """Time constants in ms over the range of the parameters, from the cable's geometry."""
        rows = []
        leaks, axials = chain.axes(self.inputs, steps)
        for leak in leaks:
            tau = self.cable.leak_conductance(1.0) / leak
            rows += [("membrane", i, leak, tau) for i in range(self.length)]
        for axial in axials:
            tau = self.cable.axial_conductivity(1.0) / axial
            rows += [("axial", i, axial, tau) for i in range(self.length - 1)]
        return pd.DataFrame(rows, columns=["quantity", "compartment", "parameter", "time_constant"])

    def measure(
        self,
        calibration: pd.DataFrame,
        inputs: np.ndarray,
        generator: np.random.Generator,
        needs: Collection[str] = ("heights",),
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Simulate heights in mV, ``BATCH`` parameter sets at a time; traces where needed."""
        parts = []
        for start in range(0, len(inputs), BATCH):
            time, traces = self.simulate(inputs[start : start + BATCH])
            signals = chain.recorded(time, traces, self.spike_times)
            parts.append({name: signals[name] for name in needs})
            if progress is not None:
                progress(len(traces))
        return {name: np.concatenate([part[name] for part in parts]) for name in needs}

    @property
    def spike_times(self) -> np.ndarray:
        """Times (L,) of the inputs in ms, one compartment after another."""
        return chain.spike_times(self.spike_interval, self.length)

    def provenance(self, calibration: pd.DataFrame) -> dict[str, str]:
        """Nothing: the configuration says it all."""
        return {}

    def simulate(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Simulate N parameter sets as cells of one simulation: (T,) and (N, L, T)."""
        return _run(self, *chain.conductances(inputs), self.threads)


def simulate_one(cell: ArborChain, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Simulate one parameter set (2 L - 1,) on its own, on one thread: (T,) and (L, T).

    One simulation a parameter set is how the original study uses Arbor; batches give the same
    traces.
    """
    time, traces = _run(cell, *chain.conductances(inputs), threads=1)
    return time, traces[0]


def _run(
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


def make(model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]) -> ArborChain:
    """Make the chain from ``length`` and the ``arbor`` section of the configuration.

    ``infrastructure`` may name the ``threads`` that a simulation is spread over.
    """
    only(model, "chain", backend="arbor")
    cable = Cable(
        settings["compartment_length"], settings["compartment_diameter"], settings["capacitance"]
    )
    fast, slow = settings["tau_membrane"]
    strong, weak = settings["tau_axial"]
    return ArborChain(
        inputs=chain.input_space(
            settings["length"],
            leak=(cable.leak_conductance(slow), cable.leak_conductance(fast)),
            axial=(cable.axial_conductivity(weak), cable.axial_conductivity(strong)),
            units=("S/cm2", "S/cm"),
        ),
        signals=chain.signals(settings["length"], "mV", "ms"),
        cable=cable,
        spike_interval=settings["spike_interval"],
        weight=settings["weight"],
        tau_synapse=settings["tau_synapse"],
        threads=infrastructure.get("threads", 1),
        time_step=settings.get("time_step", TIME_STEP_MS),
        sample_interval=settings.get("sample_interval", SAMPLE_MS),
    )
