# Neural posterior estimation; no rule here touches a backend.


rule draw_prior:
    """Draw the first round's parameters from the uniform prior, for all seeds."""
    output:
        "results/{backend}/{experiment}/prior.parquet",
    log:
        "results/logs/draw_prior/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/draw_prior/{backend}_{experiment}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        parameters=lookup("experiments/{experiment}/parameters", within=config),
        seeds=lookup("experiments/{experiment}/seeds", within=config),
        emulations=emulations,
        code=backend_code("draw_prior"),
    message:
        "Drawing parameters of {wildcards.experiment} from the prior"
    script:
        "../scripts/draw_prior.py"


rule train_round:
    """Train the posterior of every seed on all rounds so far and draw the next proposal."""
    input:
        parameters=partial(rounds_so_far, "parameters"),
        observations=partial(rounds_so_far, "observations"),
        previous=previous_posterior,
        target=target_table,
    output:
        posterior="results/{backend}/{experiment}/round_{round}/posterior.pt",
        proposal="results/{backend}/{experiment}/round_{round}/proposal.parquet",
    log:
        "results/logs/train_round/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/train_round/{backend}_{experiment}_{round}.tsv"
    params:
        settings=backend_settings,
        seed=config["seed"],
        experiment=experiment_settings,
        inference=config["inference"],
        training=config["training"],
        proposals=proposals,
        code=training_code("train_round"),
    message:
        "Training round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/train_round.py"


rule sample_posterior:
    """Draw posterior samples given the target, for every seed."""
    input:
        posteriors=checked_posteriors,
    output:
        samples="results/{backend}/{experiment}/samples.parquet",
        estimators="results/{backend}/{experiment}/estimators.parquet",
    log:
        "results/logs/sample_posterior/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_posterior/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment="|".join(IN_ROUNDS),
    params:
        seed=config["seed"],
        samples=config["predictive"]["samples"],
        max_draws=config["inference"]["max_draws"],
        code=code("sample_posterior"),
    message:
        "Sampling the posterior of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/sample_posterior.py"


rule evaluate_density:
    """Evaluate the posterior density over the plane of leak and axial conductance."""
    input:
        posteriors=checked_posteriors,
    output:
        "results/{backend}/{experiment}/density.parquet",
    log:
        "results/logs/evaluate_density/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/evaluate_density/{backend}_{experiment}.tsv"
    params:
        size=1,
        steps=config["density"]["steps"],
        code=code("evaluate_density"),
    message:
        "Evaluating the posterior density of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/evaluate_density.py"
