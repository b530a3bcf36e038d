"""The claims: what the paper says, the criterion, and the artifacts each is decided from.

A claim is one entry here and one function of the same name, dashes as underscores, in the
module that it names (``checks/figure3.py``). The function takes ``Artifacts`` and returns a
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

    ``module`` of ``analog_sbi.checks`` decides it; ``needs`` are artifacts below the results folder,
    with ``{backend}`` for the backend of the study.
    """

    id: str
    figure: str
    paper: str
    criterion: str
    module: str
    needs: tuple[str, ...]
    source: str = PAPER


def of_experiment(name: str, *kinds: str) -> tuple[str, ...]:
    """Artifacts of an experiment, such as samples and predictive."""
    return tuple(f"{{backend}}/{name}/{kind}.parquet" for kind in kinds)


TAU_SAMPLES = of_experiment("tau_2d", "samples")
TAU_PREDICTIVE = of_experiment("tau_2d", "predictive")
FIRST_SAMPLES = of_experiment("first_2d", "samples")
ROUNDS = of_experiment("rounds_2d", "predictive", "estimators")
TRACES = "{backend}/traces.parquet"
RECOVERED = "{backend}/recovered.parquet"

TRANSFORMS = (1, 2, 3, 5)
WIDTHS = (10, 20, 30, 40, 50)
SIZES = tuple(f"size_2d_{t}x{h}" for t in TRANSFORMS for h in WIDTHS)
REVERSED = ("reverse_2d_2x30", "reverse_2d_3x20")
SIZE_CHECKS = tuple(p for name in SIZES for p in of_experiment(name, "predictive", "estimators"))
REVERSE_CHECKS = tuple(
    p for name in REVERSED for p in of_experiment(name, "predictive", "estimators")
)
ARBOR = tuple(
    f"arbor/{name}"
    for name in ("grid.parquet", "tau_2d/samples.parquet", "first_2d/samples.parquet")
)
SPECIFIED = ("tau_2d", "first_2d", "first_7d", "all_7d")
MISSPECIFICATION = tuple(p for name in SPECIFIED for p in of_experiment(name, "misspecification"))
COVERAGE_2D = of_experiment("first_2d", "calibration")
COVERAGE_7D = tuple(
    p for name in ("first_7d", "all_7d") for p in of_experiment(name, "calibration")
)

