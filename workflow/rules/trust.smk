# How far posteriors are from the reference: every round, ensembles, distances, misspecification.


use rule sample_posterior as sample_every_round with:
    input:
        posteriors=every_posterior,
    output:
        samples="results/{backend}/{experiment}/every_round/samples.parquet",
        estimators="results/{backend}/{experiment}/every_round/estimators.parquet",
    log:
        "results/logs/sample_every_round/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_every_round/{backend}_{experiment}.tsv"
    message:
        "Sampling every round's posterior of {wildcards.experiment} on {wildcards.backend}"


use rule check_predictive as check_every_round with:
    input:
        calibration="results/{backend}/calibration.parquet",
        samples="results/{backend}/{experiment}/every_round/samples.parquet",
    output:
        "results/{backend}/{experiment}/every_round/predictive.parquet",
    log:
        "results/logs/check_every_round/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_every_round/{backend}_{experiment}.tsv"
    message:
        "Predictive check of every round of {wildcards.experiment} on {wildcards.backend}"


rule sample_ensemble:
    """Draw samples of the ensembles of an experiment given the target, after every round."""
    input:
        posteriors=every_posterior,
    output:
        "results/{backend}/{experiment}/ensemble/samples.parquet",
    log:
        "results/logs/sample_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_ensemble/{backend}_{experiment}.tsv"
    params:
        seed=config["seed"],
        size=config["ensemble"]["size"],
        samples=config["predictive"]["samples"],
        max_draws=config["inference"]["max_draws"],
        code=code("sample_ensemble"),
    message:
        "Sampling ensembles of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/sample_ensemble.py"


use rule check_predictive as check_ensemble with:
    input:
        calibration="results/{backend}/calibration.parquet",
        samples="results/{backend}/{experiment}/ensemble/samples.parquet",
    output:
        "results/{backend}/{experiment}/ensemble/predictive.parquet",
    log:
        "results/logs/check_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_ensemble/{backend}_{experiment}.tsv"
    message:
        "Predictive check of the ensembles of {wildcards.experiment} on {wildcards.backend}"


use rule evaluate_density as evaluate_ensemble with:
    output:
        "results/{backend}/{experiment}/ensemble/density.parquet",
    log:
        "results/logs/evaluate_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/evaluate_ensemble/{backend}_{experiment}.tsv"
    params:
        size=config["ensemble"]["size"],
    message:
        "Evaluating the density of ensembles of {wildcards.experiment} on {wildcards.backend}"


rule measure_distances:
    """Measure how far every seed and ensemble of an experiment is from the reference."""
    input:
        reference=reference_samples,
        target=target_table,
        seed="results/{backend}/{experiment}/every_round/samples.parquet",
        seed_predictive="results/{backend}/{experiment}/every_round/predictive.parquet",
        estimators="results/{backend}/{experiment}/every_round/estimators.parquet",
        ensemble="results/{backend}/{experiment}/ensemble/samples.parquet",
        ensemble_predictive="results/{backend}/{experiment}/ensemble/predictive.parquet",
    output:
        "results/{backend}/{experiment}/distances.parquet",
    log:
        "results/logs/measure_distances/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/measure_distances/{backend}_{experiment}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        parameters=lookup("experiments/{experiment}/parameters", within=config),
        observable=lookup("experiments/{experiment}/observable", within=config),
        samples=config["distances"]["samples"],
        rounds=compared_rounds,
        size=config["ensemble"]["size"],
        code=backend_code("measure_distances"),
    message:
        "Measuring distances to the reference of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/measure_distances.py"


rule check_misspecification:
    """Test whether the targets of an experiment are what the prior can produce."""
    input:
        observations="results/{backend}/{experiment}/round_0/observations.parquet",
        targets=asked_tables,
    output:
        "results/{backend}/{experiment}/misspecification.parquet",
    log:
        "results/logs/check_misspecification/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/check_misspecification/{backend}_{experiment}.tsv"
    params:
        length=config["chain"]["length"],
        seed=config["seed"],
        observable=lookup("experiments/{experiment}/observable", within=config),
        settings=config["misspecification"],
        names=asked_targets,
        code=code("check_misspecification"),
    message:
        "Testing the targets of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/check_misspecification.py"


rule plot_distances:
    """C2ST to the reference beside the paper's E, over rounds and against each other."""
    input:
        tau=f"results/{BACKEND}/tau_2d/distances.parquet",
        first=f"results/{BACKEND}/first_2d/distances.parquet",
        rounds=f"results/{BACKEND}/rounds_2d/distances.parquet",
    output:
        svg=report(
            "results/figures/distances.svg",
            caption="../report/distances.rst",
            category="Trust",
            labels={"figure": "distances"},
        ),
        png="results/figures/distances.png",
    log:
        "results/logs/plot_distances.log",
    benchmark:
        "results/benchmarks/plot_distances.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_distances"),
    message:
        "Drawing distances to the reference"
    script:
        "../scripts/plot_distances.py"


rule plot_pairs:
    """Pairs of seven parameters given F* and given H*."""
    input:
        target=f"results/{BACKEND}/targets/centre.parquet",
        first=f"results/{BACKEND}/first_7d/ensemble/samples.parquet",
        all=f"results/{BACKEND}/all_7d/ensemble/samples.parquet",
    output:
        svg=report(
            "results/figures/pairs.svg",
            caption="../report/pairs.rst",
            category="Trust",
            labels={"figure": "pairs"},
        ),
        png="results/figures/pairs.png",
    log:
        "results/logs/plot_pairs.log",
    benchmark:
        "results/benchmarks/plot_pairs.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        size=config["ensemble"]["size"],
        code=code("plot_pairs"),
    message:
        "Drawing pairs of parameters"
    script:
        "../scripts/plot_pairs.py"


rule plot_correlation:
    """Correlation of seven parameters given F* and given H*."""
    input:
        first=f"results/{BACKEND}/first_7d/ensemble/samples.parquet",
        all=f"results/{BACKEND}/all_7d/ensemble/samples.parquet",
        reference_first=f"results/{BACKEND}/reference/individual_first/samples.parquet",
        reference_all=f"results/{BACKEND}/reference/individual_all/samples.parquet",
    output:
        svg=report(
            "results/figures/correlation.svg",
            caption="../report/correlation.rst",
            category="Trust",
            labels={"figure": "correlation"},
        ),
        png="results/figures/correlation.png",
    log:
        "results/logs/plot_correlation.log",
    benchmark:
        "results/benchmarks/plot_correlation.tsv"
    params:
        backend=BACKEND,
        size=config["ensemble"]["size"],
        code=code("plot_correlation"),
    message:
        "Drawing correlations of parameters"
    script:
        "../scripts/plot_correlation.py"


rule plot_predictive:
    """Heights that the prior predicts against those that the posteriors predict."""
    input:
        target=f"results/{BACKEND}/targets/centre.parquet",
        prior=f"results/{BACKEND}/all_7d/round_0/observations.parquet",
        first=f"results/{BACKEND}/first_7d/ensemble/predictive.parquet",
        all=f"results/{BACKEND}/all_7d/ensemble/predictive.parquet",
    output:
        svg=report(
            "results/figures/predictive.svg",
            caption="../report/predictive.rst",
            category="Trust",
            labels={"figure": "predictive"},
        ),
        png="results/figures/predictive.png",
    log:
        "results/logs/plot_predictive.log",
    benchmark:
        "results/benchmarks/plot_predictive.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        size=config["ensemble"]["size"],
        code=code("plot_predictive"),
    message:
        "Drawing prior and posterior predictive"
    script:
        "../scripts/plot_predictive.py"
