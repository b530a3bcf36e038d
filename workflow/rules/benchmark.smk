# Speed, measured on the machine at hand; never part of the study's results.


include: "functions/benchmark.smk"


rule run_benchmark:
    """Time the parts of the study against the obvious ways of doing the same."""
    output:
        table="results/benchmark.parquet",
        text="results/benchmark.md",
        growth="results/growth.parquet",
    log:
        "results/logs/run_benchmark.log",
    benchmark:
        "results/benchmarks/run_benchmark.tsv"
    threads: 64
    params:
        problem=timed_problem,
        simulator=posing.setup(study, "arbor", "chain").plain(),
        settings=study.benchmark.model_dump(mode="json"),
        snakefile=str(beside("../Snakefile")),
        code=code(
            "run_benchmark",
            "analog_sbi.backends.bss2_sim",
            "analog_sbi.backends.arbor",
            "analog_sbi.estimators.families.maf",
            "analog_sbi.estimators.families.zuko_nsf",
            "analog_sbi.models.chain",
        ),
    message:
        "Running the benchmark"
    script:
        "../scripts/run_benchmark.py"
