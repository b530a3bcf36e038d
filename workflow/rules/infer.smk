# Inference: rounds as jobs or all in one job, with equal results; samples and densities.
# Of these rules only those named run_ measure. Training takes longest and much waits for it: rules
# that train have a priority.


include: "functions/infer.smk"


rule draw_prior:
    """Draw the first round's parameters from the prior, for all seeds."""
    input:
        region=region,
    output:
        "results/{backend}/{experiment}/round_0/parameters.parquet",
    log:
        "results/logs/draw_prior/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/draw_prior/{backend}_{experiment}.tsv"
    wildcard_constraints:
        experiment=run_as("jobs"),
    params:
        seed=study.seed,
        prior=own_prior,
        problem=problem_of_region,
        budget=lambda w: EXPERIMENTS[w.experiment].rounds[0],
        seeds=of_experiment("seeds"),
        code=code("draw_prior"),
    message:
        "Drawing parameters of {wildcards.experiment} from the prior"
    script:
        "../scripts/draw_prior.py"


rule propose_round:
    """Propose a later round's parameters from the posteriors so far, for all seeds."""
    input:
        region=region,
        posterior=previous_posterior,
    output:
        update("results/{backend}/{experiment}/round_{round}/parameters.parquet"),
    log:
        "results/logs/propose_round/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/propose_round/{backend}_{experiment}_{round}.tsv"
    wildcard_constraints:
        experiment=run_as("jobs"),
        round=r"[1-9]\d*",
    params:
        seed=study.seed,
        problem=problem,
        algorithm=of_experiment("algorithm"),
        budget=lambda w: EXPERIMENTS[w.experiment].rounds[int(w.round)],
        seeds=of_experiment("seeds"),
        max_draws=study.inference.max_draws,
        code=inference_code("propose_round"),
    message:
        "Proposing round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/propose_round.py"


rule train_round:
    """Train the posterior of every seed on all rounds so far."""
    input:
        parameters=lambda w: round_tables("parameters.parquet", w),
        observations=lambda w: round_tables("observations.parquet", w),
        previous=previous_posterior,
        region=region,
        target=target_table,
    output:
        update("results/{backend}/{experiment}/round_{round}/posterior.pt"),
    log:
        "results/logs/train_round/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/train_round/{backend}_{experiment}_{round}.tsv"
    wildcard_constraints:
        experiment=run_as("jobs"),
    priority: 1
    params:
        seed=study.seed,
        problem=problem,
        algorithm=of_experiment("algorithm"),
        rounds=lambda w: EXPERIMENTS[w.experiment].rounds[: int(w.round) + 1],
        seeds=of_experiment("seeds"),
        estimator=lambda w: EXPERIMENTS[w.experiment].estimator.plain(),
        inference=lambda w: study.training_settings(w.experiment),
        trainer=study.training,
        code=inference_code("train_round", TRAINERS[study.training]),
    message:
        "Training round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/train_round.py"


for count in sorted({len(experiment.rounds) for experiment in EXPERIMENTS.values()}):
    words = "1 round" if count == 1 else f"{count} rounds"

    rule:
        name:
            f"run_{words.replace(' ', '_')}"
        input:
            calibration=calibration_table,
            region=region,
            target=target_table,
        output:
            parameters=update(files_of_rounds("parameters.parquet", count)),
            observations=update(files_of_rounds("observations.parquet", count)),
            posteriors=update(files_of_rounds("posterior.pt", count)),
            cost=update("results/{backend}/{experiment}/cost.parquet"),
        log:
            "results/logs/run_rounds/{backend}_{experiment}.log",
        benchmark:
            "results/benchmarks/run_rounds/{backend}_{experiment}.tsv"
        wildcard_constraints:
            experiment=run_as("one_job", count),
        priority: 1
        container:
            chip_container
        threads: measuring_threads
        resources:
            chip=chip_of,
            chip_time=chip_time(all_measurements),
        params:
            setup=setup,
            seed=study.seed,
            problem=problem,
            observables=own_observables,
            algorithm=of_experiment("algorithm"),
            rounds=of_experiment("rounds"),
            seeds=of_experiment("seeds"),
            estimator=lambda w: EXPERIMENTS[w.experiment].estimator.plain(),
            inference=lambda w: study.training_settings(w.experiment),
            trainer=study.training,
            code=inference_code("run_rounds", TRAINERS[study.training]),
            backend_code=backend_code("run_rounds"),
        message:
            f"Inferring {{wildcards.experiment}} in {words} on {{wildcards.backend}}{{resources.chip_time}}"
        script:
            "../scripts/run_rounds.py"


