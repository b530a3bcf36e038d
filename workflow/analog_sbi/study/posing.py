"""What a study poses: setups, problems and targets, from its configuration.

Everything that later travels as a value to a job is made here, once, where Snakemake parses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.backends import Backend, Setup, Unmeasured, make
from analog_sbi.errors import (
    ArtifactError,
    ConfigurationError,
    ModelError,
    OtherModelError,
    SpaceError,
    UnavailableError,
)
from analog_sbi.estimators.settings import LEAST_FEATURES
from analog_sbi.features import feature_values
from analog_sbi.models import Model, is_file, load, plain_signals, scale, stem
from analog_sbi.models import features as made_features
from analog_sbi.models import names as model_names
from analog_sbi.prior import Box, Statement
from analog_sbi.problem import Given, Measured, Problem, Target, Transferred, pose
from analog_sbi.provenance import config_digest, file_digest
from analog_sbi.randomness import generator
from analog_sbi.study.experiments import INFERRED, Experiment
from analog_sbi.study.typed import Study
from analog_sbi.trials import has_no_scale, read_trials

TRIED = 3
"""Parameter sets that a model's file is tried with before any job."""


def models(study: Study) -> list[str]:
    """Models of all experiments, by name or path, each once."""
    return list(dict.fromkeys(experiment.model for experiment in study.experiments.values()))


def model_of(study: Study, folder: str) -> str:
    """Model that a folder of results is of."""
    return next(model for model in models(study) if stem(model) == folder)


def backend_of(study: Study, model: str) -> str:
    """Backend that measures a model in this study: a user's file is its own."""
    return "function" if is_file(model) else study.backend


def setup(study: Study, backend: str, model: str) -> Setup:
    """Backend and model with the settings that a measurement depends on."""
    settings = {"code": file_digest(model)} if is_file(model) else study.backend_settings(backend)
    return Setup(backend, model, settings)


def problem(study: Study, name: str, backend: str) -> Problem:
    """Problem that an experiment poses on a backend.

    Raises ConfigurationError that names the key for what its model does not have.
    """
    experiment = study.experiments[name]
    where = setup(study, backend, experiment.model)
    parameters, logarithms = _scaled(experiment, f"experiments.{name}", where)
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
    )


def _scaled(experiment: Experiment, key: str, where: Setup) -> tuple[str, list[str]]:
    """Parameterization of an experiment with its logarithms, and the names that these are of.

    Raises ConfigurationError that names the parameter which has no logarithm.
    """
    names = [name for name, kind in experiment.scale.items() if kind == "log"]
    if not experiment.scale:
        return experiment.parameters, names
    bounds, given = {}, _bounds(experiment, key, names)
    try:
        space = load(where.model).parameterization(experiment.parameters, face(where).inputs).space
        for name in experiment.scale:
            bounds[name] = given.get(name, space.limits(name))
    except ModelError as error:
        raise ConfigurationError(f"{key}.{error}") from error
    except SpaceError as error:
        raise ConfigurationError(f"{key}.scale.{error}") from error
    try:
        own = space.narrowed(bounds)
    except SpaceError as error:
        raise ConfigurationError(f"{key}.prior.{error}") from error
    try:
        own.logarithmic(names)
    except SpaceError as error:
        raise ConfigurationError(f"{key}.scale.{error}; prior may narrow them") from error
    return scale.named(experiment.parameters, {name: bounds[name] for name in names}), names


