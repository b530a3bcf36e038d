"""What is refused before any job: experiments that pose no problem, models that do not measure."""

from __future__ import annotations

import pandas as pd

from analog_sbi.errors import (
    ConfigurationError,
    ModelError,
    OtherModelError,
    UnavailableError,
)
from analog_sbi.estimators.settings import LEAST_FEATURES
from analog_sbi.models import features, is_file, load, stem
from analog_sbi.models import names as model_names
from analog_sbi.problem import Given, Problem
from analog_sbi.randomness import generator
from analog_sbi.study.posing.files import trials
from analog_sbi.study.posing.problems import problem
from analog_sbi.study.posing.setups import backend_of, face, models, setup
from analog_sbi.study.typed import Study

TRIED = 3
"""Parameter sets that a model's file is tried with before any job."""


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
        features([observable], signals)
    except ModelError as error:
        raise ConfigurationError(f"experiments.{study.experiment}.model: {error}") from error
