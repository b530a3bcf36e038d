"""Chain, tree or spiking neuron (``neuron``) simulated in Arbor, without noise.

Chain and tree are those of the paper, section 4.5.

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
from analog_sbi.backends.arbor.neuron import ArborNeuron
from analog_sbi.chip.adex.laws import RANGES
from analog_sbi.errors import BackendError
from analog_sbi.models import Signals, adex, chain
from analog_sbi.models.tree import Tree
from analog_sbi.space import Space

DEPENDS_ON: dict[str, tuple[str, ...]] = {"adex": ()}

REVERSAL_MV = 0.0  # of Arbor's `expsyn` by default
# Arbor's default. Its integration is first order in the step: over the range of the parameters,
# heights are within 0.1 %, decay constants within 0.03 % of those with steps of 1 us.
TIME_STEP_MS = 0.025
SAMPLE_MS = 0.1  # sampling of the original study
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
    """A chain or tree of compartments in Arbor (see ``Backend``)."""

    inputs: Space
    signals: Signals
    tree: Tree
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
            rows += [("axial", link, axial, tau) for link in range(self.length - 1)]
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
        return _run(self, self.by_kind(inputs), self.threads)

    def by_kind(self, inputs: np.ndarray) -> chain.Inputs:
        """Inputs (N, I) by their kind; the weight as configured and no shift where not given."""
        configured = {chain.WEIGHT: self.weight, chain.LEAK_POTENTIAL: 0.0}
        return chain.inputs_of(self.inputs, inputs, configured)


def simulate_one(cell: ArborChain, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Simulate one parameter set (I,) on its own, on one thread: (T,) and (L, T).

    One simulation a parameter set is how the original study uses Arbor; batches give the same
    traces.
    """
    time, traces = _run(cell, cell.by_kind(inputs), threads=1)
    return time, traces[0]


def _run(device: ArborChain, inputs: chain.Inputs, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Run a cell a parameter set: times (T,), traces (N, L, T)."""
    # Only here: wherever a problem is posed, the inputs and signals are enough.
    try:
        from analog_sbi.backends.arbor import simulation
    except ImportError as error:
        raise BackendError(
            f"backend arbor: expected the module arbor, found none ({error}); pip install arbor"
        ) from error
    return simulation.run(device, inputs, threads)


def make(
    model: str, settings: Mapping[str, Any], infrastructure: Mapping[str, Any]
) -> ArborChain | ArborNeuron:
    """Make chain or neuron from the sections ``chain`` and ``arbor`` of the configuration.

    ``infrastructure`` may name the ``threads`` that a simulation is spread over.
    """
    only(model, "chain", "adex", backend="arbor")
    if model == "adex":
        return ArborNeuron(
            adex.input_space(RANGES), adex.signals(), infrastructure.get("threads", 1)
        )
    cable = Cable(
        settings["compartment_length"], settings["compartment_diameter"], settings["capacitance"]
    )
    fast, slow = settings["tau_membrane"]
    strong, weak = settings["tau_axial"]
    tree = Tree.of(settings["length"], settings.get("parents"))
    units = {chain.WEIGHT: "uS", chain.LEAK_POTENTIAL: "mV"}
    limits = settings.get("limits", {})
    return ArborChain(
        inputs=chain.input_space(
            len(tree),
            leak=(cable.leak_conductance(slow), cable.leak_conductance(fast)),
            axial=(cable.axial_conductivity(weak), cable.axial_conductivity(strong)),
            units=("S/cm2", "S/cm"),
            tree=tree,
            further={name: (*limits[name], units[name]) for name in units if name in limits},
        ),
        signals=chain.signals(len(tree), "mV", "ms", tree),
        tree=tree,
        cable=cable,
        spike_interval=settings["spike_interval"],
        weight=settings["weight"],
        tau_synapse=settings["tau_synapse"],
        threads=infrastructure.get("threads", 1),
        time_step=settings.get("time_step", TIME_STEP_MS),
        sample_interval=settings.get("sample_interval", SAMPLE_MS),
    )
