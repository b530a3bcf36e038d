# Targets that another backend measured: inferred here, and predicted there as well.


use rule read_target as transfer_target with:
    input:
        lambda w: f"results/{source_of(w)}/{w.model}/targets/{w.target}.parquet",
    output:
        "results/{backend}/{model}/targets/{target}.parquet",
    log:
        "results/logs/transfer_target/{backend}_{model}_{target}.log",
    benchmark:
        "results/benchmarks/transfer_target/{backend}_{model}_{target}.tsv"
    wildcard_constraints:
        target=target_places(transferred=True),
    message:
        "Transferring target {wildcards.target} to {wildcards.backend}"


rule translate_samples:
    """Find parameters of the target's backend with the time constants of posterior samples."""
    input:
        samples="results/{backend}/{experiment}/samples.parquet",
        here="results/{backend}/chain/characterization.parquet",
        there=of_source("characterization"),
    output:
        samples="results/{backend}/{experiment}/transferred/samples.parquet",
        expected="results/{backend}/{experiment}/transferred/expected.parquet",
    log:
        "results/logs/translate_samples/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/translate_samples/{backend}_{experiment}.tsv"
    params:
        problem=problem,
        inputs=inputs_of_both,
        shown=study.predictive.shown,
        source_parameterization=source_parameterization,
        code=model_code("translate_samples"),
    message:
        "Translating samples of {wildcards.experiment} from {wildcards.backend}"
    script:
        "../scripts/translate_samples.py"


use rule check_predictive as check_transferred with:
    input:
        calibration=of_source("calibration"),
        rows="results/{backend}/{experiment}/transferred/samples.parquet",
    output:
        "results/{backend}/{experiment}/transferred/predictive.parquet",
    log:
        "results/logs/check_transferred/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_transferred/{backend}_{experiment}.tsv"
    container:
        no_container
    threads: at_source(measuring_threads)
    resources:
        chip=at_source(chip_of),
        chip_time=at_source(chip_time(constant(study.predictive.shown))),
    params:
        setup=at_source(setup),
        purpose=lambda w: [w.experiment, "check_transferred"],
        parameterization="individual",
        observables=at_source(lambda w: posing.tabulated(setup_of(w))),
        code=at_source(backend_code("measure")),
    message:
        "Predictive check of {wildcards.experiment} where its target was measured"


rule compare_transfer:
    """Compare what was inferred from targets of another backend with what was expected."""
    input:
        samples=transferred_tables("samples.parquet"),
        expected=transferred_tables("transferred/expected.parquet"),
        here=transferred_tables("predictive.parquet"),
        there=transferred_tables("transferred/predictive.parquet"),
        trials=transferred_targets,
        measured=transferred_sources,
        certificates=transferred_tables("certificate.json"),
    output:
        table=f"results/{BACKEND}/transfer.parquet",
        text=f"{PLACE}/transfer.md",
    log:
        "results/logs/compare_transfer.log",
    benchmark:
        "results/benchmarks/compare_transfer.tsv"
    params:
        problems=transferred_problems,
        sources=lambda w: {name: source_of(of_transferred(name)) for name in TRANSFERRED},
        code=code("compare_transfer", "analog_sbi.models.chain"),
    message:
        "Comparing targets of another backend"
    script:
        "../scripts/compare_transfer.py"
