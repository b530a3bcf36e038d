"""Simulation-based inference of a multi-compartment neuron on BrainScaleS-2."""

from snakemake.utils import min_version

min_version("9.20")


configfile: f"{workflow.basedir}/config/config.yaml"


# Only used with --sdm apptainer; envs/requirements.lock is the environment of the study.
container: "docker://python:3.11-slim"


localrules:
    all,
    benchmark,
    claims,
    figure3,


rule all:
    """Every figure and the claims."""
    input:
        "results/figures/figure3.svg",
        "results/figures/figure3.png",
        "results/claims.md",


rule claims:
    """The table of claims: the numbers of the paper against those of this run."""
    input:
        "results/claims.md",


rule benchmark:
    """Speed of the parts of the study as ratios, measured on this machine."""
    input:
        "results/benchmark.md",
        "results/figures/growth.svg",


rule figure3:
    """Figure 3 and the claims that belong to it."""
    input:
        "results/figures/figure3.svg",
        "results/figures/figure3.png",
        "results/claims/figure3.parquet",


include: "workflow/rules/common.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/benchmark.smk"


onsuccess:
    show_claims()