CLAIMS = (
    Claim(
        "psp-attenuates",
        "2",
        "PSP heights in compartment 0 fall as the input moves away",
        "h00 > h01 > h02 > h03 at theta* (means of the target trials)",
        "figure2",
        (CENTRE,),
    ),
    Claim(
        "psp-broadens",
        "2",
        "the same PSPs broaden",
        "full width at half maximum in compartment 0 grows with the input's distance",
        "figure2",
        (TRACES,),
    ),
    Claim(
        "psp-end-effect",
        "2",
        "finite chain: h10 > h12",
        "mean h10 > mean h12, by more than 2 standard errors",
        "figure2",
        (CENTRE,),
    ),
    Claim(
        "grid-range",
        "3A",
        "tau spans 0.16 to 4.08 over the 40x40 grid",
        "min in [0.1, 0.3], max in [3.3, 5.0]",
        "figure3",
        (GRID,),
    ),
    Claim(
        "grid-monotone",
        "3A",
        "tau rises with axial and falls with leak conductance",
        "median rank correlation of tau with g_axial > 0.8 at fixed leak, "
        "with g_leak < -0.6 at fixed axial (above the 25th percentile of g_axial)",
        "figure3",
        (GRID,),
    ),
    Claim(
        "grid-contours",
        "3A",
        "lines of equal tau tie leak and axial together",
        "along the contour of tau*, r(g_leak, g_axial) > 0.8",
        "figure3",
        (GRID, CENTRE),
    ),
    Claim(
        "membrane-range",
        "4.1",
        "the membrane time constant spans 12 to 30 us over the leak codes",
        "each end within 15 % (mean over compartments)",
        "figure3",
        (CHARACTERIZATION,),
    ),
    Claim(
        "synapse-calibrated",
        "4.1",
        "synaptic time constant calibrated to 10 us",
        "mean over compartments within 5 %, sd over compartments at least 3 times smaller than "
        "before calibration",
        "figure3",
        (CALIBRATION,),
    ),
    Claim(
        "target-tau",
        "2.1.2",
        "tau* = 1.17 +- 0.04 over 100 trials at theta*",
        "mean in [1.05, 1.29], sd in [0.02, 0.06]",
        "figure3",
        (CENTRE,),
    ),
    Claim(
        "tau-correlation",
        "3C/D",
        "posterior given tau*: r(leak, axial) = 0.93",
        "r in [0.85, 0.98]",
        "figure3",
        TAU_SAMPLES,
    ),
    Claim(
        "tau-contour",
        "3C",
        "high density along the contour of tau*",
        "at least 80 % of posterior samples have a grid tau within 3 sd of tau*",
        "figure3",
        (GRID, CENTRE, *TAU_SAMPLES),
    ),
    Claim(
        "tau-spread",
        "3C",
        "probability falls towards larger leak",
        "mass with g_leak in the upper quarter of the range below the mass in the second quarter",
        "figure3",
        TAU_SAMPLES,
    ),
    Claim(
        "tau-ppc",
        "2.1.2",
        "predictive check: tau = 1.20 +- 0.09 against 1.17 +- 0.04",
        "predictive mean within one predictive sd of tau*, predictive sd below 0.15",
        "figure3",
        (CENTRE, *TAU_PREDICTIVE),
    ),
    Claim(
        "first-correlation",
        "3D",
        "posterior given F*: r falls to 0.06",
        "absolute r below 0.35 and at least 0.5 below the r given tau*",
        "figure3",
        (*TAU_SAMPLES, *FIRST_SAMPLES),
    ),
    Claim(
        "first-recovers",
        "3D",
        "samples scatter around theta*, bell-shaped marginals",
        "theta* inside the central 90 % interval of both marginals, each marginal's sd below a "
        "quarter of the prior's",
        "figure3",
        (CENTRE, *FIRST_SAMPLES),
    ),
    Claim(
        "few-rounds-suffice",
        "4.3",
        "tau*: three rounds of 50 with one transform of two blocks of ten units suffice",
        "at least 8 of 10 seeds hold tau-ppc",
        "figure3",
        (CENTRE, *TAU_PREDICTIVE),
    ),
    Claim(
        "scaled-exponentials",
        "5",
        "an exponential describes the heights' decay",
        "at the marked points, residuals of the fit below 10 % of h00",
        "figure5",
        (TRACES,),
    ),
    Claim(
        "seven-first-marginals",
        "4A",
        "given F*: leak 0 and all axial marginals peak at the target, leak 1 to 3 stay almost "
        "uniform, axial ones broaden along the chain",
        "sd(leak 0) < 0.8 sd(prior); sd(leak 1..3) > 0.8 sd(prior); sd(axial) increasing along the "
        "chain and each < 0.8 sd(prior)",
        "figure4",
        of_experiment("first_7d", "samples"),
    ),
    Claim(
        "seven-first-ppc",
        "4B",
        "given F*: first row and column within 1 to 2 sigma*, all means within 2 sigma*, the rest "
        "much wider",
        "all means within 2 sigma*; sd of first row and column below 3 sigma*; median sd of the other "
        "heights above that of the first column",
        "figure4",
        (CENTRE, *of_experiment("first_7d", "predictive")),
    ),
    Claim(
        "seven-all-marginals",
        "4A",
        "given H*: every marginal peaks at the target, axial narrower than leak, end leaks alike and "
        "narrower than the inner ones",
        "every sd < 0.6 sd(prior); mean sd(axial) < mean sd(leak); max sd of leak 0 and 3 < min sd of "
        "leak 1 and 2",
        "figure4",
        of_experiment("all_7d", "samples"),
    ),
    Claim(
        "seven-all-ppc",
        "4B",
        "given H*: every sd within 1 to 2 sigma*",
        "all means within 1 sigma*, all sds below 2.5 sigma*",
        "figure4",
        (CENTRE, *of_experiment("all_7d", "predictive")),
    ),
    Claim(
        "seven-sharpening",
        "4B",
        "more than halved spread for the heights that leave compartment 0 out, from F* to H*",
        "median ratio of sds below 0.5",
        "figure4",
        (*of_experiment("first_7d", "predictive"), *of_experiment("all_7d", "predictive")),
    ),
    Claim(
        "rounds-recover",
        "6A",
        "10 seeds, 10 rounds of 50: some first rounds are poor, all recover",
        "at the last round every seed's mean distance E is below twice the smallest E reached",
        "figure6",
        (CENTRE, *ROUNDS),
    ),
    Claim(
        "one-transform-fails",
        "7",
        "one transform does not recover the posterior given F*, two or more do",
        "the median E over seeds with 1 transform exceeds 1.5 times that with 5; with >= 2 transforms "
        "and >= 30 units the median E is within 1.3 times the best",
        "figure7",
        (CENTRE, *SIZE_CHECKS),
    ),
    Claim(
        "size-is-no-guide",
        "7",
        "one transform with 3764 parameters fails, 5 transforms of 10 units with 1720 succeed",
        "5x10 has exactly 1720 parameters; 3764 is what 1x40 has (the text says 50 units, which give "
        "5704: a slip in the paper); median E of 1x40 and of 1x50 above 1.5 times that of 5x10",
        "figure7",
        (CENTRE, *SIZE_CHECKS),
    ),
    Claim(
        "amortized",
        "8",
        "the first-round posterior finds six different theta*, edges included",
        "for each, theta* lies in the 95 % highest-density region of the first-round posterior, and "
        "the median sample distance to theta* is below that of the prior by a factor of 3",
        "figure8",
        (RECOVERED,),
    ),
    Claim(
        "arbor-topology",
        "9A",
        "Arbor: same topology, tau slightly higher",
        "Spearman correlation of the two tau grids (on normalised axes) > 0.9 and the median ratio "
        "Arbor/BSS-2 in (1.0, 2.0)",
        "figure9",
        (GRID, ARBOR[0]),
    ),
    Claim(
        "arbor-narrower",
        "9C/D",
        "Arbor: same shapes, narrower posteriors",
        "the area of the 95 % highest-density region (on normalised axes) smaller on Arbor for both "
        "observables; r given tau* > 0.85",
        "figure9",
        (*TAU_SAMPLES, *FIRST_SAMPLES, *ARBOR[1:]),
    ),
    Claim(
        "own-blind-share",
        "7",
        "the share of seeds whose network is blind in one direction falls as 0.5^(t-1)",
        "for t in 1, 2, 3, 5 the observed share over all seeds and widths is within the 99 % binomial "
        "interval",
        "figure7",
        (CENTRE, *SIZE_CHECKS),
        OWN,
    ),
    Claim(
        "own-blind-explains",
        "7",
        "blindness, not depth or size, decides who recovers",
        "of the size_2d runs, at least 95 % of the blind ones end with E above 1.5 times the best "
        "median and at least 80 % of the others below it",
        "figure7",
        (CENTRE, *SIZE_CHECKS),
        OWN,
    ),
    Claim(
        "own-reverse-repairs",
        "7",
        "reversing the permutations repairs the shallow networks",
        "2x30 and 3x20 with `permutations: reverse`: all 10 seeds recover",
        "figure7",
        (CENTRE, *SIZE_CHECKS, *REVERSE_CHECKS),
        OWN,
    ),
    Claim(
        "own-c2st-first",
        "trust",
        "the ensembles' posterior given F* is the reference posterior",
        "C2ST of every first_2d ensemble to the reference after the last round at most 0.60",
        "trust",
        of_experiment("first_2d", "distances"),
        OWN,
    ),
    Claim(
        "own-c2st-tau",
        "trust",
        "the ensembles' posterior given tau* is the reference posterior",
        "C2ST of every tau_2d ensemble to the reference after the last round at most 0.60",
        "trust",
        of_experiment("tau_2d", "distances"),
        OWN,
    ),
    Claim(
        "own-specified",
        "trust",
        "the targets are observations that the prior can produce",
        "p at least 0.05 for the centre in both tests, for tau, F and H of 2 and 7 parameters",
        "trust",
        MISSPECIFICATION,
        OWN,
    ),
    Claim(
        "own-coverage-2d",
        "coverage",
        "given F, the ensembles after the first round are calibrated or conservative in 2 dimensions",
        "at every level of the grid, the share of tests inside the highest-density region of each "
        "first_2d ensemble is within the simultaneous 95 % band of an exact posterior or above it",
        "coverage",
        COVERAGE_2D,
        OWN,
    ),
    Claim(
        "own-coverage-7d",
        "coverage",
        "given F and given H, the ensembles after the first round are calibrated or conservative in 7 "
        "dimensions",
        "the same for each first_7d ensemble and each all_7d ensemble",
        "coverage",
        COVERAGE_7D,
        OWN,
    ),
)

MODULES = tuple(sorted({claim.module for claim in CLAIMS}))
FIGURES = tuple(name for name in MODULES if name.startswith("figure"))
"""Modules whose claims every run of the study decides; the others have targets of their own."""


def claims_of(module: str) -> tuple[Claim, ...]:
    """Claims that a module decides."""
    return tuple(claim for claim in CLAIMS if claim.module == module)


def inputs(module: str, backend: str, experiments: tuple[str, ...]) -> list[str]:
    """Paths of what the claims of a module need, of experiments that are configured."""
    found = []
    for claim in claims_of(module):
        if all(_configured(path, experiments) for path in claim.needs):
            found += [f"results/{path.format(backend=backend)}" for path in claim.needs]
    return list(dict.fromkeys(found))


def _configured(path: str, experiments: tuple[str, ...]) -> bool:
    """Whether a path belongs to a configured experiment, or to none."""
    parts = path.split("/")
    return len(parts) == 2 or parts[1] in (*experiments, "targets")


def of_sizes(experiments: tuple[str, ...]) -> list[str]:
    """Configured experiments that vary size and permutations of the estimator."""
    return [name for name in (*SIZES, *REVERSED) if name in experiments]
