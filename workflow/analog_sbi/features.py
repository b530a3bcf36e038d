"""Features of an observable: from measured signals, or from a table of measurements.

Shapes: N measurements, F features.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_table
from analog_sbi.errors import ArtifactError
from analog_sbi.models import load
from analog_sbi.problem import Problem


def feature_values(table: pd.DataFrame, problem: Problem) -> np.ndarray:
    """Features (N, F) of the problem's observable for the rows of a table.

    They are its columns, or are had from the signals that its columns keep. Raises ArtifactError
    if the table has neither.
    """
    if set(problem.features) <= set(table.columns):
        return table[list(problem.features)].to_numpy()
    model = load(problem.setup.model)
    observable = model.observable(problem.observable, problem.signals)
    signals = {}
    for name in observable.needs:
        columns = _columns(problem, name)
        absent = [column for column in columns if column not in table]
        if absent or not columns:
            raise ArtifactError(
                f"expected columns {', '.join(problem.features)}, or those of {name}; missing: "
                f"{', '.join(absent or problem.features)}"
            )
        shape = problem.signals[name].shape
        signals[name] = table[columns].to_numpy().reshape(len(table), *shape)
    values = np.asarray(observable(signals), dtype=float)
    return values[:, [observable.names.index(name) for name in problem.features]]


def with_features(table: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """The table with columns of the problem's features."""
    if set(problem.features) <= set(table.columns):
        return table
    columns = dict(zip(problem.features, feature_values(table, problem).T, strict=True))
    return table.assign(**columns)


def read_trials(path: str | Path, problem: Problem) -> pd.DataFrame:
    """Trials of a target, a row each, with columns of the problem's features.

    Raises ArtifactError that names the file if it holds anything else.
    """
    table = read_table(path)
    try:
        return with_features(table, problem)
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from error


def complete_trials(path: str | Path, problem: Problem, count: int) -> np.ndarray:
    """The first ``count`` trials (count, F) of a target that have all features.

    Raises ArtifactError as read_trials does, or if there are fewer.
    """
    whole = read_trials(path, problem)[list(problem.features)].dropna()
    if len(whole) < count:
        raise ArtifactError(
            f"{path}: expected {count} trials with all features, found {len(whole)}"
        )
    return whole.iloc[:count].to_numpy()


def read_observation(path: str | Path, problem: Problem) -> np.ndarray:
    """Mean observation (F,) over the trials of a target: what posteriors are given.

    Raises ArtifactError as read_trials does, or if a feature is missing in every trial.
    """
    trials = read_trials(path, problem)[list(problem.features)]
    absent = [name for name in problem.features if not np.isfinite(trials[name]).any()]
    if absent:
        raise ArtifactError(
            f"{path}: expected a value of every feature, found none of {', '.join(absent)} in all "
            f"{len(trials)} trials"
        )
    return trials.mean().to_numpy()


def _columns(problem: Problem, signal: str) -> list[str]:
    model = load(problem.setup.model)
    if signal not in model.stored:
        return []
    return list(model.observable(model.stored[signal], problem.signals).names)
