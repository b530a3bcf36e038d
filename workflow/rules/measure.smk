# Everything that touches the chip, its model or a simulator; no rule here imports torch. What training
# waits for comes first.


include: "functions/transfer.smk"


rule calibrate:
    """Make the model ready: of a chain leak potential, synaptic time constant and strength."""
    output:
        "results/{backend}/{model}/calibration.parquet",
    log:
        "results/logs/calibrate/{backend}_{model}.log",
    benchmark:
        "results/benchmarks/calibrate/{backend}_{model}.tsv"
    priority: 2
    container:
        chip_container
    resources:
        chip=chip_of,
    params:
        setup=setup,
        seed=study.seed,
        code=backend_code("calibrate"),
    message:
        "Calibrating {wildcards.model} on {wildcards.backend}"
    script:
        "../scripts/calibrate.py"


rule characterize:
    """Measure membrane and axial time constants over the range of the parameters."""
    input:
        calibration="results/{backend}/{model}/calibration.parquet",
    output:
        "results/{backend}/{model}/characterization.parquet",
    log:
        "results/logs/characterize/{backend}_{model}.log",
    benchmark:
        "results/benchmarks/characterize/{backend}_{model}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
    params:
        setup=setup,
        seed=study.seed,
        steps=study.characterization.steps,
        code=backend_code("characterize"),
    message:
        "Characterizing time constants on {wildcards.backend}"
    script:
        "../scripts/characterize.py"


rule record_traces:
    """Record membrane traces at the marked points of the parameter space."""
    input:
        calibration="results/{backend}/{model}/calibration.parquet",
    output:
        "results/{backend}/{model}/traces.parquet",
    log:
        "results/logs/record_traces/{backend}_{model}.log",
    benchmark:
        "results/benchmarks/record_traces/{backend}_{model}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(len(study.points))),
    params:
        setup=setup,
        seed=study.seed,
        points=[list(point) for point in study.points],
        parameterization=lambda w: posing.plane(setup_of(w)),
        max_missing=study.inference.max_missing,
        code=backend_code("record_traces"),
    message:
        "Recording traces on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/record_traces.py"


rule search_grid:
    """Measure the observables on an even grid over the plane of parameters."""
    input:
        calibration="results/{backend}/{model}/calibration.parquet",
    output:
        "results/{backend}/{model}/grid.parquet",
    log:
        "results/logs/search_grid/{backend}_{model}.log",
    benchmark:
        "results/benchmarks/search_grid/{backend}_{model}.tsv"
    container:
        chip_container
    threads: measuring_threads
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(study.grid.steps**2)),
    params:
        setup=setup,
        seed=study.seed,
        purpose=["search_grid"],
        plan={"kind": "grid", "steps": study.grid.steps},
        parameterization=lambda w: posing.plane(setup_of(w)),
        observables=lambda w: posing.tabulated(setup_of(w)),
        max_missing=study.inference.max_missing,
        code=backend_code("measure"),
    message:
        "Searching the grid on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/measure.py"


use rule search_grid as measure_target with:
    output:
        "results/{backend}/{model}/targets/{target}.parquet",
    log:
        "results/logs/measure_target/{backend}_{model}_{target}.log",
    benchmark:
        "results/benchmarks/measure_target/{backend}_{model}_{target}.tsv"
    wildcard_constraints:
        target=target_places(transferred=False),
    priority: 2
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(study.target.trials)),
    params:
        purpose=lambda w: ["measure_target", w.target],
        plan=lambda w: repeats(posing.target(study, w.target)),
        parameterization=lambda w: posing.position_parameterization(study, setup_of(w), w.target),
        observables=shared_observables,
        code=backend_code("measure", shared_observables),
    message:
        "Measuring target {wildcards.target} on {wildcards.backend}{resources.chip_time}"


