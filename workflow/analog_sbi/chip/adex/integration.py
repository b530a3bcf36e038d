"""Integration of AdEx neurons, compiled, one after another.

Between spikes the explicit trapezoidal rule in steps of at most ``STEP_US``, and the shorter the
faster the exponential term lets the membrane run away; a threshold is crossed within a step where
the parabola of the step crosses it. During a reset V and w relax exactly, V given w in the middle
of a sample and w given the mean of V, and a step after a reset begins where it ends.
``tests/unit/test_adex_circuit.py`` shows that half the steps
move no feature. Shapes: N runs, T samples, K blocks of noise, M spikes. Units: us, LSB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analog_sbi.chip.adex.laws import ADAPTATION_RAILS, MEMBRANE_RAILS, RESET_US, Neurons
from analog_sbi.chip.adex.mismatch import NOISE_BLOCK_US
from analog_sbi.chip.compiled import compiled

STEP_US = 0.5
# Steps are STEP_US / (1 + FINER_US rate), where rate is that of the exponential term in 1/us.
FINER_US = 8.0
# Slopes below the onset at which the exponential term is none: e^-30 of its largest current.
NEGLIGIBLE = 30.0
MAX_SPIKES = 128


@dataclass(frozen=True)
class Protocol:
    """A step of current: times in us, all whole multiples of the interval of samples."""

    begin: float = 100.0
    end: float = 700.0
    duration: float = 1000.0
    interval: float = 1.0  # of samples, each the mean over it

    @property
    def samples(self) -> int:
        """Number T of samples."""
        return round(self.duration / self.interval)

    @property
    def blocks(self) -> int:
        """Number K of blocks of noise."""
        return int(np.ceil(self.duration / NOISE_BLOCK_US))


DEMO = Protocol()
"""0.1 ms without, 0.6 ms with, 0.3 ms without current, as three snippets of the demo."""


@dataclass(frozen=True)
class Courses:
    """Means of V and w over every sample (N, T); spike times (N, M), NaN after the last one.

    ``counts`` (N,) has also the spikes beyond M.
    """

    v: np.ndarray
    w: np.ndarray
    spikes: np.ndarray
    counts: np.ndarray


def integrate(
    neurons: Neurons,
    protocol: Protocol = DEMO,
    noise: np.ndarray | None = None,
    threshold_noise: np.ndarray | None = None,
    step: float = STEP_US,
    reset: float = RESET_US,
) -> Courses:
    """Integrate N neurons from rest, with resets of this length.

    What is left of the refractory time after a reset (a cycle of the clock) is too short to reach
    a threshold in, and is not told apart.

    ``noise`` (N, K) is a current in LSB/us, constant over blocks of 10 us, ``threshold_noise``
    (N, M) is added to the threshold of one spike after another; None: none.
    """
    columns = neurons.columns()
    count = len(columns)
    v, w = np.empty((2, count, protocol.samples), dtype=np.float32)
    spikes = np.full((count, MAX_SPIKES), np.nan)
    counts = np.zeros(count, dtype=np.int64)
    _integrate(
        columns,
        np.zeros((count, protocol.blocks)) if noise is None else noise,
        np.zeros((count, MAX_SPIKES)) if threshold_noise is None else threshold_noise,
        (protocol.begin, protocol.end, protocol.interval, step, reset),
        (*ADAPTATION_RAILS, *MEMBRANE_RAILS),
        v,
        w,
        spikes,
        counts,
    )
    return Courses(v, w, spikes, counts)


# Products and sums may be contracted and divisions be by reciprocals; nothing is reordered.
FAST: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "arcp", "nsz"}}


@compiled
def resting(p):
    """Potential at rest of a neuron (a row of ``Neurons.columns``), without current.

    Newton's rule from below, where the current is convex; the leak potential where there is no
    rest below the onset.
    """
    g, rest, onset, slope = p[0], p[1], p[11], p[12]
    pull = p[9] * p[5] / p[4]
    v = rest
    for _ in range(40):
        share = 1.0 / (1.0 + np.exp(-(v - onset) / slope))
        current = g * (rest - v) - pull * (v - p[6]) + p[10] * share
        change = -g - pull + p[10] * share * (1.0 - share) / slope
        if change >= 0.0 or v > onset:
            return rest
        v -= current / change
        if abs(current) < 1e-9:
            break
    return v


@compiled
def _crossing(v, v1, slope, threshold):
    """Part of a step at which its parabola from v to v1 crosses the threshold, which v1 is above.

    ``slope`` is the change over the step at the slope of its begin.
    """
    if v >= threshold or v1 == v:
        return 0.0
    part = (threshold - v) / (v1 - v)
    bend = v1 - v - slope
    for _ in range(3):
        change = slope + 2.0 * bend * part
        if change <= 0.0:
            break
        part -= (v + part * (slope + part * bend) - threshold) / change
    return min(max(part, 0.0), 1.0)


_LOG2E, _LN2 = np.log2(np.e), np.log(2.0)
_POWERS = 2.0 ** -np.arange(np.ceil(NEGLIGIBLE * _LOG2E) + 2)


@compiled(**FAST)
def _share(distance):
    """Share of the largest current of the exponential term, at a distance in slopes to the onset.

    To within 1e-7: the exponential, where the time of an integration goes, is a power of two from
    a table times a polynomial.
    """
    below = abs(distance)
    if below > NEGLIGIBLE:
        return 0.0 if distance < 0.0 else 1.0
    power = int(below * _LOG2E + 0.5)
    x = power * _LN2 - below  # within half of ln 2
    small = 1.0 + x * (1.0 + x * (0.5 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720))))))
    tail = _POWERS[power] * small
    tail /= 1.0 + tail
    return tail if distance < 0.0 else 1.0 - tail


@compiled(**FAST)
def _integrate(columns, noise, threshold_noise, times, rails, v_out, w_out, spikes, counts):
    begin, end, interval, step, length = times
    w_low, w_high, v_low, v_high = rails
    samples = v_out.shape[1]
    most = spikes.shape[1]
    per_step = 1.0 / step
    for n in range(columns.shape[0]):
        p = columns[n]
        g, rest, reset = p[0], p[1], p[2]
        rate, drive, w_leak, jump, w_ref, strength = p[4], p[5], p[6], p[7], p[8], p[9]
        largest, onset, per_slope = p[10], p[11], 1.0 / p[12]
        v = resting(p)
        w = min(max(w_ref + drive / rate * (v - w_leak), w_low), w_high)
        held_until = -1.0
        number = 0
        share = _share((v - onset) * per_slope)
        threshold = p[3] + threshold_noise[n, 0]
        for sample in range(samples):
            v_sum, w_sum = 0.0, 0.0
            t = sample * interval
            stop = t + interval
            middle = t + 0.5 * interval
            current = noise[n, int(middle / NOISE_BLOCK_US)]
            if begin < middle < end:
                current += p[13]
            while t < stop - 1e-9:
                if t < held_until - 1e-9:
                    h = min(stop, held_until) - t
                    fall = np.exp(-p[14] * h)
                    left = (1.0 - fall) / (p[14] * h)
                    mean = reset + (v - reset) * left
                    middle_w = w + 0.5 * h * (rate * (w_ref - w) + drive * (mean - w_leak))
                    level = reset + (current - strength * (middle_w - w_ref)) / p[14]
                    mean = level + (v - level) * left
                    v = min(max(level + (v - level) * fall, v_low), v_high)
                    level = w_ref + drive / rate * (mean - w_leak)
                    after = level + (w - level) * np.exp(-rate * h)
                    after = min(max(after, w_low), w_high)
                    v_sum += h * mean
                    w_sum += 0.5 * h * (w + after)
                    w = after
                    t += h
                    share = _share((v - onset) * per_slope)
                    continue
                bend = per_slope * share * (1.0 - share)
                h = stop - t
                h /= np.ceil(h * (1.0 + FINER_US * largest * bend) * per_step - 1e-9)
                dv = g * (rest - v) + largest * share - strength * (w - w_ref) + current
                dw = rate * (w_ref - w) + drive * (v - w_leak)
                v1, w1 = v + h * dv, w + h * dw
                share = _share((v1 - onset) * per_slope)
                guess = v1
                dv1 = g * (rest - v1) + largest * share - strength * (w1 - w_ref) + current
                dw1 = rate * (w_ref - w1) + drive * (v1 - w_leak)
                v1, w1 = v + 0.5 * h * (dv + dv1), w + 0.5 * h * (dw + dw1)
                w1 = min(max(w1, w_low), w_high)
                v1 = min(max(v1, v_low), v_high)
                if v1 < threshold:
                    # The mean of a cubic: a parabola's would show in a sample that ends in a spike.
                    v_sum += 0.5 * h * (v + v1) + h * h / 12.0 * (dv - dv1)
                    w_sum += 0.5 * h * (w + w1)
                    # At v1, to first order from the guess: saves the second exponential of a step.
                    share += per_slope * share * (1.0 - share) * (v1 - guess)
                    v, w = v1, w1
                    t += h
                    continue
                part = _crossing(v, v1, h * dv, threshold)
                at = w + part * (w1 - w)
                v_sum += part * h * (v + threshold) / 2.0
                v_sum -= h * part**3 * (v1 - v - h * dv) / 6.0
                w_sum += 0.5 * part * h * (w + at)
                t += part * h
                if number < most:
                    spikes[n, number] = t
                number += 1
                v, w = threshold, min(max(at + jump, w_low), w_high)
                threshold = p[3] + threshold_noise[n, number % most]
                held_until = t + length
            v_out[n, sample] = v_sum / interval
            w_out[n, sample] = w_sum / interval
        counts[n] = number
