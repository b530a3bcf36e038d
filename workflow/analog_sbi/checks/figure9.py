"""Claims on Figure 9: the simulation in Arbor beside the chip."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from analog_sbi.checks.register import ARBOR, GRID
from analog_sbi.checks.seeds import correlation, per_seed
from analog_sbi.checks.table import Artifacts, Verdict

LEVEL = 0.95


def arbor_topology(artifacts: Artifacts) -> Verdict:
    """Compare the decay constants of both grids point by point."""
    grids = [artifacts.table(path).sort_values(["g_leak", "g_axial"]) for path in (ARBOR[0], GRID)]
    simulated, measured = (grid["tau"].to_numpy() for grid in grids)
    rank = float(spearmanr(simulated, measured, nan_policy="omit")[0])
    ratio = float(np.nanmedian(simulated / measured))
    return Verdict(
        f"rank correlation {rank:.3f}, median ratio {ratio:.2f}", rank > 0.9 and 1 < ratio < 2
    )


def arbor_narrower(artifacts: Artifacts) -> Verdict:
    """Compare the areas of the highest-density regions."""
    holds, texts = True, []
    for index, name in enumerate(("tau_2d", "first_2d"), start=1):
        simulated = artifacts.table(ARBOR[index])
        measured = artifacts.table(f"{{backend}}/{name}/samples.parquet")
        areas = [
            per_seed(simulated, lambda rows: region_area(rows, artifacts.arbor_area)),
            per_seed(measured, lambda rows: region_area(rows, artifacts.area)),
        ]
        narrower = areas[0] < areas[1]
        holds &= bool(areas[0].median() < areas[1].median())
        texts.append(
            f"{name}: area {areas[0].median():.2g} on Arbor, {areas[1].median():.2g} on the chip, "
            f"narrower for {int(narrower.sum())} of {len(narrower)} seeds"
        )
    r = per_seed(artifacts.table(ARBOR[1]), correlation).median()
    return Verdict(f"{'; '.join(texts)}; r given tau* {r:.2f} on Arbor", holds and r > 0.85)


def region_area(samples: pd.DataFrame, whole: float) -> float:
    """Area of the 95 % highest-density region as part of the prior's area ``whole``.

    The area of a region R is the mean of 1 / density over samples in R, of all samples.
    """
    density = samples["log_prob"].to_numpy()
    inside = density >= np.quantile(density, 1 - LEVEL)
    return float(np.mean(np.where(inside, np.exp(-density), 0.0)) / whole)
