"""How neurons of one chip differ (fixed pattern), and one run from another.

Shapes: N runs. Units: LSB, us.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analog_sbi.chip import trial
from analog_sbi.chip.adex.laws import Neurons
from analog_sbi.chip.fixed_pattern import CIRCUITS, fixed_pattern
from analog_sbi.randomness import generator

# ASSUME all of the following. Fixed pattern: log-normal spreads of bias currents as wide as those
# of leak and axial conductances, normal offsets as those of rest potentials. Leak and reset take
# turns at one OTA: their conductances share factor and variation.
FACTOR_SPREADS = {
    "adaptation_rate": 0.1,
    "adaptation_drive": 0.1,
    "adaptation_jump": 0.1,
    "adaptation_strength": 0.1,
    "exponential": 0.1,
    "current": 0.05,
}
OFFSET_SPREADS = {
    "reset": 10.0,
    "threshold": 10.0,
    "onset": 10.0,
    "adaptation_reference": 10.0,
    "adaptation_leak": 5.0,
}
# From run to run: bias currents by 1 % but the leak, whose size the chain's recordings set
# (``trial``); potentials as much as traces drift.
JITTER = 0.01
# A current in blocks of 10 us that moves a membrane with 20 us by 1 LSB; noise of the comparator.
NOISE_LSB_PER_US = 0.1
NOISE_BLOCK_US = 10.0
THRESHOLD_NOISE_LSB = 1.0

JITTERED = ("leak", *FACTOR_SPREADS)
DRIFTING = ("rest", "reset", "adaptation_reference")
DRAWS = len(JITTERED) + len(DRIFTING)


@dataclass(frozen=True)
class Mismatch:
    """Factors and offsets of one neuron by the names of its parameters, and of its readouts."""

    factors: dict[str, float]
    offsets: dict[str, float]
    readout: tuple[float, float]

    def applied(self, ideal: Neurons) -> Neurons:
        """Neurons as this one is."""
        changed = {name: getattr(ideal, name) * part for name, part in self.factors.items()}
        changed |= {name: getattr(ideal, name) + part for name, part in self.offsets.items()}
        return replace(ideal, **changed)


def ideal() -> Mismatch:
    """A neuron without mismatch."""
    return Mismatch({}, {}, (0.0, 0.0))


def patterns(serial: int) -> dict[str, np.ndarray]:
    """Factors and offsets of every circuit of a chip, each (512,), by name."""

    def normal(name: str) -> np.ndarray:
        return generator(serial, "fixed pattern", "adex", name).standard_normal(CIRCUITS)

    factors = {name: np.exp(part * normal(name)) for name, part in FACTOR_SPREADS.items()}
    offsets = {name: part * normal(name) for name, part in OFFSET_SPREADS.items()}
    # that of adaptation_leak is relative to the potential that it follows
    offsets["adaptation_leak"] = offsets["adaptation_leak"] + fixed_pattern(serial).rest
    return factors | offsets


def mismatch(serial: int, neuron: int = 0) -> Mismatch:
    """Mismatch of a neuron of the chip with this serial number; that of the next reads out V.

    Leak, rest and readouts are those of the circuits of a chain on the same chip.
    """
    shared, own = fixed_pattern(serial), patterns(serial)
    leak, rest = float(shared.leak[neuron]), float(shared.rest[neuron])
    return Mismatch(
        {"leak": leak, "pull": leak, **{name: float(own[name][neuron]) for name in FACTOR_SPREADS}},
        {"rest": rest, **{name: float(own[name][neuron]) for name in OFFSET_SPREADS}},
        (float(shared.readout[neuron + 1]), float(shared.readout[neuron])),
    )


def varied(neurons: Neurons, normal: np.ndarray) -> Neurons:
    """Neurons as they are in one run each, from standard normal numbers (N, DRAWS)."""
    sizes = [trial.LEAK_JITTER] + [JITTER] * len(FACTOR_SPREADS)
    changed = {
        name: getattr(neurons, name) * np.maximum(1 + size * normal[:, index], 0.1)
        for index, (name, size) in enumerate(zip(JITTERED, sizes, strict=True))
    }
    changed["pull"] = neurons.pull * changed["leak"] / neurons.leak
    changed |= {
        name: getattr(neurons, name) + trial.DRIFT_LSB * normal[:, len(JITTERED) + index]
        for index, name in enumerate(DRIFTING)
    }
    return replace(neurons, **changed)
