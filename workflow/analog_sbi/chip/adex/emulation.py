"""Runs of an AdEx neuron as they are read out: V and w by the MADC, spikes by the digital part.

Shapes: N runs, T samples, M spikes. Units: us, LSB.
"""

from __future__ import annotations

import numpy as np

from analog_sbi.chip import readout
from analog_sbi.chip.adex.integration import DEMO, MAX_SPIKES, Courses, Protocol, integrate
from analog_sbi.chip.adex.laws import neurons
from analog_sbi.chip.adex.mismatch import (
    DRAWS,
    NOISE_LSB_PER_US,
    THRESHOLD_NOISE_LSB,
    Mismatch,
    varied,
)


def emulate(
    codes: np.ndarray,
    circuit: Mismatch,
    generator: np.random.Generator,
    protocol: Protocol = DEMO,
) -> Courses:
    """Run a neuron once at each of the codes (N, 10).

    Random numbers are drawn run by run, so that batches do not change them. A sample is the mean
    of the MADC's samples in its time; clipping to the range of the MADC included.
    """
    sizes = (DRAWS, protocol.blocks, MAX_SPIKES, protocol.samples, protocol.samples)
    normal = generator.standard_normal((len(codes), sum(sizes)), dtype=np.float32)
    own, noise, threshold, of_v, of_w = np.split(normal, np.cumsum(sizes)[:-1], axis=1)
    courses = integrate(
        varied(circuit.applied(neurons(codes)), own),
        protocol,
        NOISE_LSB_PER_US * noise.astype(float),
        THRESHOLD_NOISE_LSB * threshold.astype(float),
    )
    # ASSUME the two neurons share the MADC, half the samples each.
    samples = protocol.interval / readout.SAMPLE_INTERVAL_US / 2
    width = np.sqrt((readout.NOISE_LSB**2 + 1 / 12) / samples)
    for values, offset, error in zip(
        (courses.v, courses.w), circuit.readout, (of_v, of_w), strict=True
    ):
        error *= np.float32(width)
        error += np.float32(offset)
        values += error
        np.clip(values, 0, readout.LARGEST, out=values)
    return courses
