"""The circuit of a spiking neuron made of cells and mechanisms that come with Arbor.

A neuron is two cells of one control volume and 1 nF: the potential of the first is V, that of the
second is w. Of the equations of ``chip.adex.laws``

- leaks are ``pas``, constant currents and the step are clamps of current;
- the coupling of V and w is a gap junction each way, which a connection's weight scales, and whose
  effect on the potential that it is on is taken off that cell's leak;
- the exponential term, which saturates, is a potassium channel (``Kv3_1`` of the Allen catalogue):
  its gate is a Boltzmann function of V, its reversal potential so far that it is a current;
- a reset is a conductance to V_r that an event switches on and a second one off; the conductance
  lies to V_r such that leak and exponential term make up for themselves, which a reset replaces;
- a spike moves w by a conductance to far away for one step;
- rails are ``v_limit``.

Nothing has to be compiled, which mechanisms of one's own would need. A step is as many ms for
Arbor, whatever it is for the neuron: twice the time constant of the gate at its midpoint. Arbor's
rule for gates, x -> x_inf + (x - x_inf) (1 - h / 2 tau) / (1 + h / 2 tau), then sets a gate to its
steady state.
Shapes: N neurons, T samples, M spikes. Units: us and MADC LSB outside; ms, mV, nF, uS in Arbor.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import arbor
import numpy as np
from arbor import units

from analog_sbi.chip.adex.integration import Protocol, resting
from analog_sbi.chip.adex.laws import ADAPTATION_RAILS, MEMBRANE_RAILS, RESET_US, Neurons

# Kv3_1 of the Allen catalogue: midpoint and width of its gate, and at the midpoint
# tau = 4 ms / (1 + exp(-(18.7 + 46.56) / 44.14)).
MIDPOINT_MV, WIDTH_MV, GATE_MS = 18.7, 9.7, 3.257
STEP_MS = 2 * GATE_MS
FAR_MV = 1e6  # reversal potential of what is a current: potentials are below 1e-3 of it
LASTING_MS = 1e12  # time constant of a conductance that events switch
SAMPLES_PER_US = 5
DELAY_STEPS = 2  # from a spike to what it does, the least that Arbor takes
AREA_CM2 = 1e-3  # at Arbor's 1 uF/cm2 it has 1 nF, so that conductances in uS are rates in 1/ms
ANYWHERE = "(location 0 0.5)"


def run(
    neurons: Neurons, protocol: Protocol, step: float, threads: int
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Run N neurons from rest: means of V and w over samples (N, T), and the times of spikes."""
    recipe = _Recipe(neurons, protocol, step)
    context = arbor.context(threads=threads)
    count = recipe.num_cells()
    group = arbor.partition_hint(cpu_group_size=2 * -(-count // 2 // threads))
    spread = arbor.partition_load_balance(recipe, context, {arbor.cell_kind.cable: group})
    simulation = arbor.simulation(recipe, context, spread)
    simulation.record(arbor.spike_recording.all)
    us = STEP_MS / step
    interval = protocol.interval / SAMPLES_PER_US * us
    schedule = arbor.regular_schedule(interval / 2 * units.ms, interval * units.ms)
    handles = [simulation.sample((cell, "potential"), schedule) for cell in range(count)]
    # Arbor keeps samples up to the end of the run, and not the last one.
    simulation.run((protocol.duration + 1.0) * us * units.ms, STEP_MS * units.ms)
    size = protocol.samples * SAMPLES_PER_US
    samples = np.array([simulation.samples(handle)[0][0][:size, 1] for handle in handles])
    means = samples.reshape(count, protocol.samples, SAMPLES_PER_US).mean(axis=2)
    v = neurons.onset[:, None] + (means[::2] - MIDPOINT_MV) / recipe.scale[:, None]
    times: list[list[float]] = [[] for _ in range(count // 2)]
    for (cell, _), time in simulation.spikes().tolist():
        times[cell // 2].append(time / us)
    ordered = [np.sort(np.array(own)) for own in times]
    return v, means[1::2], [own[own < protocol.duration] for own in ordered]


class _Recipe(arbor.recipe):
    """Two cells a neuron: V is the potential of cell 2 n, w that of cell 2 n + 1.

    Potentials of V in mV are such that the gate has its midpoint at the onset; w is in LSB.
    """

    def __init__(self, neurons: Neurons, protocol: Protocol, step: float) -> None:
        super().__init__()
        self.ms = STEP_MS / step  # of a us
        self.delay = DELAY_STEPS * STEP_MS
        self.protocol = protocol
        self.columns = neurons.columns()
        self.neurons = [
            {field.name: float(getattr(neurons, field.name)[n]) for field in fields(neurons)}
            for n in range(len(self.columns))
        ]
        self.scale = WIDTH_MV / neurons.slope  # mV per LSB of V
        self.properties = arbor.neuron_cable_properties()
        self.properties.catalogue.extend(arbor.allen_catalogue(), "allen_")
        size = np.sqrt(AREA_CM2 * 1e8 / np.pi)  # um, length and diameter
        self.tree = arbor.segment_tree()
        ends = arbor.mpoint(0, 0, 0, size / 2), arbor.mpoint(size, 0, 0, size / 2)
        self.tree.append(arbor.mnpos, *ends, tag=1)
        rest = [float(resting(own)) for own in self.columns]
        self.cells = [
            make(p, scale, v)
            for p, scale, v in zip(self.neurons, self.scale.tolist(), rest, strict=True)
            for make in (self._membrane, self._adaptation)
        ]

    def num_cells(self) -> int:
        return len(self.cells)

    def cell_kind(self, gid: int) -> Any:
        return arbor.cell_kind.cable

    def cell_description(self, gid: int) -> Any:
        return self.cells[gid]

    def global_properties(self, kind: Any) -> Any:
        return self.properties

    def probes(self, gid: int) -> list:
        return [arbor.cable_probe_membrane_voltage(ANYWHERE, "potential")]

    def gap_junctions_on(self, gid: int) -> list:
        p, scale = self.neurons[gid // 2], float(self.scale[gid // 2])
        of_adaptation = gid % 2 == 1
        rate = p["adaptation_drive"] / scale if of_adaptation else -_pull(p, scale)
        peer = gid - 1 if of_adaptation else gid + 1
        return [arbor.gap_junction_connection((peer, "other"), "other", rate / self.ms)]

    def connections_on(self, gid: int) -> list:
        p, spike = self.neurons[gid // 2], (gid - gid % 2, "spike")
        at_once = self.delay * units.ms
        if gid % 2:
            weight = p["adaptation_jump"] / STEP_MS / FAR_MV
            return [arbor.connection(spike, "jump", weight, at_once)]
        weight = (p["pull"] - p["leak"]) / self.ms
        return [
            arbor.connection(spike, "reset", weight, at_once),
            arbor.connection(spike, "reset", -weight, RESET_US * self.ms * units.ms),
        ]

    def _membrane(self, p: dict[str, float], scale: float, rest: float) -> Any:
        """C dV/dt = g (E - V) + I_exp(V) - k (w - w_ref) + I, and what resets it."""

        def mv(lsb: float) -> float:
            return MIDPOINT_MV + scale * (lsb - p["onset"])

        decor = self._decor(mv(rest), p["leak"] + _pull(p, scale))
        decor.set_ion("k", rev_pot=FAR_MV * units.mV)
        largest = p["exponential"] * scale / self.ms
        decor.paint("(all)", arbor.density("allen_Kv3_1", {"gbar": _density(largest / FAR_MV)}))
        low, high = map(mv, MEMBRANE_RAILS)
        decor.paint("(all)", arbor.voltage_process(f"v_limit/v_low={low},v_high={high}"))
        constant = p["leak"] * mv(p["rest"]) + _pull(p, scale) * p["adaptation_reference"]
        self._current(decor, constant)
        begin, length = self.protocol.begin, self.protocol.end - self.protocol.begin
        step = arbor.i_clamp(
            begin * self.ms * units.ms,
            length * self.ms * units.ms,
            p["current"] * scale / self.ms * units.nA,
        )
        decor.place(ANYWHERE, step)
        share = 1 / (1 + np.exp(-(p["reset"] - p["onset"]) / p["slope"]))
        beside = p["leak"] * mv(p["rest"]) + p["exponential"] * scale * share
        level = (p["pull"] * mv(p["reset"]) - beside) / (p["pull"] - p["leak"])
        switched = arbor.synapse("expsyn", {"e": level, "tau": LASTING_MS})
        decor.place(ANYWHERE, switched, "reset")
        detector = arbor.threshold_detector(mv(p["threshold"]) * units.mV)
        decor.place(ANYWHERE, detector, "spike")
        return self._cell(decor)

    def _adaptation(self, p: dict[str, float], scale: float, rest: float) -> Any:
        """dw/dt = ((w_ref - w) + gain (V - E_w)) / tau_w, and what moves it at a spike."""
        rate, drive = p["adaptation_rate"], p["adaptation_drive"]
        start = p["adaptation_reference"] + drive / rate * (rest - p["adaptation_leak"])
        low, high = ADAPTATION_RAILS
        decor = self._decor(float(np.clip(start, low, high)), rate - drive / scale)
        decor.paint("(all)", arbor.voltage_process(f"v_limit/v_low={low},v_high={high}"))
        # V is the onset at the midpoint.
        offset = p["onset"] - MIDPOINT_MV / scale - p["adaptation_leak"]
        self._current(decor, rate * p["adaptation_reference"] + drive * offset)
        # One step at twice its time constant ends a conductance, by Arbor's rule.
        jump = arbor.synapse("expsyn", {"e": FAR_MV, "tau": STEP_MS / 2})
        decor.place(ANYWHERE, jump, "jump")
        return self._cell(decor)

    def _decor(self, potential: float, leak: float) -> Any:
        """A membrane at a potential in mV, with a leak in 1/us to 0 mV, and a gap junction."""
        decor = arbor.decor().set_property(Vm=potential * units.mV, cm=0.01 * units.F / units.m2)
        decor.paint("(all)", arbor.density("pas/e=0", {"g": _density(leak / self.ms)}))
        return decor.place(ANYWHERE, arbor.junction("gj"), "other")

    def _current(self, decor: Any, slope: float) -> None:
        """A constant current that moves a membrane by so many mV in a us."""
        decor.place(ANYWHERE, arbor.i_clamp(slope / self.ms * units.nA))

    def _cell(self, decor: Any) -> Any:
        policy = arbor.cv_policy_single()
        return arbor.cable_cell(self.tree, decor, arbor.label_dict({}), policy)


def _pull(p: dict[str, float], scale: float) -> float:
    """What w moves V by, in mV / us per LSB of w."""
    return p["adaptation_strength"] * scale


def _density(conductance: float) -> float:
    """Conductance in S/cm2 of one in uS."""
    return conductance * 1e-6 / AREA_CM2
