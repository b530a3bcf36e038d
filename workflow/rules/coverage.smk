# Are the posteriors of the first round calibrated over the whole prior?


rule measure_tests:
    """Emulate parameters drawn from the prior that no posterior was trained on."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/tests/{parameters}.parquet",
    log:
        "results/logs/measure_tests/{backend}_{parameters}.log",
    benchmark:
        "results/benchmarks/measure_tests/{backend}_{parameters}.tsv"
    container:
        chip_container
    threads: measuring_threads
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(config["calibration"]["tests"])),
    params:
        settings=backend_settings,
        seed=config["seed"],
        tests=config["calibration"]["tests"],
        code=backend_code("measure_tests"),
    message:
        "Measuring tests with {wildcards.parameters} parameters "
        "on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/measure_tests.py"


rule check_calibration:
    """Coverage, ranks, TARP and a local test of the first round's posteriors."""
    input:
        posterior="results/{backend}/{experiment}/round_0/posterior.pt",
        tests=test_table,
    output:
        curves="results/{backend}/{experiment}/calibration.parquet",
        summary="results/{backend}/{experiment}/calibration_summary.parquet",
    log:
        "results/logs/check_calibration/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_calibration/{backend}_{experiment}.tsv"
    params:
        seed=config["seed"],
        size=config["ensemble"]["size"],
        settings=calibration_settings,
        max_draws=config["inference"]["max_draws"],
        code=code("check_calibration"),
    message:
        "Checking the calibration of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/check_calibration.py"


rule plot_coverage:
    """Expected coverage, ranks and TARP in two and seven dimensions."""
    input:
        first_2d=f"results/{BACKEND}/first_2d/calibration.parquet",
        first_7d=f"results/{BACKEND}/first_7d/calibration.parquet",
        all_7d=f"results/{BACKEND}/all_7d/calibration.parquet",
        summary_first_2d=f"results/{BACKEND}/first_2d/calibration_summary.parquet",
        summary_first_7d=f"results/{BACKEND}/first_7d/calibration_summary.parquet",
        summary_all_7d=f"results/{BACKEND}/all_7d/calibration_summary.parquet",
    output:
        svg=report(
            "results/figures/coverage.svg",
            caption="../report/coverage.rst",
            category="Trust",
            labels={"figure": "coverage"},
        ),
        png="results/figures/coverage.png",
    log:
        "results/logs/plot_coverage.log",
    benchmark:
        "results/benchmarks/plot_coverage.tsv"
    params:
        settings=config["calibration"],
        backend=BACKEND,
        size=config["ensemble"]["size"],
        code=code("plot_coverage"),
    message:
        "Drawing the coverage of posteriors"
    script:
        "../scripts/plot_coverage.py"
