# Inputs and params of the rules on coverage.


def test_table(wildcards):
    """Parameters from the prior and measurements that posteriors of an experiment are tested on.

    Experiments with all of the range as prior, on its own scale, share them.
    """
    if not posing.tested_on_whole_range(study, wildcards.experiment, wildcards.backend):
        return f"results/{wildcards.backend}/{wildcards.experiment}/tests.parquet"
    return f"{folder_of(wildcards)}/tests/{parameterization(wildcards)}.parquet"


def first_answering(wildcards):
    """Posterior of the first round, repaired if the experiment's are."""
    folder = f"results/{wildcards.backend}/{wildcards.experiment}"
    return f"{folder}/round_0/{answering(wildcards.experiment)}"


AMORTIZED = study.amortized.experiment
AMORTIZED_TARGETS = [name for name in study.amortized_targets() if name in study.target_positions()]


def amortized_problem(wildcards):
    """Problem of the experiment whose first round is asked for other targets, as plain data."""
    return posing.problem(study, AMORTIZED, wildcards.backend).plain()


def ensemble_size(wildcards):
    """Seeds of an ensemble, of experiments with fewer all of them."""
    return min(study.ensemble.size, EXPERIMENTS[wildcards.experiment].seeds)
