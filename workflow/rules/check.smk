# Checks of posteriors and of the paper's claims.


rule check_predictive:
    """Emulate posterior samples: the posterior-predictive check."""
    input:
        calibration="results/{backend}/calibration.parquet",
        samples="results/{backend}/{experiment}/samples.parquet",
    output:
        "results/{backend}/{experiment}/predictive.parquet",
    log:
        "results/logs/check_predictive/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_predictive/{backend}_{experiment}.tsv"
    resources:
        chip=chip_of,
    params:
        settings=backend_settings,
        seed=config["seed"],
        parameters=lookup("experiments/{experiment}/parameters", within=config),
        code=backend_code("check_predictive"),
    message:
        "Predictive check of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/check_predictive.py"


rule check_claims:
    """Decide the claims that belong to one figure from the artifacts it is made of."""
    input:
        claim_inputs,
    output:
        "results/claims/figure{figure}.parquet",
    log:
        "results/logs/check_claims/figure{figure}.log",
    benchmark:
        "results/benchmarks/check_claims/figure{figure}.tsv"
    params:
        settings=claim_settings,
        code=claim_code,
    message:
        "Checking the claims of figure {wildcards.figure}"
    script:
        "../scripts/check_claims.py"


rule collect_claims:
    """Collect the claims of all figures in one table, as parquet and as text."""
    input:
        collect("results/claims/figure{figure}.parquet", figure=register.FIGURES),
    output:
        table="results/claims.parquet",
        text="results/claims.md",
    log:
        "results/logs/collect_claims.log",
    benchmark:
        "results/benchmarks/collect_claims.tsv"
    params:
        code=code("collect_claims"),
    message:
        "Collecting the claims"
    script:
        "../scripts/collect_claims.py"
