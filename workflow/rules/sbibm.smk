# An outside yardstick: SNPE on the tasks of sbibm, never part of the study's results.


include: "functions/sbibm.smk"


rule run_sbibm:
    """Infer the parameters of a task of sbibm given its observations, and measure how well."""
    output:
        "results/sbibm/{task}_{budget}.parquet",
    log:
        "results/logs/run_sbibm/{task}_{budget}.log",
    benchmark:
        "results/benchmarks/run_sbibm/{task}_{budget}.tsv"
    wildcard_constraints:
        task="|".join(study.sbibm.tasks),
        budget=r"\d+",
    params:
        seed=study.seed,
        settings=sbibm_settings,
        inference=sbibm_training,
        code=sbibm_code,
    message:
        "Inferring {wildcards.task} of sbibm with {wildcards.budget} simulations"
    script:
        "../scripts/run_sbibm.py"


rule compare_sbibm:
    """Put SNPE on the tasks of sbibm beside its published numbers."""
    input:
        sbibm_scores,
    output:
        scores="results/sbibm.parquet",
        summary="results/sbibm_summary.parquet",
        text="results/sbibm.md",
    log:
        "results/logs/compare_sbibm.log",
    benchmark:
        "results/benchmarks/compare_sbibm.tsv"
    params:
        code=code("compare_sbibm"),
    message:
        "Comparing with sbibm"
    script:
        "../scripts/compare_sbibm.py"
