# Inputs and params of the rules of reference posteriors.

# On the chip a million measurements take two weeks, and Arbor has no noise that makes a likelihood.
EMULATED = "bss2_sim"
REFERENCE = "results/{backend}/reference/{parameters}_{observable}"
REFERENCE_LOG = "{backend}_{parameters}_{observable}"


def reference_of(wildcards):
    return posing.reference_problem(
        study, wildcards.parameters, wildcards.observable, wildcards.backend
    )


def reference_problem(wildcards):
    """Problem of a reference posterior, as plain data."""
    return reference_of(wildcards).plain()


def reference_key(wildcards):
    return reference_of(wildcards).key


def reference_target(wildcards):
    """Trials of the target that reference posteriors are given."""
    return f"{folder_of(wildcards)}/targets/{study.reference.target}.parquet"


def reference_settings(*keys):
    """Function of the wildcards: settings of a reference posterior, with those of its parameters."""

    def settings(wildcards):
        section = study.reference.model_dump(mode="json", by_alias=True)
        section |= section[wildcards.parameters]
        return {key: section[key] for key in keys}

    return settings


def survey_observables(wildcards):
    """Observables that one survey serves all reference posteriors of its parameters with."""
    names = (
        problem.observable
        for problem in study.reference.problems
        if problem.parameters == wildcards.parameters
    )
    return posing.with_tabulated(setup_of(wildcards), names)


def reference_measurements(wildcards):
    """Plan of the measurements in the region, those that coverage is tested on included."""
    count = study.reference.emulations + reference_settings("draws")(wildcards)["draws"]
    return {"kind": "box", "count": count}
