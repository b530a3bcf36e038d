"""Made-up results of the paper's experiments, of which every statistic is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Setup
from analog_sbi.models import chain
from analog_sbi.paper.artifacts import Artifacts, Frame
from analog_sbi.paper.figure7 import REVERSED, SIZES
from analog_sbi.prior import Box
from analog_sbi.problem import Measured, Problem
from analog_sbi.space import Space

LENGTH, HIGH, STAR = 4, 1000.0, 500.0
PRIOR_SD = HIGH / np.sqrt(12)
CENTRE = "{backend}/chain/targets/centre.parquet"
SEEDS = 3

SIGNALS = chain.signals(LENGTH, "MADC LSB", "us")
INPUTS = chain.input_space(LENGTH, (0, HIGH), (0, HIGH), ("DAC code", "DAC code"))
PLANE = chain.shared(INPUTS).space
FRAME = Frame(
    Setup("bss2_sim", "chain", {"spike_interval": 200.0, "length": LENGTH}), PLANE, SIGNALS
)
OBSERVED = {
    "tau_2d": "tau",
    "first_2d": "first",
    "rounds_2d": "first",
    "first_7d": "first",
    "all_7d": "all",
    **dict.fromkeys((*SIZES, *REVERSED), "first"),
}


def problem(name: str, backend: str) -> Problem:
    """Problem of an experiment of the paper."""
    kind = "individual" if name.endswith("7d") else "global"
    space: Space = chain.MODEL.parameterization(kind, INPUTS).space
    features = chain.MODEL.observable(OBSERVED[name], SIGNALS)
    return Problem(
        setup=Setup(backend, "chain"),
        parameterization=kind,
        observable=OBSERVED[name],
        prior=Box(space),
        features=features.names,
        units=features.units,
        signals=SIGNALS,
        target=Measured("centre", (0.5, 0.5), 100),
    )


PROBLEMS = {
    f"{backend}/{name}": problem(name, backend)
    for name in OBSERVED
    for backend in ("bss2_sim", "arbor")
}


def artifacts(
    tables: Mapping[str, pd.DataFrame],
    needs: Iterable[str],
    settings: Mapping[str, Any] | None = None,
) -> Artifacts:
    """Artifacts that are these tables by template."""
    paths = {name.format(backend="bss2_sim"): table for name, table in tables.items()}
    return Artifacts(
        read=paths.__getitem__,
        backend="bss2_sim",
        frame=FRAME,
        problems=PROBLEMS,
        settings=settings or {},
        needs=tuple(needs),
    )


def exact(count: int, mean: float, sd: float) -> np.ndarray:
    """Values (count,) whose mean and sample standard deviation are exactly these."""
    z = np.linspace(-1, 1, count)
    return mean + sd * z / z.std(ddof=1)


def of_seeds(make, seeds: int = SEEDS) -> pd.DataFrame:
    """A table of the last round, of as many equal seeds; ``make`` may tell seeds apart."""
    return pd.concat(
        [make(seed).assign(seed=seed, round=0) for seed in range(seeds)], ignore_index=True
    )


def samples(r: float, area: float = 1.0, seeds: int = SEEDS) -> pd.DataFrame:
    """Samples of two parameters whose correlation is r, of constant density over an area."""
    x = np.array([1.0, 1.0, -1.0, -1.0])
    y = r * x + np.sqrt(1 - r**2) * np.array([1.0, -1.0, 1.0, -1.0])
    table = pd.DataFrame({"g_leak": STAR + 100 * x, "g_axial": STAR + 100 * y})
    return of_seeds(lambda seed: table.assign(log_prob=-np.log(area)), seeds)


def heights(**means: float) -> pd.DataFrame:
    """Two trials with these means of heights, 0 for the others."""
    row = dict.fromkeys(chain.height_names(LENGTH), 0.0) | means
    return pd.DataFrame([row, row]) + np.array([[-0.01], [0.01]])


def over_grid(tau: np.ndarray) -> pd.DataFrame:
    """Grid table of tau (leak, axial) over the plane."""
    leak, axial = (np.linspace(0, HIGH, count) for count in tau.shape)
    mesh = np.meshgrid(leak, axial, indexing="ij")
    return pd.DataFrame({"g_leak": mesh[0].ravel(), "g_axial": mesh[1].ravel(), "tau": tau.ravel()})


def ranks(*swaps: tuple[int, int], count: int = 10) -> np.ndarray:
    """Ranks 1 to count of which some are swapped."""
    order = np.arange(1, count + 1)
    for one, other in swaps:
        order[[one, other]] = order[[other, one]]
    return order.astype(float)
