"""Trials of a target from a file of the user's: features, or traces that features are made of.

A file is CSV or parquet. Features have their names as columns (``h_00``, ``tau``), a row a trial.
Traces have the columns ``trial``, ``time``, ``v_0``, ``v_1``, ... A second row of a CSV file may
hold units, as the metadata of a parquet file of this study do; other units than the model's are
refused, unless the user says by which number to multiply. Shapes: N trials, F features.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_metadata
from analog_sbi.backends import Setup
from analog_sbi.cells import COUNT, read_cells
from analog_sbi.errors import ArtifactError, ModelError
from analog_sbi.models import Model, Observable, Signals, features, load, signals_of

LEAST = 2  # trials, of which there is a spread
PROBES, PI = 20, 3.141592653589793  # random signals, and a factor that no feature has by chance


def read_trials(
    path: str | Path,
    where: Setup,
    *,
    units: Mapping[str, str],
    signals: Mapping[str, Mapping[str, Any]],
    observables: Sequence[str],
    parameters: Collection[str],
    scale: float | str | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Trials with the features of ``observables`` that a file has, and their units.

    ``units`` are what the user says of columns, ``signals`` those of the backend as plain data;
    columns of ``parameters`` are left out. A feature that is missing in every trial stays out.
    Columns in other units than the model's are multiplied by ``scale``, as all without units are;
    of a scale that is to be inferred only features are read which it does not change.
    Raises ArtifactError in one line for everything that is no such file.
    """
    model, face = load(where.model), signals_of(signals)
    known = scale if isinstance(scale, int | float) else None if scale is None else 1.0
    table, found = _trials(path, units, model, face, where.settings, observables, parameters, known)
    if isinstance(scale, str):
        return scaleless(path, table, model, face, observables)
    return table, found


