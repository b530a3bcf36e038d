# Restricted priors: measurements over the whole prior, and the region in which they are valid.


include: "functions/restrict.smk"


use rule search_grid as measure_validity with:
    input:
        calibration=calibration_table,
    output:
        "results/{backend}/{experiment}/validity.parquet",
    log:
        "results/logs/measure_validity/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/measure_validity/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment=RESTRICTED,
    priority: 2
    resources:
        chip=chip_of,
        chip_time=chip_time(lambda w: EXPERIMENTS[w.experiment].restriction.measurements),
    params:
        purpose=lambda w: [w.experiment, "measure_validity"],
        plan=validity_plan,
        parameterization=parameterization,
        observables=own_observables,
        problem=problem_key,
    message:
        "Measuring which runs of {wildcards.experiment} are valid on {wildcards.backend}{resources.chip_time}"


rule restrict_prior:
    """Train a classifier of valid runs, and restrict the prior to where it expects them."""
    input:
        "results/{backend}/{experiment}/validity.parquet",
    output:
        region="results/{backend}/{experiment}/region.pt",
        table="results/{backend}/{experiment}/restriction.parquet",
    log:
        "results/logs/restrict_prior/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/restrict_prior/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment=RESTRICTED,
    priority: 2
    params:
        problem=problem,
        code=model_code("restrict_prior"),
    message:
        "Restricting the prior of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/restrict_prior.py"