def _bounds(
    experiment: Experiment, key: str, logarithms: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Bounds that an experiment gives by name of a parameter.

    Raises ConfigurationError for a distribution of a parameter that is on a logarithmic scale.
    """
    bounds = {}
    for name, marginal in experiment.prior.items():
        stated = marginal.stated()
        if isinstance(stated, list):
            bounds[name] = (float(stated[0]), float(stated[1]))
        elif name in logarithms:
            raise ConfigurationError(
                f"{key}.prior.{name}: expected bounds of a parameter on a logarithmic scale "
                f"(or no such scale), found {stated}"
            )
    return bounds


def reference_problem(study: Study, parameters: str, observable: str, backend: str) -> Problem:
    """Problem that a reference posterior is of."""
    where = setup(study, backend, "chain")
    target = study.reference.target
    return _posed(study, "reference.problems", where, parameters, observable, {}, target)


def target(study: Study, name: str, where: Setup | None = None) -> Target:
    """Target by name: measured at a position, or given by a file.

    ``where`` it is given to: what another backend measures is transferred there. Raises
    ConfigurationError that names the target if there is no such file.
    """
    configured = study.targets.get(name)
    if configured is not None and configured.file is not None:
        return Given(name, configured.file, _content(name, configured.file))
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


def observables(study: Study, where: Setup, experiments: Iterable[str]) -> list[str]:
    """Observables that a table of measurements for these experiments holds the features of.

    Those of every table, and what cannot be had from them.
    """
    used = (
        study.experiments[name].observable
        for name in experiments
        if study.experiments[name].model == where.model
    )
    return with_tabulated(where, used)


def tabulated(where: Setup) -> list[str]:
    """Observables whose features stand in every table of measurements."""
    return list(load(where.model).tabulated_of(face(where).signals))


def with_tabulated(where: Setup, names: Iterable[str]) -> list[str]:
    """Tabulated observables, and those of ``names`` that cannot be had from them.

    Without those that these signals have no features of: that is told where a problem is posed.
    """
    model, signals = load(where.model), face(where).signals
    found = list(model.tabulated_of(signals))
    for name in dict.fromkeys(names):
        try:
            if not model.tabular(name, signals):
                found.append(name)
        except UnavailableError:
            continue
    return found


def features(where: Setup, names: Iterable[str]) -> tuple[str, ...]:
    """Features of observables, each once."""
    model, signals = load(where.model), face(where).signals
    columns = [name for key in names for name in model.observable(key, signals).names]
    return tuple(dict.fromkeys(columns))


def plane(where: Setup) -> str:
    """First parameterization of a model, over whose space grids are measured."""
    return next(iter(_model(where).parameterizations))


def check(study: Study) -> None:
    """Raise ConfigurationError for the first experiment that poses no problem.

    So do names that would put the results of two things in one folder. Experiments of models that
    the backend does not measure, or with what it lacks of a model, are left alone, unless it is the
    one that is to be answered (OtherModelError, UnavailableError).
    """
    models_by_folder: dict[str, str] = {}
    for name, experiment in study.experiments.items():
        other = models_by_folder.setdefault(stem(experiment.model), experiment.model)
        taken = is_file(experiment.model) and stem(experiment.model) in model_names()
        if taken or other != experiment.model:
            raise ConfigurationError(
                f"experiments.{name}.model: expected another name of the file than that of "
                f"{stem(experiment.model) if taken else other}, found {experiment.model!r}"
            )
        try:
            posed = problem(study, name, backend_of(study, experiment.model))
            convolved = experiment.estimator.embedding in ("cnn", "autoencoder")
            if convolved and len(posed.features) < LEAST_FEATURES:
                raise ConfigurationError(
                    f"experiments.{name}.estimator.embedding: expected fc for fewer than "
                    f"{LEAST_FEATURES} features, found {experiment.estimator.embedding!r} for "
                    f"{len(posed.features)}"
                )
        except (OtherModelError, UnavailableError):
            if name == study.experiment:
                raise
            continue
        _expect_trials(study, name, posed)
    folders = {stem(model) for model in models(study)} | {"reference"}
    for name in study.experiments:
        if name in folders:
            raise ConfigurationError(
                f"experiments.{name}: expected a name that is none of {', '.join(sorted(folders))}"
            )


def _expect_trials(study: Study, name: str, posed: Problem) -> None:
    """Raise ConfigurationError if an experiment is given more trials than its target has."""
    asked = study.experiments[name].trials
    if asked is None:
        return
    count = study.target.trials
    if isinstance(posed.target, Given):
        table, _ = trials(study, posed.setup, posed.target.name)
        columns = [part for part in posed.features if part in table]
        count = len(table.dropna(subset=columns))
    if asked > count:
        raise ConfigurationError(
            f"experiments.{name}.trials: expected at most {count}, the complete trials of the "
            f"target {posed.target.name}, found {asked}"
        )


def try_model(study: Study) -> None:
    """Measure a few parameters with the model's file of the experiment that is asked for.

    Raises ConfigurationError if its function returns anything but the signals that it names.
    """
    if study.experiment is None or not is_file(study.experiments[study.experiment].model):
        return
    experiment = study.experiments[study.experiment]
    backend = face(setup(study, "function", experiment.model))
    posed = problem(study, study.experiment, "function")
    random = generator(study.seed, "try_model")
    try:
        mapping = load(experiment.model).parameterization(posed.parameterization, backend.inputs)
        inputs = mapping(posed.prior.draw(TRIED, random))
        signals = backend.measure(pd.DataFrame(), inputs, random, [*backend.signals])
        observable = load(experiment.model).observable(experiment.observable, backend.signals)
        made_features([observable], signals)
    except ModelError as error:
        raise ConfigurationError(f"experiments.{study.experiment}.model: {error}") from error


def observable_files(study: Study, model: str) -> list[str]:
    """Files of observables of the experiments with a model, each once."""
    used = (part.observable for part in study.experiments.values() if part.model == model)
    return sorted({name for name in used if is_file(name)})


def face(where: Setup) -> Backend:
    """Backend as far as its inputs and signals go; nothing is measured with it."""
    key = config_digest(where.plain())
    if key not in _FACES:
        _FACES[key] = make(where)
    return _FACES[key]


_FACES: dict[str, Backend] = {}


def _model(where: Setup) -> Model:
    return load(where.model)


def trials(study: Study, where: Setup, name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Trials of a target from a file and their units.

    Raises ConfigurationError that names target and file for everything that is wrong with it.
    """
    configured = study.targets[name]
    content = _content(name, configured.file or "")
    settings = trials_settings(study, where, name)
    key = config_digest(
        [where.plain(), name, configured.model_dump(mode="json"), settings, content]
    )
    if key not in _TRIALS:
        _TRIALS[key] = _read_trials(study, where, name)
    return _TRIALS[key]


_TRIALS: dict[str, tuple[pd.DataFrame, dict[str, str]]] = {}


def trials_settings(study: Study, where: Setup, name: str) -> dict[str, Any]:
    """What a target's file is read with, as plain data."""
    model, backend = load(where.model), face(where)
    users = [key for key, experiment in study.experiments.items() if experiment.target == name]
    names = {
        parameter
        for mapping in model.parameterizations_of(backend.inputs).values()
        for parameter in mapping.space.names
    }
    wanted = observables(study, where, users)
    if study.targets[name].scale == INFERRED:
        of_model = [key for key in users if study.experiments[key].model == where.model]
        wanted = list(dict.fromkeys(study.experiments[key].observable for key in of_model))
    return {
        "units": study.targets[name].units or {},
        "signals": plain_signals(backend.signals),
        "observables": wanted,
        "parameters": sorted(names),
        "scale": study.targets[name].scale,
    }


def _content(name: str, path: str) -> str:
    """Digest of a target's file; raises ConfigurationError that names the target."""
    try:
        return file_digest(path)
    except ConfigurationError as error:
        raise ConfigurationError(f"targets.{name}: {error}") from error


def _read_trials(study: Study, where: Setup, name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    path = study.targets[name].file or ""
    try:
        return read_trials(path, where, **trials_settings(study, where, name))
    except ArtifactError as error:
        raise ConfigurationError(f"targets.{name}: {error}") from error


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


def _posed(
    study: Study,
    key: str,
    where: Setup,
    parameters: str,
    observable: str,
    prior: dict[str, Statement],
    name: str,
) -> Problem:
    try:
        load(where.model)
        observed = target(study, name, where)
        posed = pose(where, face(where), parameters, observable, prior, observed)
        if isinstance(observed, Given):
            return _restricted(study, posed)
        if isinstance(observed, Transferred):
            _expect_transferable(key, posed, observed)
        else:
            _expect_position(study, where, name)
        return posed
    except UnavailableError as error:
        raise UnavailableError(f"{key}.{error}") from error
    except ModelError as error:
        raise ConfigurationError(f"{key}.{error}") from error
    except SpaceError as error:
        raise ConfigurationError(f"{key}.prior.{error}") from error


def _expect_transferable(key: str, posed: Problem, observed: Transferred) -> None:
    """Raise ConfigurationError unless another backend measures what the problem is given."""
    source = face(observed.setup)
    if isinstance(source, Unmeasured):
        raise ConfigurationError(f"targets.{observed.name}: {source.reason}")
    model = load(posed.setup.model)
    translated = model.parameterization("individual", face(posed.setup).inputs).space
    try:
        model.parameterization(posed.parameterization, translated)
    except UnavailableError as error:
        raise ConfigurationError(
            f"{key}.parameters: expected one of {', '.join(translated.names)}, which are "
            f"translated for the target {observed.name}, found {posed.parameterization!r}"
        ) from error
    observable = model.observable(posed.observable, posed.signals)
    if not set(observable.needs) <= set(model.stored):
        raise ConfigurationError(
            f"{key}.observable: expected one made of {', '.join(model.stored)}, which other "
            f"backends' tables keep, for the target {observed.name}, found {posed.observable!r}"
        )
    if observed.scale is None and not has_no_scale(observable, model, posed.signals):
        raise ConfigurationError(
            f"{key}.observable: expected one that no scale changes, since that of the target "
            f"{observed.name} is inferred, found {posed.observable!r}"
        )


def _expect_position(study: Study, where: Setup, name: str) -> None:
    """Raise ConfigurationError for a position between bounds that are infinite."""
    model, inputs = load(where.model), face(where).inputs
    if inputs.finite.all():
        return
    key = position_parameterization(study, where, name)
    try:
        model.parameterization(key, inputs).space.scale(np.array(study.target_positions()[name]))
    except SpaceError as error:
        raise ConfigurationError(f"targets.{name}: {error}; give a file of trials") from error


def tested_on_whole_range(study: Study, name: str, backend: str) -> bool:
    """Whether the prior of an experiment is uniform over all of the range of its parameters.

    None is that has the logarithms of some, whose range the experiment states.
    """
    posed = problem(study, name, backend)
    if scale.split(posed.parameterization)[1]:
        return False
    mapping = load(posed.setup.model).parameterization(
        posed.parameterization, face(posed.setup).inputs
    )
    return bool(mapping.space.finite.all()) and posed.prior == Box(mapping.space)


def known_parameters(study: Study, name: str, backend: str) -> list[float] | None:
    """Where the target of an experiment was measured, in its own parameters; None if not known.

    Nor is it where the target's position is one of another parameterization.
    """
    posed = problem(study, name, backend)
    if not isinstance(posed.target, Measured):
        return None
    model, inputs = load(posed.setup.model), face(posed.setup).inputs
    linear, _ = scale.split(posed.parameterization)
    if linear not in model.parameterizations:
        linear = linear.removesuffix(scale.LOGARITHMIC)
    space = model.parameterization(linear, inputs).space
    measured = position_parameterization(study, posed.setup, posed.target.name)
    if linear != measured:
        return None
    values = space.scale(np.array(posed.target.position))
    return [
        float(value) if own == name else float(np.log10(value))
        for value, name, own in zip(values, space.names, posed.parameters, strict=True)
    ]


def facts(study: Study, name: str, backend: str) -> dict[str, str]:
    """What an answer was made from, for its page: in words, by name."""
    experiment, posed = study.experiments[name], problem(study, name, backend)
    target_ = posed.target
    if isinstance(target_, Given):
        observed = f"{target_.path} ({target_.digest})"
    else:
        place = ", ".join(f"{value:g}" for value in target_.position)
        observed = f"measured at {place} of the ranges"
    if isinstance(target_, Transferred):
        scaled = "of unknown scale" if target_.scale is None else f"times {target_.scale:g}"
        observed += f" on {target_.setup.backend}, {scaled}"
    settings = experiment.estimator.plain()
    return {
        "model": experiment.model,
        "backend": backend,
        "settings": ", ".join(f"{key}: {value}" for key, value in posed.setup.settings.items()),
        "observation": observed,
        "features": ", ".join(posed.features),
        "algorithm": experiment.algorithm,
        "estimator": ", ".join(f"{key}: {value}" for key, value in settings.items()),
        "measurements": f"{experiment.seeds} seeds of {' + '.join(map(str, experiment.rounds))}",
        "seed of the study": str(study.seed),
    }
