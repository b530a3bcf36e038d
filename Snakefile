"""Simulation-based inference of a multi-compartment neuron on BrainScaleS-2."""

from snakemake.utils import min_version

min_version("9.20")


configfile: f"{workflow.basedir}/config/config.yaml"


# Only used with --sdm apptainer; envs/requirements.lock is the environment of the study.
container: "docker://python:3.11-slim"


include: "workflow/rules/common.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/infer.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/figures.smk"


onsuccess:
    show_claims()
