# Reference posteriors: likelihoods estimated with very many measurements.


include: "functions/reference.smk"


use rule search_grid as survey_reference with:
    input:
        calibration=calibration_table,
    output:
        "results/{backend}/reference/{parameters}_survey.parquet",
    log:
        "results/logs/survey_reference/{backend}_{parameters}.log",
    benchmark:
        "results/benchmarks/survey_reference/{backend}_{parameters}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        purpose=["reference", "{parameters}", "survey"],
        plan={"kind": "draw", "count": study.reference.survey},
        parameterization="{parameters}",
        observables=survey_observables,
    message:
        "Surveying the prior of {wildcards.parameters} parameters on {wildcards.backend}"


rule locate_reference:
    """Find the part of the prior that holds a reference posterior."""
    input:
        survey="results/{backend}/reference/{parameters}_survey.parquet",
        target=reference_target,
    output:
        f"{REFERENCE}/region.parquet",
    log:
        f"results/logs/locate_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/locate_reference/{REFERENCE_LOG}.tsv"
    params:
        problem=reference_problem,
        seed=study.seed,
        settings=reference_settings("survey_degrees", "short_chain", "temper", "located", "margin"),
        code=model_code("locate_reference"),
    message:
        "Locating the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/locate_reference.py"


use rule search_grid as measure_reference with:
    input:
        calibration=calibration_table,
        rows=f"{REFERENCE}/region.parquet",
    output:
        f"{REFERENCE}/emulations.parquet",
    log:
        f"results/logs/measure_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/measure_reference/{REFERENCE_LOG}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        purpose=["reference", "{parameters}", "{observable}", "measure"],
        plan=reference_measurements,
        parameterization="{parameters}",
        observables=["{observable}"],
        precision="single",
        problem=reference_key,
    message:
        "Measuring for the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"


rule sample_reference:
    """Draw samples of a reference posterior."""
    input:
        target=reference_target,
        region=f"{REFERENCE}/region.parquet",
        emulations=f"{REFERENCE}/emulations.parquet",
    output:
        samples=f"{REFERENCE}/samples.parquet",
        sampling=f"{REFERENCE}/sampling.parquet",
    log:
        f"results/logs/sample_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/sample_reference/{REFERENCE_LOG}.tsv"
    params:
        problem=reference_problem,
        seed=study.seed,
        settings=reference_settings("degrees", "cells", "draws", "chain", "samples"),
        code=model_code("sample_reference"),
    message:
        "Sampling the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/sample_reference.py"


rule evaluate_reference:
    """Evaluate a reference posterior density over the plane of two parameters."""
    input:
        target=reference_target,
        region=f"{REFERENCE}/region.parquet",
        emulations=f"{REFERENCE}/emulations.parquet",
    output:
        f"{REFERENCE}/density.parquet",
    log:
        f"results/logs/evaluate_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/evaluate_reference/{REFERENCE_LOG}.tsv"
    params:
        problem=reference_problem,
        settings=reference_settings("degrees", "cells", "draws"),
        steps=study.density.steps,
        code=model_code("evaluate_reference"),
    message:
        "Evaluating the reference density of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/evaluate_reference.py"


use rule search_grid as repeat_reference with:
    input:
        calibration=calibration_table,
        rows=f"{REFERENCE}/samples.parquet",
    output:
        f"{REFERENCE}/repeats.parquet",
    log:
        f"results/logs/repeat_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/repeat_reference/{REFERENCE_LOG}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        purpose=["reference", "{parameters}", "{observable}", "repeat"],
        plan={
            "kind": "rows",
            "points": study.reference.points,
            "repeats": study.reference.repeats,
        },
        parameterization="{parameters}",
        observables=["{observable}"],
        precision="single",
        problem=reference_key,
    message:
        "Repeating measurements at the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"


rule check_reference:
    """Estimate the error of a reference posterior: doubling, coverage, repeats, rejection."""
    input:
        target=reference_target,
        region=f"{REFERENCE}/region.parquet",
        emulations=f"{REFERENCE}/emulations.parquet",
        samples=f"{REFERENCE}/samples.parquet",
        sampling=f"{REFERENCE}/sampling.parquet",
        repeats=f"{REFERENCE}/repeats.parquet",
    output:
        f"{REFERENCE}/error.parquet",
    log:
        f"results/logs/check_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/check_reference/{REFERENCE_LOG}.tsv"
    params:
        problem=reference_problem,
        seed=study.seed,
        settings=reference_settings(
            *("degrees", "cells", "draws", "chain", "short_chain", "compared", "rejected")
        ),
        code=model_code("check_reference"),
    message:
        "Checking the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/check_reference.py"


rule temper_reference:
    """Sample the reference posterior of an experiment whose likelihood is not smooth."""
    input:
        calibration=calibration_table,
        target=target_table,
        networks="results/{backend}/{experiment}/round_0/posterior.pt",
    output:
        samples="results/{backend}/{experiment}/reference/samples.parquet",
        predictive="results/{backend}/{experiment}/reference/predictive.parquet",
        error="results/{backend}/{experiment}/reference/error.parquet",
    log:
        "results/logs/temper_reference/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/temper_reference/{backend}_{experiment}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        problem=problem,
        seed=study.seed,
        particles=study.reference.particles.count,
        runs=study.reference.particles.runs,
        effort=study.reference.particles.model_dump(include={"repeats", "moves", "last", "blur"}),
        max_draws=study.inference.max_draws,
        points=study.reference.points,
        repeats=study.reference.repeats,
        code=backend_code("temper_reference"),
    message:
        "Sampling the reference posterior of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/temper_reference.py"
