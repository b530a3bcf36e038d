"""Targets by name: measured at a position, given by a file, or transferred from another backend."""

from __future__ import annotations

from analog_sbi.backends import Setup
from analog_sbi.errors import ConfigurationError
from analog_sbi.models import load
from analog_sbi.problem import Given, Measured, Target, Transferred
from analog_sbi.study.posing.files import content_digest
from analog_sbi.study.posing.setups import face, setup
from analog_sbi.study.typed import Study


def target(study: Study, name: str, where: Setup | None = None) -> Target:
    """Target by name: measured at a position, or given by a file.

    ``where`` it is given to: what another backend measures is transferred there. Raises
    ConfigurationError that names the target if there is no such file.
    """
    configured = study.targets.get(name)
    if configured is not None and configured.file is not None:
        return Given(name, configured.file, content_digest(name, configured.file))
    own = configured.trials if configured is not None else None
    position, trials = tuple(study.target_positions()[name]), own or study.target.trials
    source = configured.backend if configured is not None else None
    if configured is None or source is None or where is None or source == where.backend:
        return Measured(name, position, trials)
    known = configured.scale if isinstance(configured.scale, float) else None
    return Transferred(name, position, trials, setup(study, source, where.model), known)


def transferred(study: Study, backend: str) -> dict[str, str]:
    """Backends that targets are transferred from to a backend, by the names of the targets."""
    return {
        name: part.backend
        for name, part in study.targets.items()
        if part.backend is not None and part.backend != backend
    }


def position_parameterization(study: Study, where: Setup, name: str) -> str:
    """Parameterization in whose space the position of a target lies: the first of its size.

    Of those that experiments with the target infer, else of all. Raises ConfigurationError if the
    model has none.
    """
    position = study.target_positions()[name]
    made = load(where.model).parameterizations_of(face(where).inputs)
    sizes = {key: len(mapping.space) for key, mapping in made.items()}
    users = [
        experiment.parameters
        for experiment in study.experiments.values()
        if experiment.target == name and experiment.model == where.model
    ]
    for key in (*users, *sizes):
        if sizes.get(key) == len(position):
            return key
    expected = " or ".join(f"{size} ({key})" for key, size in sizes.items())
    raise ConfigurationError(
        f"targets.{name}: expected as many values as parameters, {expected}, found {position}"
    )