def scaleless(
    path: str | Path, table: pd.DataFrame, model: Model, signals: Signals, names: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Features of trials which no scale of the signals changes, and their units.

    Raises ArtifactError if the trials have none.
    """
    units: dict[str, str] = {}
    columns: dict[str, np.ndarray] = {}
    for name in names:
        observable = model.observable(name, signals)
        if not has_no_scale(observable, model, signals):
            continue
        values = observable(_stored(observable, table, model, signals))
        columns |= dict(zip(observable.names, values.T, strict=True))
        units |= dict(zip(observable.names, observable.units, strict=True))
    known = pd.DataFrame(columns, index=table.index).dropna(axis=1, how="all")
    if known.empty:
        raise ArtifactError(
            f"{path}: expected an observable that no scale changes, since that is to be inferred, "
            f"found {_listed(names) or 'none'}"
        )
    return known, {str(name): units[str(name)] for name in known}


def has_no_scale(observable: Observable, model: Model, signals: Signals) -> bool:
    """Whether features stay as they are when the signals that tables keep are scaled."""
    if not set(observable.needs) <= set(model.stored):
        return False
    shapes = {name: tuple(size or 1 for size in signals[name].shape) for name in observable.needs}
    random = np.random.default_rng(0)
    probe = {name: random.uniform(1, 100, (PROBES, *shape)) for name, shape in shapes.items()}
    scaled = {name: PI * values for name, values in probe.items()}
    return np.allclose(observable(probe), observable(scaled), rtol=1e-9, equal_nan=True)


def _stored(
    observable: Observable, table: pd.DataFrame, model: Model, signals: Signals
) -> dict[str, np.ndarray]:
    """Signals that an observable needs from the columns that keep them; without one, missing."""
    found = {}
    for name in observable.needs:
        columns = model.observable(model.stored[name], signals).names
        whole = table.reindex(columns=list(columns)).to_numpy(dtype=float)
        found[name] = whole.reshape(len(table), *(size or 1 for size in signals[name].shape))
    return found


def _trials(
    path: str | Path,
    units: Mapping[str, str],
    model: Model,
    signals: Signals,
    settings: Mapping[str, Any],
    observables: Sequence[str],
    parameters: Collection[str],
    scale: float | None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    table, own = read_cells(Path(path))
    own |= dict(units)
    scaled: list[str] = []
    unknown = [name for name in units if name not in table]
    if unknown:
        raise ArtifactError(f"{path}: expected columns that units name, missing {unknown[0]}")
    expected = _expected_units(model, signals, observables)
    if model.traces is not None and set(model.traces.columns(signals)) <= set(table.columns):
        expected |= {name: signals["traces"].unit for name in model.traces.columns(signals)}
        expected["time"] = signals["time"].unit
        _check_units(path, own, expected)
        names = ["trial", "time", *model.traces.columns(signals)]
        _expect_known(path, table, (*names, *parameters), names)
        numbers = _numbers(path, table, names)
        found = _of_traces(path, numbers, model, signals, settings, observables)
    else:
        names = [name for name in expected if name in table]
        _expect_known(path, table, (*expected, "trial", *parameters), list(expected))
        if not names:
            raise ArtifactError(
                f"{path}: expected columns among {_listed([*expected])}; "
                f"found {_listed(list(table.columns))}"
            )
        _expect_different_trials(path, table)
        if scale is not None:
            scaled = [name for name in names if not own or own.get(name) != expected[name]]
        _check_units(path, {name: own[name] for name in own if name not in scaled}, expected)
        found = _numbers(path, table, names)[names]
        found[scaled] *= scale if scale is not None else 1.0
    found = _checked(path, found, model, signals, observables)
    return found, {name: expected[name] for name in map(str, found.columns)}


def _expect_known(
    path: str | Path, table: pd.DataFrame, known: Collection[str], told: Sequence[str]
) -> None:
    """Raise ArtifactError for columns that are not ``known``; it lists those that are ``told``."""
    foreign = [name for name in table if name not in known]
    if foreign:
        raise ArtifactError(
            f"{path}: expected columns among {_listed(told)}; found {_listed(foreign)}"
        )


def _expect_different_trials(path: str | Path, table: pd.DataFrame) -> None:
    """Raise ArtifactError for a column ``trial`` that does not number the rows."""
    if "trial" not in table:
        return
    numbers = _numbers(path, table, ["trial"])["trial"]
    if numbers.isna().any():
        raise ArtifactError(f"{path}: column trial expected numbers, found missing ones")
    twice = numbers[numbers.duplicated()]
    if len(twice):
        raise ArtifactError(
            f"{path}: column trial expected a number of each row, found {twice.iloc[0]:g} twice"
        )


def _numbers(path: str | Path, table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    numbers = {}
    for name in names:
        if name not in table:
            raise ArtifactError(
                f"{path}: expected a column {name}, found {_listed([*table.columns])}"
            )
        kind = table[name].dtype
        if kind.kind in "bmM":  # booleans, times and dates, which pandas would make numbers of
            raise ArtifactError(
                f"{path}: column {name} expected numbers, found {table[name].iloc[0]} in row 1"
            )
        values = pd.to_numeric(table[name], errors="coerce").astype(float)
        wrong = values.isna() & table[name].notna()
        wrong &= table[name].astype(str).str.strip().str.lower() != "nan"
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ArtifactError(
                f"{path}: column {name} expected numbers, found {table[name].iloc[row]!r} "
                f"in row {row + 1}"
            )
        if np.isinf(values).any():
            raise ArtifactError(f"{path}: column {name} expected finite numbers, found inf")
        numbers[name] = values
    return pd.DataFrame(numbers)


def _expected_units(model: Model, signals: Signals, observables: Sequence[str]) -> dict[str, str]:
    return {
        name: unit
        for observable in _made(model, signals, observables)
        for name, unit in zip(observable.names, observable.units, strict=True)
    }


def _made(model: Model, signals: Signals, names: Sequence[str]) -> list[Observable]:
    """Observables that every table has the features of, and further ones."""
    return [model.observable(name, signals) for name in (*model.tabulated_of(signals), *names)]


def _check_units(path: str | Path, own: Mapping[str, str], expected: Mapping[str, str]) -> None:
    for name, unit in own.items():
        if name in expected and unit != expected[name]:
            raise ArtifactError(
                f"{path}: column {name} expected in {expected[name]}, found {unit!r}"
            )


def _of_traces(
    path: str | Path,
    table: pd.DataFrame,
    model: Model,
    signals: Signals,
    settings: Mapping[str, Any],
    observables: Sequence[str],
) -> pd.DataFrame:
    assert model.traces is not None
    names = model.traces.columns(signals)
    if table["trial"].isna().any():
        raise ArtifactError(f"{path}: column trial expected numbers, found missing ones")
    low, high = signals["traces"].limits or (-np.inf, np.inf)
    for name in names:
        _check_range(path, name, table[name], low, high)
    parts = []
    size = None
    for trial, rows in table.groupby("trial", sort=True):
        time, traces = rows["time"].to_numpy(), rows[names].to_numpy().T
        if size not in (None, len(time)):
            raise ArtifactError(
                f"{path}: expected {size} samples of every trial, found {len(time)} of trial "
                f"{trial:g}"
            )
        size = len(time)
        if not (np.diff(time) > 0).all():
            raise ArtifactError(
                f"{path}: expected increasing times, found others in trial {trial:g}"
            )
        try:
            values = model.traces.signals(time, traces[None], settings)
        except ModelError as error:
            raise ArtifactError(f"{path}: trial {trial:g}: {error}") from error
        parts.append(pd.DataFrame(features(_made(model, signals, observables), values)))
    return pd.concat(parts, ignore_index=True)


def _checked(
    path: str | Path,
    table: pd.DataFrame,
    model: Model,
    signals: Signals,
    observables: Sequence[str],
) -> pd.DataFrame:
    present = table.dropna(axis=1, how="all")
    if present.empty or not len(present.columns):
        raise ArtifactError(f"{path}: expected values of features, found none")
    rows = present.dropna(how="all")
    if len(rows) < LEAST:
        raise ArtifactError(f"{path}: expected at least {LEAST} trials, found {len(rows)}")
    limits = _limits(model, signals, observables)
    for name in map(str, rows.columns):
        _check_range(path, name, rows[name], *limits[name])
    units = _expected_units(model, signals, observables)
    counts = all(units[str(name)] == COUNT for name in rows)  # which may be equal by chance
    same = not counts and (rows.nunique() <= 1).all()
    if same and not _is_of_this_study(Path(path)):  # whose simulators may have no noise
        raise ArtifactError(f"{path}: expected trials that differ, found the same values in all")
    return rows.reset_index(drop=True)


def _is_of_this_study(path: Path) -> bool:
    return path.suffix == ".parquet" and "maker" in read_metadata(path)


def _check_range(path: str | Path, name: str, values: pd.Series, low: float, high: float) -> None:
    outside = values[(values < low) | (values > high)]
    if len(outside):
        raise ArtifactError(
            f"{path}: column {name} expected within the readout's range [{low:g}, {high:g}], "
            f"found {outside.iloc[0]:g}"
        )


def _limits(
    model: Model, signals: Signals, observables: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Bounds of features: those of the signal where they are its values, else none."""
    found: dict[str, tuple[float, float]] = {}
    for observable in _made(model, signals, observables):
        stored = [
            name
            for name, flat in model.stored.items()
            if set(observable.names) <= set(model.observable(flat, signals).names)
        ]
        bounds = (signals[stored[0]].limits if stored else None) or (-np.inf, np.inf)
        found |= dict.fromkeys(observable.names, bounds)
    return found


def _listed(names: Sequence[object], most: int = 8) -> str:
    shown = ", ".join(map(str, names[:most]))
    return f"{shown}, ..." if len(names) > most else shown
