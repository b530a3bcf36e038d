"""Figure 9: Figure 3 simulated in Arbor, and the simulation beside the chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper import figure3
from analog_sbi.paper.artifacts import GRID, Artifacts
from analog_sbi.paper.chain import AXIAL, LEAK, correlation
from analog_sbi.paper.criteria import above, below, inside
from analog_sbi.paper.figure3 import FIRST_SAMPLES, TAU_SAMPLES
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.seeds import per_seed
from analog_sbi.paper.verdicts import Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIMULATOR = "arbor"
LEVEL = 0.95


def simulated(template: str) -> str:
    """Template of the same artifact in Arbor."""
    return template.replace("{backend}", SIMULATOR)


@figure(
    "figure9",
    "Figure 3 simulated in Arbor",
    needs=figure3.SHOWN,
    settings=figure3.SETTINGS,
    height=figure3.HEIGHT,
    caption="figure3",
    backend=SIMULATOR,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw the panels of Figure 3."""
    figure3.draw(canvas, artifacts)


RANK = "rank correlation of the two tau grids (on normalised axes)"
RATIO = "median ratio Arbor/BSS-2"


@claim(
    "arbor-topology",
    figure="9A",
    paper="Arbor: same topology, tau slightly higher",
    needs=(GRID, simulated(GRID)),
    holds=above(RANK, 0.9) & inside(RATIO, 1, 2),
)
def arbor_topology(artifacts: Artifacts) -> Finding:
    """Compare the decay constants of both grids point by point."""
    from scipy.stats import spearmanr

    arbor, chip = (
        artifacts.table(path).sort_values([LEAK, AXIAL])["tau"].to_numpy()
        for path in (simulated(GRID), GRID)
    )
    rank = float(spearmanr(arbor, chip, nan_policy="omit")[0])
    ratio = float(np.nanmedian(arbor / chip))
    return Finding(
        f"rank correlation {rank:.3f}, median ratio {ratio:.2f}", {RANK: rank, RATIO: ratio}
    )


AREA = {
    name: f"area of the {100 * LEVEL:g} % highest-density region (on normalised axes) of {name} "
    "on Arbor / on the chip"
    for name in ("tau_2d", "first_2d")
}
R_ARBOR = "r given tau* on Arbor"


@claim(
    "arbor-narrower",
    figure="9C/D",
    paper="Arbor: same shapes, narrower posteriors",
    needs=(TAU_SAMPLES, FIRST_SAMPLES, simulated(TAU_SAMPLES), simulated(FIRST_SAMPLES)),
    holds=below(AREA["tau_2d"], 1) & below(AREA["first_2d"], 1) & above(R_ARBOR, 0.85),
)
def arbor_narrower(artifacts: Artifacts) -> Finding:
    """Compare the areas of the highest-density regions."""
    quantities, texts = {}, []
    for name, path in (("tau_2d", TAU_SAMPLES), ("first_2d", FIRST_SAMPLES)):
        arbor, chip = (
            region_areas(artifacts.table(template), artifacts.problem(name, backend).space.volume)
            for template, backend in ((simulated(path), SIMULATOR), (path, None))
        )
        narrower = arbor < chip
        quantities[AREA[name]] = arbor.median() / chip.median()
        texts.append(
            f"{name}: area {arbor.median():.2g} on Arbor, {chip.median():.2g} on the chip, "
            f"narrower for {int(narrower.sum())} of {len(narrower)} seeds"
        )
    r = per_seed(artifacts.table(simulated(TAU_SAMPLES)), correlation).median()
    text = f"{'; '.join(texts)}; r given tau* {r:.2f} on Arbor"
    return Finding(text, quantities | {R_ARBOR: r})


def region_areas(samples: pd.DataFrame, whole: float) -> pd.Series:
    """Area of every seed's highest-density region, see ``region_area``."""
    return per_seed(samples, lambda rows: region_area(rows, whole))


def region_area(samples: pd.DataFrame, whole: float) -> float:
    """Area of the 95 % highest-density region as part of the prior's area ``whole``.

    The area of a region R is the mean of 1 / density over samples in R, of all samples.
    """
    density = samples["log_prob"].to_numpy()
    inner = density >= np.quantile(density, 1 - LEVEL)
    return float(np.mean(np.where(inner, np.exp(-density), 0.0)) / whole)
