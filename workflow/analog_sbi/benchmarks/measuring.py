"""Speed of emulation and of exponential fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit

from analog_sbi.backends import make
from analog_sbi.benchmarks.timing import Row, compare, seconds
from analog_sbi.chain import bounds, grid, scale
from analog_sbi.observables import FitBounds, decay_constant

EMULATIONS = 1000  # of one batch
SIMULATIONS = 40  # Arbor simulations that a batch is compared with; their time is scaled up
GRID_STEPS = 40
POOL = 200  # parameter sets of the grid that Arbor is timed on; both ways do the same ones


def emulation(chip: Mapping[str, Any], simulator: Mapping[str, Any], repetitions: int) -> Row:
    """A batch of emulations on the chip model against one Arbor simulation a parameter set."""
    device, arbor = make("bss2_sim", chip), make("arbor", {**simulator, "threads": 1})
    generator = np.random.default_rng(0)
    calibration = device.calibrate(generator)
    unit = generator.random((EMULATIONS, 2))
    codes = scale(unit, *bounds("global", device.length, device.limits))
    theta = scale(unit[:SIMULATIONS], *bounds("global", arbor.length, arbor.limits))
    return compare(
        f"{EMULATIONS} emulations in a batch / Arbor, one simulation each",
        lambda: device.measure(calibration, codes, generator),
        lambda: [arbor.measure(calibration, row[None], generator) for row in theta],
        goal=100.0,
        repetitions=repetitions,
        scale=EMULATIONS / SIMULATIONS,
    )


def arbor_grid(simulator: Mapping[str, Any], threads: int, repetitions: int) -> Row:
    """Parameter sets of the grid in Arbor on all threads against one after another."""
    alone = make("arbor", {**simulator, "threads": 1})
    together = make("arbor", {**simulator, "threads": threads})
    points = grid(GRID_STEPS, alone.limits)[:: GRID_STEPS**2 // POOL]
    generator = np.random.default_rng(0)
    calibration = alone.calibrate(generator)
    return compare(
        f"Arbor grid on {threads} threads / one simulation after another",
        lambda: together.measure(calibration, points, generator),
        lambda: [alone.measure(calibration, row[None], generator) for row in points],
        goal=2.0,
        repetitions=repetitions,
    )


def fits(chip: Mapping[str, Any], repetitions: int) -> Row:
    """Decay constants of a whole grid at once against scipy's bounded fit, one by one."""
    device = make("bss2_sim", chip)
    generator = np.random.default_rng(0)
    points = grid(GRID_STEPS, device.limits)
    first = device.measure(device.calibrate(generator), points, generator)[:, :, 0]
    return compare(
        f"{len(first)} decay constants / scipy curve_fit each",
        lambda: decay_constant(first, device.fit_bounds),
        lambda: [reference_fit(row, device.fit_bounds) for row in first],
        goal=1000.0,
        repetitions=repetitions,
    )


def reference_fit(heights: np.ndarray, limits: FitBounds) -> float:
    """Decay constant by scipy's bounded fit with its default tolerances."""
    ratio = heights[0] / heights[1]
    guess = 1 / np.log(ratio) if ratio > 1 else 1.0
    fitted, _ = curve_fit(
        lambda x, a, tau, b: a * np.exp(-x / tau) + b,
        np.arange(len(heights), dtype=float),
        heights,
        p0=(heights[0], np.clip(guess, 0.01, 0.99 * limits.tau), 0.0),
        bounds=([0, 0, -limits.offset], [limits.amplitude, limits.tau, limits.offset]),
    )
    return float(fitted[1])


def growth(chip: Mapping[str, Any], sizes: list[int], lengths: list[int]) -> pd.DataFrame:
    """Seconds over the number of emulations, and over the length of the chain (1000 emulations).

    Columns: ``of`` (emulations, length), ``size``, ``seconds``.
    """
    rows = []
    for size in sizes:
        rows.append(("emulations", size, _seconds(chip, size)))
    for length in lengths:
        rows.append(("length", length, _seconds({**chip, "length": length}, EMULATIONS)))
    return pd.DataFrame(rows, columns=["of", "size", "seconds"])


def _seconds(chip: Mapping[str, Any], size: int) -> float:
    device = make("bss2_sim", chip)
    generator = np.random.default_rng(0)
    calibration = device.calibrate(generator)
    codes = scale(generator.random((size, 2)), *bounds("global", device.length, device.limits))
    return seconds(lambda: device.measure(calibration, codes, generator))
