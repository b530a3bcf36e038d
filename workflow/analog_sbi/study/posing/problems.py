"""Problems that experiments and references pose on a backend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analog_sbi.backends import Setup
from analog_sbi.errors import (
    ArtifactError,
    ConfigurationError,
    ModelError,
    SpaceError,
    UnavailableError,
)
from analog_sbi.features import feature_values
from analog_sbi.models import is_file, load
from analog_sbi.prior import Statement
from analog_sbi.problem import Given, Problem, Transferred, pose
from analog_sbi.restricted import Restricted
from analog_sbi.study.experiments import Restriction
from analog_sbi.study.posing.files import trials
from analog_sbi.study.posing.scales import scaled
from analog_sbi.study.posing.setups import face, has_chip, other_serial, setup
from analog_sbi.study.posing.targets import position_parameterization, target
from analog_sbi.study.posing.transfer import expect_transferable
from analog_sbi.study.typed import Study


def problem(study: Study, name: str, backend: str) -> Problem:
    """Problem that an experiment poses on a backend.

    Raises ConfigurationError that names the key for what its model does not have.
    """
    experiment = study.experiments[name]
    if not has_chip(study, name, backend):
        raise UnavailableError(
            f"experiments.{name}.serial: expected null or chip.serial on {backend}, which measures "
            f"no other chip, found {experiment.serial}"
        )
    try:
        where = setup(study, backend, experiment.model, other_serial(study, experiment))
        if is_file(experiment.model):
            load(experiment.model)
    except (ConfigurationError, ModelError) as error:
        raise ConfigurationError(f"experiments.{name}.model: {error}") from error
    parameters, logarithms = scaled(experiment, f"experiments.{name}", where)
    return _posed(
        study,
        f"experiments.{name}",
        where,
        parameters,
        experiment.observable,
        {
            key: marginal.stated()
            for key, marginal in experiment.prior.items()
            if key not in logarithms
        },
        experiment.target,
        experiment.restriction,
    )


def reference_problem(study: Study, parameters: str, observable: str, backend: str) -> Problem:
    """Problem that a reference posterior is of."""
    where = setup(study, backend, "chain")
    target = study.reference.target
    return _posed(study, "reference.problems", where, parameters, observable, {}, target)


def _posed(
    study: Study,
    key: str,
    where: Setup,
    parameters: str,
    observable: str,
    prior: dict[str, Statement],
    name: str,
    restriction: Restriction | None = None,
) -> Problem:
    try:
        load(where.model)
        observed = target(study, name, where)
        posed = pose(where, face(where), parameters, observable, prior, observed)
        if restriction is not None:
            posed = _with_region(study, key, posed, restriction)
        if isinstance(observed, Given):
            return _restricted(study, posed)
        if isinstance(observed, Transferred):
            expect_transferable(key, posed, observed)
            _expect_own_chip(study, key, where, observed)
        else:
            _expect_position(study, where, name)
        return posed
    except UnavailableError as error:
        raise UnavailableError(f"{key}.{error}") from error
    except ModelError as error:
        raise ConfigurationError(f"{key}.{error}") from error
    except SpaceError as error:
        raise ConfigurationError(f"{key}.prior.{error}") from error


def _with_region(study: Study, key: str, posed: Problem, restriction: Restriction) -> Problem:
    """The problem with its prior restricted to a region, which is yet to be learned.

    Raises ConfigurationError if the model does not say which runs are valid.
    """
    if load(posed.setup.model).valid is None:
        raise ConfigurationError(
            f"{key}.restriction: expected null, since the model {posed.setup.model} does not say "
            f"which runs are valid, found {restriction.measurements} measurements"
        )
    settings = {**restriction.model_dump(mode="json"), "seed": study.seed}
    return replace(posed, prior=Restricted(posed.prior, settings))


def _restricted(study: Study, posed: Problem) -> Problem:
    """The problem with those of its features only that a target from a file has.

    Raises ConfigurationError if it has none.
    """
    table, _ = trials(study, posed.setup, posed.target.name)
    columns = set(table.columns)
    known = [name in columns for name in posed.features]
    if not any(known):
        try:
            feature_values(table, posed)
        except ArtifactError as error:
            raise ConfigurationError(f"targets.{posed.target.name}: {error}") from error
        return posed
    pairs = [
        (name, unit)
        for name, unit, there in zip(posed.features, posed.units, known, strict=True)
        if there
    ]
    names, units = zip(*pairs, strict=True)
    return replace(posed, features=tuple(names), units=tuple(units))


def _expect_own_chip(study: Study, key: str, where: Setup, observed: Transferred) -> None:
    """Raise ConfigurationError for another chip than the study's: nothing is transferred to it."""
    if where.settings.get("serial", study.chip.serial) != study.chip.serial:
        raise ConfigurationError(
            f"{key}.serial: expected null, since the target {observed.name} is transferred to the "
            f"chip of the study, found {where.settings['serial']}"
        )


def _expect_position(study: Study, where: Setup, name: str) -> None:
    """Raise ConfigurationError for a position of another size, or between infinite bounds."""
    key = position_parameterization(study, where, name)
    model, inputs = load(where.model), face(where).inputs
    if inputs.finite.all():
        return
    try:
        model.parameterization(key, inputs).space.scale(np.array(study.target_positions()[name]))
    except SpaceError as error:
        raise ConfigurationError(f"targets.{name}: {error}; give a file of trials") from error
