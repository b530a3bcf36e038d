# Inputs and params of the rules of inference.

from analog_sbi import algorithms
from analog_sbi.estimators import TRAINERS


def inference_code(script, *modules):
    """Function of the wildcards: digest of a script with the algorithm and the family of flows."""

    def digest(wildcards):
        experiment = EXPERIMENTS[wildcards.experiment]
        family = f"analog_sbi.estimators.families.{experiment.estimator.family}"
        return code(script, algorithms.facts(experiment.algorithm).source.module, family, *modules)

    return digest


def answering_code(script):
    """As ``inference_code``, of what asks the posterior, with what repairs it."""

    def digest(wildcards):
        remedy = KNOWN_REMEDIES[EXPERIMENTS[wildcards.experiment].repair]
        return inference_code(script, remedy.source.module)(wildcards)

    return digest


def of_experiment(name):
    """Function of the wildcards that gives a setting of the experiment."""
    return lambda wildcards: getattr(EXPERIMENTS[wildcards.experiment], name)


def given_trials(wildcards):
    """Trials of the target, of experiments that are given several one by one."""
    return [] if EXPERIMENTS[wildcards.experiment].trials is None else target_table(wildcards)


def own_prior(wildcards):
    """Prior of an experiment, as plain data."""
    return posing.problem(study, wildcards.experiment, wildcards.backend).prior.plain()


def all_measurements(wildcards):
    """Measurements of all rounds, without those of seeds that stay as they are."""
    experiment = EXPERIMENTS[wildcards.experiment]
    cost = f"results/{wildcards.backend}/{wildcards.experiment}/cost.parquet"
    return seeds_to_measure(cost, experiment.seeds) * sum(experiment.rounds)


def previous_posterior(wildcards):
    """Posterior after the round before, of rounds after the first."""
    number = int(wildcards.round)
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return f"{folder}/round_{number - 1}/posterior.pt" if number else []


def files_of_rounds(name, count):
    return [f"results/{{backend}}/{{experiment}}/round_{r}/{name}" for r in range(count)]


def densities_of(wildcards):
    """Posteriors of an experiment with two parameters, the plane of which can be shown."""
    name = wildcards.experiment
    inferred = posing.problem(study, name, wildcards.backend).parameters
    if len(inferred) != 2:
        refuse(
            f"experiments.{name}: expected two parameters, over whose plane "
            f"densities are evaluated, found {len(inferred)}: {', '.join(inferred)}"
        )
    return posteriors(study.checked_rounds)(wildcards)
