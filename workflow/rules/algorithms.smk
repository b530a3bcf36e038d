# Algorithms side by side: they run as other experiments do, and are compared.


include: "functions/algorithms.smk"


rule rank_tests:
    """Put tests to amortized algorithms: where do their parameters lie among posterior samples?"""
    input:
        posterior="results/{backend}/{experiment}/round_0/posterior.pt",
        tests=algorithm_tests,
    output:
        "results/{backend}/{experiment}/positions.parquet",
    log:
        "results/logs/rank_tests/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/rank_tests/{backend}_{experiment}.tsv"
    params:
        seed=study.seed,
        asked=asked_tests,
        problem=problem_key,
        code=inference_code("rank_tests"),
    message:
        "Putting tests to {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/rank_tests.py"
