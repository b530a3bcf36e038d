"""Trials of targets from files, read once."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analog_sbi.backends import Setup
from analog_sbi.errors import ArtifactError, ConfigurationError
from analog_sbi.models import load, plain_signals
from analog_sbi.provenance import config_digest, file_digest
from analog_sbi.study.experiments import INFERRED
from analog_sbi.study.posing.setups import face
from analog_sbi.study.posing.tables import legible
from analog_sbi.study.typed import Study
from analog_sbi.trials import read_trials


def trials(study: Study, where: Setup, name: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Trials of a target from a file and their units.

    Raises ConfigurationError that names target and file for everything that is wrong with it.
    """
    configured = study.targets[name]
    content = content_digest(name, configured.file or "")
    settings = trials_settings(study, where, name)
    key = config_digest(
        [where.plain(), name, configured.model_dump(mode="json"), settings, content]
    )
    if key not in _TRIALS:
        _TRIALS[key] = _read_trials(study, where, name)
    return _TRIALS[key]


def trials_settings(study: Study, where: Setup, name: str) -> dict[str, Any]:
    """What a target's file is read with, as plain data."""
    model, backend = load(where.model), face(where)
    users = [key for key, experiment in study.experiments.items() if experiment.target == name]
    names = {
        parameter
        for mapping in model.parameterizations_of(backend.inputs).values()
        for parameter in mapping.space.names
    }
    of_model = [
        study.experiments[key] for key in users if study.experiments[key].model == where.model
    ]
    asked = list(dict.fromkeys(experiment.observable for experiment in of_model))
    return {
        "units": study.targets[name].units or {},
        "signals": plain_signals(backend.signals),
        "observables": asked if study.targets[name].scale == INFERRED else legible(where, asked),
        "parameters": sorted(names),
        "scale": study.targets[name].scale,
    }


def content_digest(name: str, path: str) -> str:
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


_TRIALS: dict[str, tuple[pd.DataFrame, dict[str, str]]] = {}
