# Everything that touches the chip, its model or a simulator; no rule here imports torch.


rule calibrate:
    """Calibrate leak potential, synaptic time constant and strength of every compartment."""
    output:
        "results/{backend}/calibration.parquet",
    log:
        "results/logs/calibrate/{backend}.log",
    benchmark:
        "results/benchmarks/calibrate/{backend}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
    params:
        settings=backend_settings,
        seed=config["seed"],
        code=backend_code("calibrate"),
    message:
        "Calibrating {wildcards.backend}"
    script:
        "../scripts/calibrate.py"


rule characterize:
    """Measure membrane and axial time constants over the range of the parameters."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/characterization.parquet",
    log:
        "results/logs/characterize/{backend}.log",
    benchmark:
        "results/benchmarks/characterize/{backend}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
    params:
        settings=backend_settings,
        seed=config["seed"],
        steps=config["characterization"]["steps"],
        code=backend_code("characterize"),
    message:
        "Characterizing time constants on {wildcards.backend}"
    script:
        "../scripts/characterize.py"


rule record_traces:
    """Record membrane traces at the marked points of the parameter space."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/traces.parquet",
    log:
        "results/logs/record_traces/{backend}.log",
    benchmark:
        "results/benchmarks/record_traces/{backend}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(len(config["points"]))),
    params:
        settings=backend_settings,
        seed=config["seed"],
        points=config["points"],
        code=backend_code("record_traces"),
    message:
        "Recording traces on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/record_traces.py"


rule search_grid:
    """Measure heights and decay constant on an even grid of leak and axial conductance."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/grid.parquet",
    log:
        "results/logs/search_grid/{backend}.log",
    benchmark:
        "results/benchmarks/search_grid/{backend}.tsv"
    container:
        chip_container
    threads: measuring_threads
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(config["grid"]["steps"] ** 2)),
    params:
        settings=backend_settings,
        seed=config["seed"],
        steps=config["grid"]["steps"],
        code=backend_code("search_grid"),
    message:
        "Searching the grid on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/search_grid.py"


rule measure_target:
    """Measure a target observation in repeated trials."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/targets/{target}.parquet",
    log:
        "results/logs/measure_target/{backend}_{target}.log",
    benchmark:
        "results/benchmarks/measure_target/{backend}_{target}.tsv"
    container:
        chip_container
    resources:
        chip=chip_of,
        chip_time=chip_time(constant(config["target"]["trials"])),
    params:
        settings=backend_settings,
        seed=config["seed"],
        position=target_position,
        trials=config["target"]["trials"],
        code=backend_code("measure_target"),
    message:
        "Measuring target {wildcards.target} on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/measure_target.py"


rule measure_round:
    """Emulate the parameters that a round proposes, for all seeds of an experiment."""
    input:
        calibration="results/{backend}/calibration.parquet",
        proposed=proposed_parameters,
    output:
        parameters="results/{backend}/{experiment}/round_{round}/parameters.parquet",
        observations="results/{backend}/{experiment}/round_{round}/observations.parquet",
    log:
        "results/logs/measure_round/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/measure_round/{backend}_{experiment}_{round}.tsv"
    container:
        chip_container
    threads: measuring_threads
    resources:
        chip=chip_of,
        chip_time=chip_time(round_size),
    params:
        settings=backend_settings,
        seed=config["seed"],
        parameters=lookup("experiments/{experiment}/parameters", within=config),
        code=backend_code("measure_round"),
    message:
        "Measuring round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}{resources.chip_time}"
    script:
        "../scripts/measure_round.py"
