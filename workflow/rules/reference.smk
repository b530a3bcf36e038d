# Reference posteriors: likelihoods estimated with very many emulations.

# On the chip a million emulations take two weeks, and Arbor has no noise that makes a likelihood.
EMULATED = "bss2_sim"


rule survey_reference:
    """Emulate parameters drawn from the prior, a first look for reference posteriors."""
    input:
        calibration="results/{backend}/calibration.parquet",
    output:
        "results/{backend}/reference/{parameters}_survey.parquet",
    log:
        "results/logs/survey_reference/{backend}_{parameters}.log",
    benchmark:
        "results/benchmarks/survey_reference/{backend}_{parameters}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        settings=backend_settings,
        seed=config["seed"],
        emulations=REFERENCE["survey"],
        code=backend_code("survey_reference"),
    message:
        "Surveying the prior of {wildcards.parameters} parameters on {wildcards.backend}"
    script:
        "../scripts/survey_reference.py"


rule locate_reference:
    """Find the part of the prior that holds a reference posterior."""
    input:
        survey="results/{backend}/reference/{parameters}_survey.parquet",
        target=REFERENCE_TARGET,
    output:
        f"{REFERENCE_FOLDER}/region.parquet",
    log:
        f"results/logs/locate_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/locate_reference/{REFERENCE_LOG}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        reference=reference_settings,
        code=backend_code("locate_reference"),
    message:
        "Locating the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/locate_reference.py"


rule measure_reference:
    """Emulate parameters drawn evenly from the region of a reference posterior."""
    input:
        calibration="results/{backend}/calibration.parquet",
        region=f"{REFERENCE_FOLDER}/region.parquet",
    output:
        f"{REFERENCE_FOLDER}/emulations.parquet",
    log:
        f"results/logs/measure_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/measure_reference/{REFERENCE_LOG}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        settings=backend_settings,
        seed=config["seed"],
        emulations=reference_emulations,
        code=backend_code("measure_reference"),
    message:
        "Measuring for the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/measure_reference.py"


rule sample_reference:
    """Draw samples of a reference posterior."""
    input:
        target=REFERENCE_TARGET,
        region=f"{REFERENCE_FOLDER}/region.parquet",
        emulations=f"{REFERENCE_FOLDER}/emulations.parquet",
    output:
        samples=f"{REFERENCE_FOLDER}/samples.parquet",
        sampling=f"{REFERENCE_FOLDER}/sampling.parquet",
    log:
        f"results/logs/sample_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/sample_reference/{REFERENCE_LOG}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        reference=reference_settings,
        code=backend_code("sample_reference"),
    message:
        "Sampling the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/sample_reference.py"


rule evaluate_reference:
    """Evaluate a reference posterior density over the plane of global parameters."""
    input:
        target=REFERENCE_TARGET,
        region="results/{backend}/reference/global_{observable}/region.parquet",
        emulations="results/{backend}/reference/global_{observable}/emulations.parquet",
    output:
        "results/{backend}/reference/{parameters}_{observable}/density.parquet",
    log:
        f"results/logs/evaluate_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/evaluate_reference/{REFERENCE_LOG}.tsv"
    wildcard_constraints:
        parameters="global",
    params:
        settings=backend_settings,
        reference=reference_settings,
        steps=config["density"]["steps"],
        code=backend_code("evaluate_reference"),
    message:
        "Evaluating the reference density given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/evaluate_reference.py"


rule repeat_reference:
    """Emulate samples of a reference posterior many times each."""
    input:
        calibration="results/{backend}/calibration.parquet",
        samples=f"{REFERENCE_FOLDER}/samples.parquet",
    output:
        f"{REFERENCE_FOLDER}/repeats.parquet",
    log:
        f"results/logs/repeat_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/repeat_reference/{REFERENCE_LOG}.tsv"
    wildcard_constraints:
        backend=EMULATED,
    params:
        settings=backend_settings,
        seed=config["seed"],
        points=REFERENCE["points"],
        repeats=REFERENCE["repeats"],
        code=backend_code("repeat_reference"),
    message:
        "Repeating emulations of the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/repeat_reference.py"


rule check_reference:
    """Estimate the error of a reference posterior: doubling, calibration, repeats, rejection."""
    input:
        target=REFERENCE_TARGET,
        region=f"{REFERENCE_FOLDER}/region.parquet",
        emulations=f"{REFERENCE_FOLDER}/emulations.parquet",
        samples=f"{REFERENCE_FOLDER}/samples.parquet",
        sampling=f"{REFERENCE_FOLDER}/sampling.parquet",
        repeats=f"{REFERENCE_FOLDER}/repeats.parquet",
    output:
        f"{REFERENCE_FOLDER}/error.parquet",
    log:
        f"results/logs/check_reference/{REFERENCE_LOG}.log",
    benchmark:
        f"results/benchmarks/check_reference/{REFERENCE_LOG}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        reference=reference_settings,
        code=backend_code("check_reference"),
    message:
        "Checking the reference posterior of {wildcards.parameters} parameters "
        "given {wildcards.observable} on {wildcards.backend}"
    script:
        "../scripts/check_reference.py"


rule plot_reference:
    """Reference posteriors beside those of SNPE."""
    input:
        target=f"results/{BACKEND}/targets/{REFERENCE['target']}.parquet",
        reference_density_tau=f"results/{BACKEND}/reference/global_tau/density.parquet",
        reference_density_first=f"results/{BACKEND}/reference/global_first/density.parquet",
        reference_samples_first=f"results/{BACKEND}/reference/individual_first/samples.parquet",
        reference_samples_all=f"results/{BACKEND}/reference/individual_all/samples.parquet",
        density_tau=f"results/{BACKEND}/tau_2d/density.parquet",
        density_first=f"results/{BACKEND}/first_2d/density.parquet",
        ensemble_tau=f"results/{BACKEND}/tau_2d/ensemble/density.parquet",
        ensemble_first=f"results/{BACKEND}/first_2d/ensemble/density.parquet",
        samples_first=f"results/{BACKEND}/first_7d/samples.parquet",
        samples_all=f"results/{BACKEND}/all_7d/samples.parquet",
    output:
        svg=report(
            "results/figures/reference.svg",
            caption="../report/reference.rst",
            category="Figures",
            labels={"figure": "reference"},
        ),
        png="results/figures/reference.png",
    log:
        "results/logs/plot_reference.log",
    benchmark:
        "results/benchmarks/plot_reference.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_reference"),
    message:
        "Drawing the reference posteriors"
    script:
        "../scripts/plot_reference.py"