rule repair_posterior:
    """Repair the networks of all seeds with the measurements that they were trained on."""
    input:
        posterior="results/{backend}/{experiment}/round_{round}/posterior.pt",
        parameters=lambda w: round_tables("parameters.parquet", w),
        observations=lambda w: round_tables("observations.parquet", w),
    output:
        "results/{backend}/{experiment}/round_{round}/repaired.pt",
    log:
        "results/logs/repair_posterior/{backend}_{experiment}_{round}.log",
    benchmark:
        "results/benchmarks/repair_posterior/{backend}_{experiment}_{round}.tsv"
    params:
        problem=problem_key,
        remedy=of_experiment("repair"),
        seed=study.seed,
        max_draws=study.inference.max_draws,
        code=answering_code("repair_posterior"),
    message:
        "Repairing round {wildcards.round} of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/repair_posterior.py"


rule sample_posterior:
    """Draw posterior samples given the target, for every seed."""
    input:
        posteriors=posteriors(study.checked_rounds),
        trials=given_trials,
    output:
        samples=update("results/{backend}/{experiment}/samples.parquet"),
        estimators=update("results/{backend}/{experiment}/estimators.parquet"),
    log:
        "results/logs/sample_posterior/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_posterior/{backend}_{experiment}.tsv"
    params:
        seed=study.seed,
        samples=study.predictive.samples,
        max_draws=study.inference.max_draws,
        problem=problem_key,
        trials=of_experiment("trials"),
        code=answering_code("sample_posterior"),
    message:
        "Sampling the posterior of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/sample_posterior.py"


rule sample_trials:
    """Draw posterior samples given the first trials of the target one by one, several numbers of."""
    input:
        posteriors=posteriors(study.checked_rounds),
        trials=target_table,
    output:
        "results/{backend}/{experiment}/trials.parquet",
    log:
        "results/logs/sample_trials/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_trials/{backend}_{experiment}.tsv"
    params:
        seed=study.seed,
        samples=study.predictive.samples,
        numbers=list(study.several_trials.numbers),
        problem=problem_key,
        code=answering_code("sample_trials"),
    message:
        "Sampling the posterior of {wildcards.experiment} given several trials on {wildcards.backend}"
    script:
        "../scripts/sample_trials.py"


use rule sample_posterior as sample_every_round with:
    input:
        posteriors=posteriors(every_round),
        trials=given_trials,
    output:
        samples=update("results/{backend}/{experiment}/every_round/samples.parquet"),
        estimators=update("results/{backend}/{experiment}/every_round/estimators.parquet"),
    log:
        "results/logs/sample_every_round/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_every_round/{backend}_{experiment}.tsv"
    message:
        "Sampling every round's posterior of {wildcards.experiment} on {wildcards.backend}"


use rule sample_posterior as sample_ensemble with:
    input:
        posteriors=posteriors(every_round),
    output:
        samples=update("results/{backend}/{experiment}/ensemble/samples.parquet"),
    log:
        "results/logs/sample_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/sample_ensemble/{backend}_{experiment}.tsv"
    params:
        size=study.ensemble.size,
    message:
        "Sampling ensembles of {wildcards.experiment} on {wildcards.backend}"


rule evaluate_density:
    """Evaluate the posterior density of every seed over the plane of two parameters."""
    input:
        posteriors=densities_of,
    output:
        "results/{backend}/{experiment}/density.parquet",
    log:
        "results/logs/evaluate_density/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/evaluate_density/{backend}_{experiment}.tsv"
    params:
        steps=study.density.steps,
        problem=problem_key,
        code=answering_code("evaluate_density"),
    message:
        "Evaluating the posterior density of {wildcards.experiment} on {wildcards.backend}"
    script:
        "../scripts/evaluate_density.py"


use rule evaluate_density as evaluate_ensemble with:
    output:
        "results/{backend}/{experiment}/ensemble/density.parquet",
    log:
        "results/logs/evaluate_ensemble/{backend}_{experiment}.log",
    benchmark:
        "results/benchmarks/evaluate_ensemble/{backend}_{experiment}.tsv"
    params:
        size=study.ensemble.size,
    message:
        "Evaluating the density of ensembles of {wildcards.experiment} on {wildcards.backend}"
