# How far posteriors are from the reference, of experiments and of other algorithms; and whether
# their targets are what the prior can produce. Nothing here measures.


include: "functions/trust.smk"


rule measure_distances:
    """Measure how far every seed and ensemble of an experiment is from the reference."""
    input:
        reference=reference_samples,
        target=target_table,
        seed="results/{backend}/{experiment}/every_round/samples.parquet",
        seed_predictive="results/{backend}/{experiment}/every_round/predictive.parquet",
        estimators="results/{backend}/{experiment}/every_round/estimators.parquet",
        ensemble="results/{backend}/{experiment}/ensemble/samples.parquet",
        ensemble_predictive="results/{backend}/{experiment}/ensemble/predictive.parquet",
    output:
        "results/{backend}/{experiment}/distances.parquet",
    log:
        "results/logs/measure_distances/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/measure_distances/{backend}_{experiment}.tsv"
    params:
        problem=problem,
        seed=study.seed,
        samples=study.distances.samples,
        rounds=compared_rounds,
        size=study.ensemble.size,
        code=model_code("measure_distances"),
    message:
        "Measuring distances to the reference of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/measure_distances.py"


rule check_misspecification:
    """Test whether the targets of an experiment are what the prior can produce."""
    input:
        observations="results/{backend}/{experiment}/round_0/observations.parquet",
        targets=asked_tables,
    output:
        "results/{backend}/{experiment}/misspecification.parquet",
    log:
        "results/logs/check_misspecification/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_misspecification/{backend}_{experiment}.tsv"
    params:
        problem=problem,
        seed=study.seed,
        compared=study.misspecification.compared,
        alpha=study.misspecification.alpha,
        names=asked_targets,
        code=model_code("check_misspecification"),
    message:
        "Testing the targets of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/check_misspecification.py"


rule compare_algorithms:
    """Distance to the reference, coverage, E and time of every algorithm at every budget."""
    input:
        reference=compared_reference,
        target=compared_target,
        samples=compared_tables("samples"),
        predictive=compared_tables("predictive"),
        cost=compared_tables("cost"),
        positions=compared_tables("positions"),
    output:
        table=f"results/{BACKEND}/comparison.parquet",
        text=f"{PLACE}/algorithms.md",
    log:
        "results/logs/compare_algorithms.log",
    benchmark:
        "results/benchmarks/compare_algorithms.tsv"
    params:
        problem=compared_problem,
        seed=study.seed,
        algorithms=[EXPERIMENTS[name].algorithm for name in COMPARED],
        budgets=[sum(EXPERIMENTS[name].rounds) for name in COMPARED],
        searches=[
            name for name in study.compare_algorithms.algorithms if algorithms.facts(name).search
        ],
        titles=study.compare_algorithms.titles,
        code=code("compare_algorithms", "analog_sbi.models.chain"),
    message:
        "Comparing algorithms"
    script:
        "../scripts/compare_algorithms.py"
