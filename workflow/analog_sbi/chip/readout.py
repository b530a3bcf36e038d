"""The membrane ADC (MADC): sampling, noise, and the maximum of a noisy trace.

Units: us and LSB.
"""

from __future__ import annotations

import warnings

import numpy as np
import scipy

SAMPLE_INTERVAL_US = 17 / 500  # 500 MHz / 17 = 29.4 MS/s (haldls, event.h)
CLOCK_US = 0.008  # time stamps lie on a grid of 8 ns, so intervals alternate between 32 and 40 ns
LARGEST = 1023  # 10 bit

# Noise of a sample: 1.3 LSB in recorded baselines, "around 3 LSB" in the authors' words.
# ASSUME it is white and normal (a lag correlation of 0.3 is seen in recorded traces).
NOISE_LSB = 1.3

# Blocks whose mean lies that many noise widths below the highest one never hold the maximum:
# the highest of 6000 samples exceeds its mean by more than 5.5 with probability 1e-4, and the
# highest block alone rarely falls short of its own mean by one.
NEGLIGIBLE = 7.0


def sample_times(duration: float) -> np.ndarray:
    """Times (T,) of the samples in [0, duration)."""
    count = int(np.ceil(duration / SAMPLE_INTERVAL_US))
    times = np.round(np.arange(count) * SAMPLE_INTERVAL_US / CLOCK_US) * CLOCK_US
    return times[times < duration]


def digitize(potential: np.ndarray) -> np.ndarray:
    """Round to the codes of the 10 bit converter and clip to its range."""
    return np.clip(np.rint(potential), 0, LARGEST)


def warn_of_clipping(values: np.ndarray) -> None:
    """Warn, once a process, if digitized values reach the largest code."""
    if (values >= LARGEST).any():
        warnings.warn(
            f"potentials are clipped at the largest code of the MADC, {LARGEST}: heights are too "
            "small where inputs are this strong (chip.inputs, chip.weight)",
            stacklevel=1,
        )


def sample(generator: np.random.Generator, potential: np.ndarray) -> np.ndarray:
    """Read noisy samples of a potential, any shape, as integers in LSB."""
    return digitize(potential + NOISE_LSB * generator.standard_normal(potential.shape))


def sample_mean(generator: np.random.Generator, mean: np.ndarray, samples: int) -> np.ndarray:
    """Draw the mean over many digitized samples of potentials with the given mean.

    Normal by the central limit theorem; rounding adds a variance of 1/12 (noise well above
    half an LSB makes the rounding error uniform and independent).
    """
    width = np.sqrt((NOISE_LSB**2 + 1 / 12) / samples)
    return np.clip(mean, 0, LARGEST) + width * generator.standard_normal(np.shape(mean))


def sample_maximum(
    generator: np.random.Generator, mean: np.ndarray, samples: np.ndarray
) -> np.ndarray:
    """Draw the maximum (M,) over the digitized samples of M traces.

    A trace is given in blocks: ``mean`` (M, B) is its potential in each block and ``samples``
    (B,) the number of samples there. The maximum of n independent normal samples of equal mean
    is drawn by its inverse distribution, mean + noise * ndtri(u^(1/n)) with -log(u) exponential;
    rounding is monotone and commutes with the maximum.
    """
    highest = np.full(len(mean), -np.inf)
    floor = mean.max(axis=1, keepdims=True) - NEGLIGIBLE * NOISE_LSB
    trace, block = np.nonzero(mean > floor)
    quantile = np.exp(-generator.standard_exponential(len(trace)) / samples[block])
    values = mean[trace, block] + NOISE_LSB * scipy.special.ndtri(quantile)
    starts = np.flatnonzero(np.diff(trace, prepend=-1))
    highest[trace[starts]] = np.maximum.reduceat(values, starts) if len(values) else -np.inf
    return digitize(highest)
