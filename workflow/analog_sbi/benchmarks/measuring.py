"""Speed of measurements and of exponential fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import curve_fit

from analog_sbi.backends import Backend, Setup, make
from analog_sbi.benchmarks.timing import Row, compare, seconds
from analog_sbi.measuring import parameterized
from analog_sbi.models.chain import FIT_BOUNDS
from analog_sbi.models.decay import FitBounds, decay_constant
from analog_sbi.problem import Problem

MEASUREMENTS = 1000  # of one batch
SIMULATIONS = 40  # Arbor simulations that a batch is compared with; their time is scaled up
GRID_STEPS = 40
POOL = 200  # parameter sets of the grid that Arbor is timed on; both ways do the same ones
HEIGHTS = ("heights",)


def batch(problem: Problem, simulator: Setup, repetitions: int) -> Row:
    """A batch of measurements on the chip model against one Arbor simulation a parameter set."""
    device, arbor = make(problem.setup), make(simulator)
    generator = np.random.default_rng(0)
    calibration = device.calibrate(generator)
    unit = generator.random((MEASUREMENTS, len(problem.space)))
    codes = _inputs(device, problem, unit)
    rows = _inputs(arbor, problem, unit[:SIMULATIONS])
    return compare(
        f"{MEASUREMENTS} emulations in a batch / Arbor, one simulation each",
        lambda: device.measure(calibration, codes, generator, HEIGHTS),
        lambda: [arbor.measure(calibration, row[None], generator, HEIGHTS) for row in rows],
        goal=100.0,
        repetitions=repetitions,
        scale=MEASUREMENTS / SIMULATIONS,
    )


def arbor_grid(problem: Problem, simulator: Setup, threads: int, repetitions: int) -> Row:
    """Parameter sets of the grid in Arbor on all threads against one after another."""
    alone, together = make(simulator), make(simulator, {"threads": threads})
    points = _grid(alone, problem)[:: GRID_STEPS ** len(problem.space) // POOL]
    generator = np.random.default_rng(0)
    calibration = alone.calibrate(generator)
    return compare(
        f"Arbor grid on {threads} threads / one simulation after another",
        lambda: together.measure(calibration, points, generator, HEIGHTS),
        lambda: [alone.measure(calibration, row[None], generator, HEIGHTS) for row in points],
        goal=2.0,
        repetitions=repetitions,
    )


def fits(problem: Problem, repetitions: int) -> Row:
    """Decay constants of a whole grid at once against scipy's bounded fit, one by one."""
    device = make(problem.setup)
    generator = np.random.default_rng(0)
    calibration = device.calibrate(generator)
    points = _grid(device, problem)
    first = device.measure(calibration, points, generator, HEIGHTS)["heights"][:, :, 0]
    bounds = FIT_BOUNDS[device.signals["heights"].unit]
    return compare(
        f"{len(first)} decay constants / scipy curve_fit each",
        lambda: decay_constant(first, bounds),
        lambda: [reference_fit(row, bounds) for row in first],
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


def growth(problem: Problem, sizes: Sequence[int], lengths: Sequence[int]) -> pd.DataFrame:
    """Seconds over the number of measurements, and over the chain's length (1000 measurements).

    Columns: ``of`` (emulations, length), ``size``, ``seconds``.
    """
    rows = [("emulations", size, _seconds(problem, size)) for size in sizes]
    for length in lengths:
        settings = {**problem.setup.settings, "length": length}
        longer = replace(problem, setup=replace(problem.setup, settings=settings))
        rows.append(("length", length, _seconds(longer, MEASUREMENTS)))
    return pd.DataFrame(rows, columns=["of", "size", "seconds"])


def _seconds(problem: Problem, size: int) -> float:
    device = make(problem.setup)
    generator = np.random.default_rng(0)
    calibration = device.calibrate(generator)
    inputs = _inputs(device, problem, generator.random((size, len(problem.space))))
    return seconds(lambda: device.measure(calibration, inputs, generator, HEIGHTS))


def _inputs(backend: Backend, problem: Problem, unit: np.ndarray) -> np.ndarray:
    """Inputs of a backend at positions (N, D) in the space of a problem's parameterization."""
    mapping = parameterized(backend, problem.setup.model, problem.parameterization)
    return mapping(mapping.space.scale(unit))


def _grid(backend: Backend, problem: Problem) -> np.ndarray:
    mapping = parameterized(backend, problem.setup.model, problem.parameterization)
    return mapping(mapping.space.grid(GRID_STEPS))
