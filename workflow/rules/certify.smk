# The answer to one question: certificate and page of an experiment.


include: "functions/certify.smk"


use rule search_grid as measure_own_tests with:
    input:
        calibration=calibration_table,
        region=region,
    output:
        "results/{backend}/{experiment}/tests.parquet",
    log:
        "results/logs/measure_own_tests/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/measure_own_tests/{backend}_{experiment}.tsv"
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(study.calibration.tests)),
    params:
        purpose=lambda w: [w.experiment, "measure_own_tests"],
        plan=own_tests,
        parameterization=parameterization,
        observables=own_observables,
        problem=problem_key,
    message:
        "Measuring tests of {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"


rule certify:
    """Say what may be concluded from the posterior of an experiment, and show it on a page."""
    input:
        region=region,
        samples="results/{backend}/{experiment}/samples.parquet",
        estimators="results/{backend}/{experiment}/estimators.parquet",
        predictive="results/{backend}/{experiment}/predictive.parquet",
        coverage=coverage_table("coverage"),
        coverage_summary=coverage_table("coverage_summary"),
        misspecification="results/{backend}/{experiment}/misspecification.parquet",
        trials=target_table,
        parameters=every_table("parameters"),
        observations=every_table("observations"),
    output:
        json="results/{backend}/{experiment}/certificate.json",
        words="results/{backend}/{experiment}/certificate.md",
        page=report(
            "results/{backend}/{experiment}/page.html",
            caption="../report/page.rst",
            category="Questions",
            labels={"experiment": "{experiment}", "backend": "{backend}"},
        ),
        picture="results/{backend}/{experiment}/page.png",
    log:
        "results/logs/certify/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/certify/{backend}_{experiment}.tsv"
    params:
        problem=problem,
        facts=lambda w: posing.facts(study, w.experiment, w.backend),
        position=lambda w: posing.known_parameters(study, w.experiment, w.backend),
        code=code("certify"),
    message:
        "Certifying the posterior of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/certify.py"


rule infer:
    """The answer to the question of the experiment that the configuration names."""
    input:
        answer,
    localrule: True
