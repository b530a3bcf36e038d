"""What is refused before any job: experiments that pose no problem, models that do not measure."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analog_sbi.errors import (
    ConfigurationError,
    ModelError,
    OtherModelError,
    UnavailableError,
)
from analog_sbi.estimators.settings import LEAST_FEATURES
from analog_sbi.logs import collected
from analog_sbi.models import Features, features, is_file, load, stem
from analog_sbi.models import names as model_names
from analog_sbi.prior import Prior
from analog_sbi.problem import Given, Problem
from analog_sbi.randomness import generator
from analog_sbi.restricted import Restricted
from analog_sbi.study.posing.files import trials
from analog_sbi.study.posing.problems import problem
from analog_sbi.study.posing.setups import backend_of, face, folder_of, folders, setup
from analog_sbi.study.typed import Study

TRIED = 3, 17
"""Parameter sets that a model's file is tried with before any job; further ones if all failed."""


def check(study: Study) -> None:
    """Raise ConfigurationError for the first experiment that poses no problem.

    So do names that would put the results of two things in one folder. Experiments of models that
    the backend does not measure, or with what it lacks of a model, are left alone, unless it is the
    one that is to be answered (OtherModelError, UnavailableError).
    """
    models_by_folder: dict[str, str] = {}
    for name, experiment in study.experiments.items():
        other = models_by_folder.setdefault(folder_of(study, experiment), experiment.model)
        taken = is_file(experiment.model) and stem(experiment.model) in model_names()
        if is_file(experiment.model) and not re.fullmatch(r"[\w-]+", stem(experiment.model)):
            raise ConfigurationError(
                f"experiments.{name}.model: expected a file named by letters, digits, _ and -, "
                f"found {experiment.model!r}"
            )
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
    taken_by = {*folders(study), "reference"}
    for name in study.experiments:
        if name in taken_by:
            raise ConfigurationError(
                f"experiments.{name}: expected a name that is none of {', '.join(sorted(taken_by))}"
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

    Of a model of this package its file of an observable is given random signals. Raises
    ConfigurationError if a function returns anything but the signals or features that it names, or
    the model's fails at all parameter sets.
    """
    if study.experiment is None:
        return
    experiment = study.experiments[study.experiment]
    if not is_file(experiment.model):
        if is_file(experiment.observable):
            _try_observable(study, study.experiment)
        return
    backend = face(setup(study, "function", experiment.model))
    posed = problem(study, study.experiment, "function")
    random = generator(study.seed, "try_model")
    mapping = load(experiment.model).parameterization(posed.parameterization, backend.inputs)
    observable = load(experiment.model).observable(experiment.observable, backend.signals)
    reason = ""
    try:
        for count in TRIED:
            with collected() as warnings:
                inputs = mapping(_whole(posed.prior).draw(count, random))
                signals = backend.measure(pd.DataFrame(), inputs, random, [*backend.signals])
            table = np.stack([*features([observable], signals).values()])
            if np.isfinite(table).all(axis=0).any():
                return
            reason = reason or next(iter(warnings), "features that are missing or infinite")
    except ModelError as error:
        raise ConfigurationError(f"experiments.{study.experiment}.model: {error}") from error
    raise ConfigurationError(
        f"experiments.{study.experiment}.model: expected a measurement of one of {sum(TRIED)} "
        f"parameter sets of the prior, found none: {reason}"
    )


def _whole(prior: Prior) -> Prior:
    """The prior, without a region that is yet to be learned."""
    return prior.base if isinstance(prior, Restricted) else prior


def _try_observable(study: Study, name: str) -> None:
    """Raise ConfigurationError if a file's observable makes no table of features.

    What it raises of random signals is left alone, since it may be right for those that are none.
    """
    experiment = study.experiments[name]
    where = setup(study, backend_of(study, experiment.model), experiment.model)
    signals = face(where).signals
    observable = load(experiment.model).observable(experiment.observable, signals)
    random = generator(study.seed, "try_model")
    probe = {}
    for need in observable.needs:
        sizes = [size for size in signals[need].shape if size is not None]
        if len(sizes) < len(signals[need].shape):
            return
        probe[need] = random.uniform(1, 100, (TRIED[0], *sizes))
    try:
        made = observable(probe)
    except ModelError:
        return
    own = Features(observable.names, observable.units, observable.needs, lambda _: made)
    try:
        features([own], probe)
    except ModelError as error:
        raise ConfigurationError(
            f"experiments.{name}.observable: {experiment.observable}: {error}"
        ) from error
