"""A stretch of a run in which the configuration stays, as arrays that steps go through.

Shapes: L nodes, K circuits in ascending order. Units: us, pF, uS, LSB.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from analog_sbi.chip import capmem
from analog_sbi.chip.adex import laws
from analog_sbi.chip.fixed_pattern import CIRCUITS, FixedPattern
from analog_sbi.chip.pynn import execution, physics, topology
from analog_sbi.chip.pynn.mismatch import Mismatch
from analog_sbi.chip.pynn.routing import EXCITATORY, INHIBITORY, Synapses
from analog_sbi.chip.pynn.topology import Circuits

STEP_US = 0.25
EXPONENTIAL_STEP_US = 0.05


@dataclass(frozen=True)
class Reach:
    """Synapses (S,) by the circuit that reaches them: those of place k from ``starts[k]`` on.

    ``starts`` (K + 1,); ``receptors``, places of ``targets`` and ``weights``, each (S,).
    """

    starts: np.ndarray
    receptors: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, synapses: Synapses, place: np.ndarray) -> Reach:
        """Order the synapses between circuits at places (512,), -1 for those that are not."""
        sources, targets = place[synapses.sources], place[synapses.targets]
        chosen = np.flatnonzero((sources >= 0) & (targets >= 0))
        chosen = chosen[np.argsort(sources[chosen], kind="stable")]
        return cls(
            starts=np.searchsorted(sources[chosen], np.arange((place >= 0).sum() + 1)),
            receptors=synapses.receptors[chosen],
            targets=targets[chosen],
            weights=synapses.weights[chosen].astype(float),
        )


@dataclass(frozen=True)
class Stretch:
    """A time in which the configuration stays: ``begin`` and ``end`` in us.

    ``clocks`` (512, 2): periods of the slow and the fast clock of every circuit's back end.
    """

    begin: float
    end: float
    circuits: Circuits
    synapses: Synapses
    clocks: np.ndarray


@dataclass(frozen=True)
class Net:
    """A stretch's network and circuits. Of circuits (K,), where nothing else is said.

    ``rate``, ``level`` of a node depend on which circuits are reset: ``leak`` and ``drive`` hold
    conductance and conductance times potential of every circuit, in leak (row 0) and reset (1).
    """

    stretch: Stretch
    members: np.ndarray
    place: np.ndarray  # (512,): place of a circuit in members, -1 for others
    node: np.ndarray
    capacitance: np.ndarray  # (L,)
    floating: np.ndarray  # (L,): conductance of nodes without any leak
    floating_drive: np.ndarray  # (L,)
    coupling: np.ndarray | None  # (L, L)
    half: np.ndarray | None  # (L, L): what resistors do in half a step
    leak: np.ndarray  # (2, K)
    drive: np.ndarray  # (2, K)
    current: np.ndarray
    rates: np.ndarray  # (2, K): of the synaptic inputs
    gains: np.ndarray  # (2, K): current per weight unit, signed; 0 for a disabled input
    thresholds: np.ndarray  # inf for a disabled comparator
    refractory: np.ndarray
    reset: np.ndarray  # length of the reset
    pause: np.ndarray
    onset: np.ndarray
    exponential: np.ndarray  # largest current of the term, 0 where it is off
    w_rate: np.ndarray  # of the adaptation state
    w_rest: np.ndarray
    w_from: np.ndarray  # membrane potential that leaves the state at rest
    w_drive: np.ndarray
    w_jump: np.ndarray
    w_strength: np.ndarray  # current per LSB of the state, 0 where adaptation is off
    step: float
    rate: np.ndarray  # (L,): of nodes without reset
    reach: Reach

    @classmethod
    def of(cls, stretch: Stretch, seen: np.ndarray, pattern: FixedPattern, extra: Mismatch) -> Net:
        """Net of everything that conducts to the circuits ``seen``."""
        codes = stretch.circuits
        wiring = topology.network_of(codes, pattern, seen)
        k = np.flatnonzero(wiring.node >= 0)
        node = wiring.node[k]
        leak, _ = topology.leaks(codes, pattern)
        own = np.bincount(node, weights=leak[k], minlength=len(wiring.leak))
        floating = np.where(own > 0, 0.0, wiring.leak)
        largest = laws.EXPONENTIAL_PER_CODE * capmem.REFERENCE_PF * extra.exponential
        exponential = np.where(codes.exponential_enable, codes.exponential_i_bias * largest, 0.0)[k]
        longest = EXPONENTIAL_STEP_US if exponential.any() else STEP_US
        tau, gains = _synaptic(codes, pattern, extra, k)
        place = np.full(CIRCUITS, -1)
        place[k] = np.arange(len(k))
        net = cls(
            stretch=stretch,
            members=k,
            place=place,
            node=node,
            capacitance=wiring.capacitance,
            rate=(own + floating) / wiring.capacitance,
            floating=floating,
            floating_drive=floating * wiring.potential,
            coupling=wiring.coupling(np.ones(len(wiring.axial))) if len(wiring.axial) else None,
            half=None,
            step=longest,
            rates=1 / tau,
            gains=gains,
            current=_current(codes, extra, k),
            onset=capmem.rest_potential(codes.exponential_v_exp)[k] + extra.onset[k],
            exponential=exponential,
            reach=Reach.of(stretch.synapses, place),
            **_resets(stretch, pattern, extra, k),
            **_adaptation(codes, extra, k),
        )
        return net.stepped(stretch.end - stretch.begin)

    def stepped(self, duration: float) -> Net:
        """Return the same net with steps that divide a duration."""
        step = even_step(duration, self.step)
        half = None
        if self.coupling is not None:
            laplacian = np.diag(self.coupling.sum(axis=1)) - self.coupling
            half = expm(-laplacian / self.capacitance[:, None] * step / 2)
        return replace(self, step=step, half=half)

    def per_node(self, values: np.ndarray) -> np.ndarray:
        """Sum of circuits (K,) over nodes (L,)."""
        return np.bincount(self.node, weights=values, minlength=len(self.capacitance))


def _current(codes: Circuits, extra: Mismatch, k: np.ndarray) -> np.ndarray:
    """Constant currents of circuits."""
    current = physics.constant_current(
        codes.constant_current_i_offset, codes.constant_current_type > 0
    )
    return np.where(codes.constant_current_enable, current * extra.current, 0.0)[k]


def _resets(
    stretch: Stretch, pattern: FixedPattern, extra: Mismatch, k: np.ndarray
) -> dict[str, np.ndarray]:
    """Leak and reset, threshold and refractory time of circuits."""
    codes = stretch.circuits
    leak, rest = topology.leaks(codes, pattern)
    mode = codes.reset_enable_multiplication.astype(int) - codes.reset_enable_division
    held = laws.reset_conductance(codes.reset_i_bias, mode)[k] * pattern.leak[k]
    level = laws.reset(codes.reset_v_reset[k]) + extra.reset[k]
    clock = codes.refractory_period_input_clock[k].astype(int)
    refractory, reset = physics.refractory_us(
        codes.refractory_period_refractory_time[k],
        codes.refractory_period_reset_holdoff[k],
        stretch.clocks[k, clock],
    )
    thresholds = execution.thresholds_of(codes, extra, k)
    return {
        "leak": np.stack([leak[k], held]),
        "drive": np.stack([leak[k] * (rest + extra.rest)[k], held * level]),
        "thresholds": np.where(codes.threshold_enable[k], thresholds, np.inf),
        "refractory": refractory,
        "reset": reset,
        "pause": codes.refractory_period_enable_pause[k],
    }


def _adaptation(codes: Circuits, extra: Mismatch, k: np.ndarray) -> dict[str, np.ndarray]:
    """Adaptation terms of circuits."""
    drive = physics.adaptation_drive(codes.adaptation_i_bias_a, codes.adaptation_invert_a)
    jump = physics.adaptation_jump(codes.adaptation_i_bias_b, codes.adaptation_invert_b)
    # ASSUME a transconductance that no capacitor changes
    strength = laws.ADAPTATION_RATE_PER_US * capmem.REFERENCE_PF * extra.adaptation_strength
    reference = laws.adaptation_reference(codes.adaptation_v_ref) + extra.adaptation_reference
    rate = laws.adaptation_rate(codes.adaptation_i_bias_tau) * extra.adaptation_rate
    leak = laws.adaptation_leak(codes.adaptation_v_leak) + extra.adaptation_leak
    jump = np.where(codes.adaptation_enable_pulse, jump * extra.adaptation_jump, 0.0)
    return {
        "w_rate": rate[k],
        "w_rest": reference[k],
        "w_from": leak[k],
        "w_drive": (extra.adaptation_drive * drive)[k],
        "w_jump": jump[k],
        "w_strength": np.where(codes.adaptation_enable, strength, 0.0)[k],
    }


def even_step(duration: float, step: float) -> float:
    """Step not above ``step`` that divides ``duration``."""
    return duration / max(1, int(np.ceil(duration / step - 1e-9)))


def _synaptic(
    codes: Circuits, pattern: FixedPattern, extra: Mismatch, k: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Time constants and signed currents per weight unit of both receptors, each (2, K)."""
    taus, gains = [], []
    for receptor, enabled in (
        (EXCITATORY, codes.excitatory_input_enable),
        (INHIBITORY, codes.inhibitory_input_enable),
    ):
        kind = np.full(len(k), receptor == INHIBITORY)
        tau, (strength, factor) = execution.synaptic_inputs(codes, pattern, extra, k, kind)
        taus.append(tau)
        gains.append(np.where(enabled[k], capmem.synaptic_current(strength, 1.0) * factor, 0.0))
    return np.array(taus), np.array(gains)
