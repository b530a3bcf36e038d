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
    container:
        chip_container
    threads: measuring_threads
    resources:
        chip=chip_of,
        chip_time=chip_time(predictive_size),
    params:
        settings=backend_settings,
        seed=config["seed"],
        parameters=lookup("experiments/{experiment}/parameters", within=config),
        code=backend_code("check_predictive"),
    message:
        "Predictive check of {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/check_predictive.py"


rule check_claims:
    """Decide the claims of one figure or other module from the artifacts it is made of."""
    input:
        claim_inputs,
    output:
        "results/claims/{module}.parquet",
    log:
        "results/logs/check_claims/{module}.log",
    benchmark:
        "results/benchmarks/check_claims/{module}.tsv"
    params:
        settings=claim_settings,
        code=claim_code,
    message:
        "Checking the claims of {wildcards.module}"
    script:
        "../scripts/check_claims.py"


rule collect_claims:
    """Collect the claims of all figures in one table, as parquet and as text."""
    input:
        collect("results/claims/{module}.parquet", module=register.FIGURES),
    output:
        table="results/claims.parquet",
        text="results/claims.md",
        page=report(
            "results/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
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


rule check_amortized:
    """Ask the posterior of the first round for random targets and the centre."""
    input:
        posterior=f"results/{{backend}}/{config['amortized']['experiment']}/round_0/posterior.pt",
        targets=amortized_tables,
    output:
        samples="results/{backend}/amortized.parquet",
        recovered="results/{backend}/recovered.parquet",
    log:
        "results/logs/check_amortized/{backend}.log",
    benchmark:
        "results/benchmarks/check_amortized/{backend}.tsv"
    params:
        seed=config["seed"],
        samples=config["predictive"]["samples"],
        max_draws=config["inference"]["max_draws"],
        names=study.amortized_targets(),
        code=code("check_amortized"),
    message:
        "Asking the first round's posterior for other targets on {wildcards.backend}"
    script:
        "../scripts/check_amortized.py"
