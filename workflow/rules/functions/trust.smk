# Inputs and params of the rules that measure distances.


def reference_samples(wildcards):
    """Samples of the reference posterior of an experiment's problem; refuses another problem."""
    return own_reference(wildcards.experiment, wildcards.backend)


def own_reference(name, backend):
    if backend != EMULATED:
        refuse(
            f"backend: expected {EMULATED} for reference posteriors, which need "
            f"more measurements than the chip can do, with noise, found {backend!r}"
        )
    if EXPERIMENTS[name].model != "chain":
        return tempered_reference(name, backend)
    try:
        folder = study.reference_problem(name)
        own = posing.problem(study, name, backend)
        reference = posing.reference_problem(study, own.parameterization, own.observable, backend)
        expect_same(own.key, reference.key, f"experiments.{name}: reference posterior")
    except StudyError as error:
        refuse(error)
    return f"results/{backend}/reference/{folder}/samples.parquet"


def tempered_reference(name, backend):
    """Samples of the reference posterior of an experiment whose likelihood is not smooth."""
    if EXPERIMENTS[name].restriction is not None:
        refuse(
            f"experiments.{name}.restriction: expected null for a reference posterior, which is "
            "sampled from the whole prior, found a restriction"
        )
    return f"results/{backend}/{name}/reference/samples.parquet"


def asked_targets(wildcards):
    """Names of the targets that posteriors of an experiment are asked for."""
    return study.asked_targets(wildcards.experiment)


def asked_tables(wildcards):
    folder = f"{folder_of(wildcards)}/targets"
    return [f"{folder}/{name}.parquet" for name in asked_targets(wildcards)]


def compared_rounds(wildcards):
    """Rounds whose posteriors are compared with the reference."""
    return study.compared_rounds(wildcards.experiment)


COMPARED = study.compared()
COMPARED_LIKE = study.compare_algorithms.experiment


def compared_tables(name):
    """Tables of the same name of all experiments that compare algorithms."""
    return [f"results/{BACKEND}/{experiment}/{name}.parquet" for experiment in COMPARED]


def compared_reference(wildcards):
    return own_reference(COMPARED_LIKE, BACKEND)


def compared_target(wildcards):
    like = EXPERIMENTS[COMPARED_LIKE]
    return f"results/{BACKEND}/{posing.folder_of(study, like)}/targets/{like.target}.parquet"


def compared_problem(wildcards):
    """Problem that all algorithms are compared on, as plain data."""
    return posing.problem(study, COMPARED_LIKE, BACKEND).plain()
