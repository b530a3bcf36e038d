"""A Hodgkin-Huxley neuron under a noisy step of current: which conductances made it fire so?

Equations and constants of the squid axon (Hodgkin and Huxley, 1952, with potentials shifted to a
rest of -65 mV), integrated by the exponential Euler method.
"""

import numpy as np

from analog_sbi.models import Features, Signal
from analog_sbi.space import Space

STEP, END, ON, OFF = 0.025, 120.0, 10.0, 100.0  # ms
CURRENT, NOISE = 10.0, 2.0  # uA/cm2; ASSUME a noise that makes trials differ visibly
G_LEAK, E_LEAK, E_NA, E_K, C = 0.3, -54.4, 50.0, -77.0, 1.0  # mS/cm2, mV, uF/cm2

space = Space(
    ("g_na", "g_k"), ("mS/cm2", "mS/cm2"), np.array([60.0, 15.0]), np.array([200.0, 80.0])
)
signals = {"spikes": Signal((1,), "1"), "moments": Signal((3,), "mV")}


def measure(inputs, generator):
    """Spike counts (N, 1), and rest, mean and spread (N, 3) of the potential at inputs (N, 2)."""
    g_na, g_k = inputs.T
    v, count = np.full(len(inputs), -65.0), np.zeros(len(inputs))
    gates = [on / (on + off) for on, off in rates(v)]
    rest, kept = [], []
    for number in range(int(END / STEP)):
        time = number * STEP
        for i, (on, off) in enumerate(rates(v)):
            gates[i] += (on / (on + off) - gates[i]) * -np.expm1(-STEP * (on + off))
        m, h, n = gates
        conductance = G_LEAK + g_na * m**3 * h + g_k * n**4
        drive = G_LEAK * E_LEAK + g_na * m**3 * h * E_NA + g_k * n**4 * E_K
        noise = NOISE * generator.standard_normal(len(v)) / np.sqrt(STEP)
        drive += CURRENT * (ON <= time < OFF) + noise
        new = v + (drive / conductance - v) * -np.expm1(-STEP * conductance / C)
        count += (v < 0) & (new >= 0)
        v = new
        if number % 20 == 0 and time < OFF:
            (rest if time < ON else kept).append(v)
    moments = [np.mean(rest, 0), np.mean(kept, 0), np.std(kept, 0)]
    return {"spikes": count[:, None], "moments": np.stack(moments, axis=1)}


def rates(v):
    """Opening and closing rates in 1/ms of the gates m, h and n."""
    return (
        (ramp(v + 40, 10), 4 * np.exp(-(v + 65) / 18)),
        (0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))),
        (0.1 * ramp(v + 55, 10), 0.125 * np.exp(-(v + 65) / 80)),
    )


def ramp(x, width):
    """x / width over 1 - exp(-x / width), whose limit at 0 is 1."""
    return np.where(np.abs(x) < 1e-6, 1.0, x / width / -np.expm1(-np.where(x, x, 1) / width))


def firing(signals):
    """Number of spikes, resting potential, mean and spread of the potential."""
    names = ("spikes", "rest", "mean", "spread")
    return Features(
        names,
        ("1", "mV", "mV", "mV"),
        ("spikes", "moments"),
        lambda s: np.concatenate([s["spikes"], s["moments"]], axis=1),
    )


observables = {"firing": firing}
