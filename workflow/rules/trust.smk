# How far posteriors are from the reference, of experiments and of other algorithms; and whether
# their targets are what the prior can produce. Nothing here measures.


def reference_samples(wildcards):
    """Samples of the reference posterior of an experiment's problem; refuses another problem."""
    return own_reference(wildcards.experiment, wildcards.backend)


def own_reference(name, backend):
    try:
        folder = study.reference_problem(name)
        own = posing.problem(study, name, backend)
        reference = posing.reference_problem(study, own.parameterization, own.observable, backend)
        expect_same(own.key, reference.key, f"experiments.{name}: reference posterior")
    except StudyError as error:
        # What Snakemake makes of an exception in an input function ends in a traceback.
        raise SystemExit(f"configuration: {error}")
    return f"results/{backend}/reference/{folder}/samples.parquet"


def asked_targets(wildcards):
    """Names of the targets that posteriors of an experiment are asked for."""
    return study.asked_targets(wildcards.experiment)


def asked_tables(wildcards):
    folder = f"{folder_of(wildcards)}/targets"
    return [f"{folder}/{name}.parquet" for name in asked_targets(wildcards)]


def compared_rounds(wildcards):
    """Rounds whose posteriors are compared with the reference."""
    return study.compared_rounds(wildcards.experiment)


COMPARED = study.compared()
COMPARED_LIKE = study.compare_algorithms.experiment


def compared_tables(name):
    """Tables of the same name of all experiments that compare algorithms."""
    return [f"results/{BACKEND}/{experiment}/{name}.parquet" for experiment in COMPARED]


def compared_reference(wildcards):
    return own_reference(COMPARED_LIKE, BACKEND)


def compared_target(wildcards):
    like = EXPERIMENTS[COMPARED_LIKE]
    return f"results/{BACKEND}/{stem(like.model)}/targets/{like.target}.parquet"


def compared_problem(wildcards):
    """Problem that all algorithms are compared on, as plain data."""
    return posing.problem(study, COMPARED_LIKE, BACKEND).plain()


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
        text="results/algorithms.md",
    log:
        "results/logs/compare_algorithms.log",
    benchmark:
        "results/benchmarks/compare_algorithms.tsv"
    params:
        problem=compared_problem,
        seed=study.seed,
        algorithms=[EXPERIMENTS[name].algorithm for name in COMPARED],
        budgets=[sum(EXPERIMENTS[name].rounds) for name in COMPARED],
        searches=[name for name in algorithms.names() if algorithms.facts(name).search],
        code=code("compare_algorithms", "analog_sbi.models.chain"),
    message:
        "Comparing algorithms"
    script:
        "../scripts/compare_algorithms.py"
