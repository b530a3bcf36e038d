# Other algorithms: each runs in one job, emulating as it goes; and their comparison.


rule run_algorithm:
    """Run the algorithm of an experiment for all seeds, with as many emulations as it may use."""
    input:
        calibration="results/{backend}/calibration.parquet",
        target=target_table,
        tests=algorithm_tests,
    output:
        samples="results/{backend}/{experiment}/samples.parquet",
        emulations="results/{backend}/{experiment}/emulations.parquet",
        cost="results/{backend}/{experiment}/cost.parquet",
        positions="results/{backend}/{experiment}/positions.parquet",
    log:
        "results/logs/run_algorithm/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/run_algorithm/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment="|".join(IN_ONE_JOB),
    resources:
        chip=chip_of,
        chip_time=chip_time(algorithm_size),
    params:
        settings=backend_settings,
        seed=config["seed"],
        experiment=lookup("experiments/{experiment}", within=config),
        training=algorithm_training,
        samples=config["predictive"]["samples"],
        asked=config["compare_algorithms"]["tests"],
        code=algorithm_code,
    message:
        "Running {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/run_algorithm.py"


rule compare_algorithms:
    """Distance to the reference, coverage, E and time of every algorithm at every budget."""
    input:
        reference=partial(compared_problem, "reference/{problem}/samples"),
        target=partial(compared_problem, "targets/{target}"),
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
        settings=partial(plane_settings, BACKEND),
        seed=config["seed"],
        experiments=COMPARED,
        code=code("compare_algorithms"),
    message:
        "Comparing algorithms"
    script:
        "../scripts/compare_algorithms.py"


rule plot_algorithms:
    """Distance to the reference, E and time over the budget."""
    input:
        table=f"results/{BACKEND}/comparison.parquet",
    output:
        svg=report(
            "results/figures/algorithms.svg",
            caption="../report/algorithms.rst",
            category="Algorithms",
            labels={"figure": "algorithms"},
        ),
        png="results/figures/algorithms.png",
    log:
        "results/logs/plot_algorithms.log",
    benchmark:
        "results/benchmarks/plot_algorithms.tsv"
    params:
        code=code("plot_algorithms"),
    message:
        "Drawing the comparison of algorithms"
    script:
        "../scripts/plot_algorithms.py"
