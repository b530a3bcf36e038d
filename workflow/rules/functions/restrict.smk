# Inputs and params of the rules of restricted priors.

RESTRICTED = (
    "|".join(name for name, experiment in EXPERIMENTS.items() if experiment.restriction) or "(?!)"
)


def region(wildcards):
    """Region of the prior of an experiment, where that is restricted."""
    if EXPERIMENTS[wildcards.experiment].restriction is None:
        return []
    return f"results/{wildcards.backend}/{wildcards.experiment}/region.pt"


def problem_of_region(wildcards):
    """Key of the problem that the region of a restricted prior belongs to; none of others."""
    return None if EXPERIMENTS[wildcards.experiment].restriction is None else problem_key(wildcards)


def validity_plan(wildcards):
    """Plan of parameters drawn from the whole prior of an experiment, that is yet to be restricted."""
    prior = posing.problem(study, wildcards.experiment, wildcards.backend).prior
    count = EXPERIMENTS[wildcards.experiment].restriction.measurements
    return {"kind": "draw", "count": count, "prior": prior.base.plain()}
