# Do regions of the first round's posteriors hold what they say, over the whole prior?


include: "functions/coverage.smk"


rule check_coverage:
    """Coverage, ranks, TARP and a local test of the first round's posteriors."""
    input:
        posterior=first_answering,
        tests=test_table,
    output:
        curves="results/{backend}/{experiment}/coverage.parquet",
        summary="results/{backend}/{experiment}/coverage_summary.parquet",
    log:
        "results/logs/check_coverage/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_coverage/{backend}_{experiment}.tsv"
    params:
        problem=problem,
        seed=study.seed,
        size=ensemble_size,
        settings=study.calibration.model_dump(include={"samples", "levels", "trials"}),
        max_draws=study.inference.max_draws,
        code=answering_code("check_coverage"),
    message:
        "Checking the coverage of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/check_coverage.py"


rule check_amortized:
    """Ask the posterior of the first round for the targets whose parameters are known."""
    input:
        posterior=f"results/{{backend}}/{AMORTIZED}/round_0/posterior.pt",
        targets=collect(
            "results/{{backend}}/{model}/targets/{target}.parquet",
            model=posing.folder_of(study, EXPERIMENTS[AMORTIZED]),
            target=AMORTIZED_TARGETS,
        ),
    output:
        samples="results/{backend}/amortized.parquet",
        recovered="results/{backend}/recovered.parquet",
    log:
        "results/logs/check_amortized/{backend}.log",
    benchmark:
        "results/benchmarks/check_amortized/{backend}.tsv"
    params:
        problem=amortized_problem,
        seed=study.seed,
        samples=study.predictive.samples,
        max_draws=study.inference.max_draws,
        names=AMORTIZED_TARGETS,
        code=code(
            "check_amortized",
            f"analog_sbi.estimators.families.{EXPERIMENTS[AMORTIZED].estimator.family}",
        ),
    message:
        "Asking the first round's posterior for other targets on {wildcards.backend}"
    script:
        "../scripts/check_amortized.py"