rule read_target:
    """Read the trials of a target from a file."""
    input:
        lambda w: study.targets[w.target].file,
    output:
        "results/{backend}/{model}/targets/{target}.parquet",
    log:
        "results/logs/read_target/{backend}_{model}_{target}.log",
    benchmark:
        "results/benchmarks/read_target/{backend}_{model}_{target}.tsv"
    wildcard_constraints:
        target="|".join([*(n for n, t in study.targets.items() if t.file), "(?!)"]),
    params:
        setup=setup,
        settings=read_settings,
        code=model_code("read_target", lambda w: read_settings(w)["observables"]),
    message:
        "Reading target {wildcards.target}"
    script:
        "../scripts/read_target.py"


use rule search_grid as measure_tests with:
    output:
        "results/{backend}/{model}/tests/{parameters}.parquet",
    log:
        "results/logs/measure_tests/{backend}_{model}_{parameters}.log",
    benchmark:
        "results/benchmarks/measure_tests/{backend}_{model}_{parameters}.tsv"
    priority: 2
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(study.calibration.tests)),
    params:
        purpose=lambda w: ["measure_tests", w.parameters],
        plan=lambda w: draws(study.calibration.tests, "measure_tests", w.parameters),
        parameterization="{parameters}",
        observables=shared_observables,
        code=backend_code("measure", shared_observables),
    message:
        "Measuring tests with {wildcards.parameters} parameters "
        "on {wildcards.backend}{resources.chip_time}"


use rule search_grid as measure_round with:
    input:
        calibration=calibration_table,
        rows="results/{backend}/{experiment}/round_{round}/parameters.parquet",
    output:
        update("results/{backend}/{experiment}/round_{round}/observations.parquet"),
    log:
        "results/logs/measure_round/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/measure_round/{backend}_{experiment}_{round}.tsv"
    wildcard_constraints:
        experiment=run_as("jobs"),
    resources:
        chip=chip_of,
        chip_time=chip_time(round_size),
    params:
        purpose=lambda w: [w.experiment, w.round, "measure_round"],
        plan={"kind": "rows"},
        parameterization=parameterization,
        observables=own_observables,
        parameters_kept=False,
        problem=problem_of_round,
    message:
        "Measuring round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"


use rule measure_round as check_predictive with:
    input:
        calibration=calibration_table,
        rows="results/{backend}/{experiment}/samples.parquet",
    output:
        update("results/{backend}/{experiment}/predictive.parquet"),
    log:
        "results/logs/check_predictive/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_predictive/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment="|".join(EXPERIMENTS),
    resources:
        chip=chip_of,
        chip_time=chip_time(predictive_size("predictive.parquet", study.checked_rounds, seeds_of)),
    params:
        purpose=lambda w: [w.experiment, "check_predictive"],
        problem=problem_key,
    message:
        "Predictive check of {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"


use rule check_predictive as check_every_round with:
    input:
        calibration=calibration_table,
        rows="results/{backend}/{experiment}/every_round/samples.parquet",
    output:
        update("results/{backend}/{experiment}/every_round/predictive.parquet"),
    log:
        "results/logs/check_every_round/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_every_round/{backend}_{experiment}.tsv"
    resources:
        chip=chip_of,
        chip_time=chip_time(
            predictive_size("every_round/predictive.parquet", every_round, seeds_of)
        ),
    message:
        "Predictive check of every round of {wildcards.experiment} "
        "on {wildcards.backend}{resources.chip_time}"


use rule check_predictive as check_ensemble with:
    input:
        calibration=calibration_table,
        rows="results/{backend}/{experiment}/ensemble/samples.parquet",
    output:
        update("results/{backend}/{experiment}/ensemble/predictive.parquet"),
    log:
        "results/logs/check_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_ensemble/{backend}_{experiment}.tsv"
    resources:
        chip=chip_of,
        chip_time=chip_time(
            predictive_size("ensemble/predictive.parquet", every_round, ensembles_of)
        ),
    params:
        # What is predicted can be held to all that is known of the target.
        observables=target_observables,
        code=backend_code("measure", target_observables),
    message:
        "Predictive check of the ensembles of {wildcards.experiment} "
        "on {wildcards.backend}{resources.chip_time}"
