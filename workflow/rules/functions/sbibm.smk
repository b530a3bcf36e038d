# Inputs and params of the rules on the tasks of sbibm.

from analog_sbi.sbibm import NO_SBIBM


def sbibm_settings(wildcards):
    """Settings of a run, as plain data."""
    kept = {"observations", "samples", "batch_size", "max_draws"}
    own = study.sbibm.model_dump(mode="json", include=kept)
    return own | {"estimator": study.sbibm.estimator.plain()}


def sbibm_training(wildcards):
    """Settings of training that are the study's, as plain data."""
    own = {"batch_size", "max_draws", "max_missing"}
    return study.inference.model_dump(mode="json", exclude=own)


def sbibm_code(wildcards):
    family = f"analog_sbi.estimators.families.{study.sbibm.estimator.family}"
    task = f"analog_sbi.sbibm.tasks.{wildcards.task}"
    return code("run_sbibm", "analog_sbi.backends.function", family, task)


def sbibm_scores(wildcards):
    """Scores of all tasks and budgets; refuses to start without the package's files."""
    if not availability.has_sbibm():
        refuse(NO_SBIBM)
    return [
        f"results/sbibm/{task}_{budget}.parquet"
        for budget in study.sbibm.budgets
        for task in study.sbibm.tasks
    ]
