"""What differs between two runs of the same configuration.

Shapes: M runs, L compartments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# ASSUME the following three sizes. With the readout noise they were chosen to match the
# paper's decay constant of 1.17 +- 0.04 over 100 trials at the centre (section 2.1.2).
LEAK_JITTER = 0.045
AXIAL_JITTER = 0.045
# Drifts of 1 to 2 LSB are visible in recorded traces; ASSUME a slow sinusoid.
DRIFT_LSB = 1.2
DRIFT_PERIOD_US = 600.0


@dataclass(frozen=True)
class Variation:
    """Factors on leak (M, L) and axial (M, L - 1) conductance, and a drift (M, 2) in LSB."""

    leak: np.ndarray
    axial: np.ndarray
    drift: np.ndarray


def draw_variation(generator: np.random.Generator, runs: int, length: int) -> Variation:
    """Draw the variation of M runs of a chain."""
    normal = generator.standard_normal((runs, 2 * length + 1))
    return Variation(
        leak=1 + LEAK_JITTER * normal[:, :length],
        axial=1 + AXIAL_JITTER * normal[:, length : 2 * length - 1],
        drift=DRIFT_LSB * normal[:, 2 * length - 1 :],
    )


def drift_at(drift: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Drift in LSB at times (T,) in us, for M runs: (M, T)."""
    phase = 2 * np.pi * np.asarray(time) / DRIFT_PERIOD_US
    return drift @ np.stack([np.sin(phase), np.cos(phase)])
