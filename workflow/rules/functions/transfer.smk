# Inputs and params of the rules on targets that another backend measured.

from snakemake.iocontainers import Wildcards


def target_places(transferred):
    """Constraint of the wildcard target after a folder of targets: those transferred there, or not.

    What is not transferred to a backend is measured there.
    """
    parts = []
    for backend in backends():
        foreign = posing.transferred(study, backend)
        names = [name for name in study.target_positions() if (name in foreign) == transferred]
        folders = [f"/{backend}/{place}/targets/" for place in posing.folders(study)]
        parts += [f"(?<={folder})(?:{'|'.join(names)})" for folder in folders if names]
    return "|".join(parts) or "(?!)"


def source_of(wildcards):
    """Backend that a target is transferred from, by the target or by an experiment's."""
    name = wildcards.get("target") or EXPERIMENTS[wildcards.experiment].target
    source = posing.transferred(study, wildcards.backend).get(name)
    if source is None:
        refuse(
            f"backend: expected another one than targets.{name}.backend, from "
            f"which it is transferred, found {wildcards.backend}"
        )
    return source


def at_source(function):
    """The same function of the wildcards, on the backend that a target is transferred from."""

    def applied(wildcards):
        own = dict(wildcards.items()) | {"backend": source_of(wildcards)}
        return function(Wildcards(fromdict=own))

    return applied


def of_source(name):
    """Function of the wildcards: a table of what the target's own backend measured."""

    def path(wildcards):
        return f"{at_source(folder_of)(wildcards)}/{name}.parquet"

    return path


def inputs_of_both(wildcards):
    """Spaces of the conductances on the own backend and on that of the target, as plain data."""
    both = {"here": setup_of(wildcards), "there": at_source(setup_of)(wildcards)}
    model = load(model_of(wildcards))
    return {
        place: model.parameterization("individual", posing.face(where).inputs).space.plain()
        for place, where in both.items()
    }


def source_parameterization(wildcards):
    """Parameterization in which a target's position stands on its own backend."""
    where = at_source(setup_of)(wildcards)
    target = EXPERIMENTS[wildcards.experiment].target
    return posing.position_parameterization(study, where, target)


TRANSFERRED = [
    name
    for name, experiment in EXPERIMENTS.items()
    if experiment.target in posing.transferred(study, BACKEND) and experiment.model == "chain"
]


def transferred_tables(name):
    return [f"results/{BACKEND}/{experiment}/{name}" for experiment in TRANSFERRED]


def transferred_targets(wildcards):
    return [target_table(of_transferred(name)) for name in TRANSFERRED]


def transferred_sources(wildcards):
    """Targets as their own backends measured them."""
    return [at_source(target_table)(of_transferred(name)) for name in TRANSFERRED]


def of_transferred(name):
    return Wildcards(fromdict={"backend": BACKEND, "experiment": name})


def transferred_problems(wildcards):
    """Problems of all experiments with a transferred target, as plain data."""
    if not TRANSFERRED:
        refuse(
            f"targets: expected some of another backend than {BACKEND}, the "
            "study's, that experiments are given, found none"
        )
    return {name: problem(of_transferred(name)) for name in TRANSFERRED}
