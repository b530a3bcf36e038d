"""The claims: what the paper says, the criterion, and the artifacts each is decided from.

A claim is one entry here and one function of the same name, dashes as underscores, in the
module of its figure (``checks/figure3.py``). The function takes ``Artifacts`` and returns a
``Verdict``. Criteria are for the ``bss2_sim`` backend at full budgets.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "paper"
OWN = "ours"

GRID = "{backend}/grid.parquet"
CENTRE = "{backend}/targets/centre.parquet"
CALIBRATION = "{backend}/calibration.parquet"
CHARACTERIZATION = "{backend}/characterization.parquet"


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper with a number in it.

    ``module`` is the number of the figure whose module decides it; ``needs`` are artifacts below
    the results folder, with ``{backend}`` for the backend of the study.
    """

    id: str
    figure: str
    paper: str
    criterion: str
    module: int
    needs: tuple[str, ...]
    source: str = PAPER


def of_experiment(name: str, *kinds: str) -> tuple[str, ...]:
    """Artifacts of an experiment, such as samples and predictive."""
    return tuple(f"{{backend}}/{name}/{kind}.parquet" for kind in kinds)


TAU_SAMPLES = of_experiment("tau_2d", "samples")
TAU_PREDICTIVE = of_experiment("tau_2d", "predictive")
FIRST_SAMPLES = of_experiment("first_2d", "samples")

CLAIMS = (
    Claim(
        "grid-range",
        "3A",
        "tau spans 0.16 to 4.08 over the 40x40 grid",
        "min in [0.1, 0.3], max in [3.3, 5.0]",
        3,
        (GRID,),
    ),
    Claim(
        "grid-monotone",
        "3A",
        "tau rises with axial and falls with leak conductance",
        "median rank correlation of tau with g_axial > 0.8 at fixed leak, "
        "with g_leak < -0.6 at fixed axial (above the 25th percentile of g_axial)",
        3,
        (GRID,),
    ),
    Claim(
        "grid-contours",
        "3A",
        "lines of equal tau tie leak and axial together",
        "along the contour of tau*, r(g_leak, g_axial) > 0.8",
        3,
        (GRID, CENTRE),
    ),
    Claim(
        "membrane-range",
        "4.1",
        "the membrane time constant spans 12 to 30 us over the leak codes",
        "each end within 15 % (mean over compartments)",
        3,
        (CHARACTERIZATION,),
    ),
    Claim(
        "synapse-calibrated",
        "4.1",
        "synaptic time constant calibrated to 10 us",
        "mean over compartments within 5 %, sd over compartments at least 3 times smaller than "
        "before calibration",
        3,
        (CALIBRATION,),
    ),
    Claim(
        "target-tau",
        "2.1.2",
        "tau* = 1.17 +- 0.04 over 100 trials at theta*",
        "mean in [1.05, 1.29], sd in [0.02, 0.06]",
        3,
        (CENTRE,),
    ),
    Claim(
        "tau-correlation",
        "3C/D",
        "posterior given tau*: r(leak, axial) = 0.93",
        "r in [0.85, 0.98]",
        3,
        TAU_SAMPLES,
    ),
    Claim(
        "tau-contour",
        "3C",
        "high density along the contour of tau*",
        "at least 80 % of posterior samples have a grid tau within 3 sd of tau*",
        3,
        (GRID, CENTRE, *TAU_SAMPLES),
    ),
    Claim(
        "tau-spread",
        "3C",
        "probability falls towards larger leak",
        "mass with g_leak in the upper quarter of the range below the mass in the second quarter",
        3,
        TAU_SAMPLES,
    ),
    Claim(
        "tau-ppc",
        "2.1.2",
        "predictive check: tau = 1.20 +- 0.09 against 1.17 +- 0.04",
        "predictive mean within one predictive sd of tau*, predictive sd below 0.15",
        3,
        (CENTRE, *TAU_PREDICTIVE),
    ),
    Claim(
        "first-correlation",
        "3D",
        "posterior given F*: r falls to 0.06",
        "absolute r below 0.35 and at least 0.5 below the r given tau*",
        3,
        (*TAU_SAMPLES, *FIRST_SAMPLES),
    ),
    Claim(
        "first-recovers",
        "3D",
        "samples scatter around theta*, bell-shaped marginals",
        "theta* inside the central 90 % interval of both marginals, each marginal's sd below a "
        "quarter of the prior's",
        3,
        (CENTRE, *FIRST_SAMPLES),
    ),
    Claim(
        "few-rounds-suffice",
        "4.3",
        "tau*: three rounds of 50 with one transform of two blocks of ten units suffice",
        "at least 8 of 10 seeds hold tau-ppc",
        3,
        (CENTRE, *TAU_PREDICTIVE),
    ),
)

FIGURES = tuple(sorted({claim.module for claim in CLAIMS}))


def claims_of(figure: int) -> tuple[Claim, ...]:
    """Claims that the module of a figure decides."""
    return tuple(claim for claim in CLAIMS if claim.module == figure)


def inputs(figure: int, backend: str, experiments: tuple[str, ...]) -> list[str]:
    """Paths of what the claims of a figure need, of experiments that are configured."""
    found = []
    for claim in claims_of(figure):
        if all(_configured(path, experiments) for path in claim.needs):
            found += [f"results/{path.format(backend=backend)}" for path in claim.needs]
    return list(dict.fromkeys(found))


def _configured(path: str, experiments: tuple[str, ...]) -> bool:
    """Whether a path belongs to a configured experiment, or to none."""
    parts = path.split("/")
    return len(parts) == 2 or parts[1] in (*experiments, "targets")
