"""Files of the layout of the authors' deposit, as their scripts read them."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from analog_sbi.published.deposit import GRID

LENGTH = 4
HEIGHTS = [("amplitudes", f"A_{i}{j}") for i, j in product(range(LENGTH), repeat=2)]
CONDUCTANCES = [("parameters", "g_leak"), ("parameters", "g_icc")]


def deposited(folder: Path) -> Path:
    """Write a deposit: grid, target at the centre, two runs of posterior samples given tau.

    Labels are objects, as pandas had them when the deposit was made.
    """
    rng = np.random.default_rng(0)
    with pd.option_context("future.infer_string", False):
        _grid(rng).to_pickle(folder / GRID)
        (folder / "targets").mkdir()
        trials = _table(_heights(rng.normal(1.17, 0.03, 100), rng), HEIGHTS)
        trials.to_pickle(folder / "targets/attenuation_variations_511_511.pkl")
        for run in range(2):
            place = folder / f"2d_parameter_space/observations/results/{run}"
            place.mkdir(parents=True)
            for last in (9, 10):
                theta = rng.multivariate_normal([511, 511], [[9000, 8500], [8500, 9000]], 200)
                samples = _table(theta, CONDUCTANCES)
                samples.attrs = {"observation": "length_constant"}
                samples.to_pickle(place / f"posterior_samples_{last}.pkl")
            (place / "posteriors.pkl").write_bytes(b"live objects, which are not read")
    return folder


def _grid(rng: np.random.Generator) -> pd.DataFrame:
    codes = np.linspace(0, 1022, 6)
    leak, axial = (part.ravel() for part in np.meshgrid(codes, codes, indexing="ij"))
    tau = 0.2 + 3.5 * (axial / 1022) / (0.5 + leak / 1022)
    grid = _table(np.column_stack([leak, axial, _heights(tau, rng)]), [*CONDUCTANCES, *HEIGHTS])
    grid.attrs = {"length": LENGTH, "experiment": "attenuation_bss"}
    return grid


def _heights(tau: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Heights (N, 16) that fall by tau from the input's compartment."""
    places = np.arange(LENGTH)
    away = np.abs(places[:, None] - places)
    values = 100 * np.exp(-away / tau[:, None, None])
    return (values + rng.normal(0, 0.5, values.shape)).reshape(len(tau), -1)


def _table(values: np.ndarray, columns: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns))
