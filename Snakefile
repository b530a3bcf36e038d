"""Simulation-based inference of a multi-compartment neuron on BrainScaleS-2."""

from snakemake.utils import min_version

min_version("9.20")


configfile: f"{workflow.basedir}/config/config.yaml"


report: "workflow/report/workflow.rst"


localrules:
    algorithms,
    all,
    benchmark,
    claims,
    figure2,
    figure3,
    figure4,
    figure5,
    figure6,
    figure7,
    figure8,
    figure9,
    reference,
    trust,


rule all:
    """Every figure, the claims and the report."""
    input:
        collect("results/figures/figure{figure}.{kind}", figure=range(2, 10), kind=["svg", "png"]),
        "results/claims.md",
        "results/report.html",


rule claims:
    """The table of claims: the numbers of the paper against those of this run."""
    input:
        "results/claims.md",


rule benchmark:
    """Speed of the parts of the study as ratios, measured on this machine."""
    input:
        "results/benchmark.md",
        "results/figures/growth.svg",


rule figure2:
    """PSPs in every compartment for inputs to every compartment."""
    input:
        "results/figures/figure2.svg",
        "results/figures/figure2.png",
        "results/claims/figure2.parquet",


rule figure3:
    """Grid, traces and posteriors in two dimensions."""
    input:
        "results/figures/figure3.svg",
        "results/figures/figure3.png",
        "results/claims/figure3.parquet",


rule figure4:
    """Posteriors in seven dimensions."""
    input:
        "results/figures/figure4.svg",
        "results/figures/figure4.png",
        "results/claims/figure4.parquet",


rule figure5:
    """Exponential fits to the heights."""
    input:
        "results/figures/figure5.svg",
        "results/figures/figure5.png",
        "results/claims/figure5.parquet",


rule figure6:
    """Recovery over rounds of fifty emulations."""
    input:
        "results/figures/figure6.svg",
        "results/figures/figure6.png",
        "results/claims/figure6.parquet",


rule figure7:
    """Size of the estimator, and blind networks."""
    input:
        "results/figures/figure7.svg",
        "results/figures/figure7.png",
        "results/claims/figure7.parquet",


rule figure8:
    """Amortized inference for six targets."""
    input:
        "results/figures/figure8.svg",
        "results/figures/figure8.png",
        "results/claims/figure8.parquet",


rule figure9:
    """Figure 3 simulated in Arbor."""
    input:
        "results/figures/figure9.svg",
        "results/figures/figure9.png",


include: "workflow/rules/common.smk"


# Jobs run in the environment of Snakemake itself (envs/requirements.lock). Only those that touch
# the chip may have a container of their own, with --sdm apptainer.
container: no_container


include: "workflow/rules/measure.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/trust.smk"
include: "workflow/rules/calibration.smk"
include: "workflow/rules/algorithms.smk"
include: "workflow/rules/benchmark.smk"


rule reference:
    """Reference posteriors, what is known about their error, and SNPE's beside them."""
    input:
        "results/figures/reference.svg",
        "results/figures/reference.png",
        reference_errors,


rule trust:
    """Distances to the reference posterior, ensembles, calibration, and their claims."""
    input:
        collect(
            "results/figures/{figure}.{kind}",
            figure=["distances", "coverage", "pairs", "correlation", "predictive"],
            kind=["svg", "png"],
        ),
        collect(
            "results/{backend}/{experiment}/distances.parquet",
            backend=BACKEND,
            experiment=["first_7d", "all_7d"],
        ),
        "results/claims/trust.parquet",
        "results/claims/coverage.parquet",
        rules.reference.input,


rule algorithms:
    """Algorithms at equal budgets: table and figure."""
    input:
        "results/algorithms.md",
        "results/figures/algorithms.svg",
        "results/figures/algorithms.png",


onsuccess:
    show_claims()
