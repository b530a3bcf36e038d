# Remedies side by side: estimators and repairs at equal budgets. Repairs of an estimator share its
# networks.


include: "functions/remedies.smk"


rule judge_remedy:
    """Coverage, distance to the reference, width and time of networks repaired in one way."""
    input:
        posterior="results/{backend}/{experiment}/round_0/posterior.pt",
        parameters="results/{backend}/{experiment}/round_0/parameters.parquet",
        observations="results/{backend}/{experiment}/round_0/observations.parquet",
        cost="results/{backend}/{experiment}/cost.parquet",
        tests=test_table,
        reference=reference_samples,
    output:
        "results/{backend}/{experiment}/remedies/{repair}.parquet",
    log:
        "results/logs/judge_remedy/{backend}_{experiment}_{repair}.log",
    benchmark:
        "results/benchmarks/judge_remedy/{backend}_{experiment}_{repair}.tsv"
    wildcard_constraints:
        repair="|".join(KNOWN_REMEDIES),
    params:
        problem=problem,
        seed=study.seed,
        asked=study.compare_remedies.tests,
        compared=study.distances.samples,
        samples=study.compare_remedies.samples,
        steps=study.calibration.levels,
        size=ensemble_size,
        max_draws=study.inference.max_draws,
        code=judging_code,
    message:
        "Judging {wildcards.experiment} repaired by {wildcards.repair} on {wildcards.backend}"
    script:
        "../scripts/judge_remedy.py"


rule compare_remedies:
    """Put all remedies in one table."""
    input:
        judged_tables,
    output:
        table=f"results/{BACKEND}/remedies.parquet",
        text=f"{PLACE}/remedies.md",
    log:
        "results/logs/compare_remedies.log",
    benchmark:
        "results/benchmarks/compare_remedies.tsv"
    params:
        compared=REMEDIES,
        code=code("compare_remedies"),
    message:
        "Comparing remedies"
    script:
        "../scripts/compare_remedies.py"
