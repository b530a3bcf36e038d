"""Observables and features that tables of measurements hold."""

from __future__ import annotations

from collections.abc import Iterable

from analog_sbi.backends import Setup
from analog_sbi.errors import ModelError
from analog_sbi.models import load
from analog_sbi.study.posing.setups import face
from analog_sbi.study.typed import Study


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
    own = [name for name in _available(where, names) if not model.tabular(name, signals)]
    return [*model.tabulated_of(signals), *own]


def legible(where: Setup, names: Iterable[str]) -> list[str]:
    """Tabulated observables, and those of ``names`` that have features of other names.

    A user's file may have columns of all of them.
    """
    model, signals = load(where.model), face(where).signals
    found = list(model.tabulated_of(signals))
    known = set(features(where, found))
    own = _available(where, names)
    return [*found, *(key for key in own if not known.issuperset(features(where, [key])))]


def _available(where: Setup, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that the model has, with these signals, each once."""
    model, signals = load(where.model), face(where).signals
    found = []
    for name in dict.fromkeys(names):
        try:
            model.observable(name, signals)
        except ModelError:
            continue
        found.append(name)
    return found


def features(where: Setup, names: Iterable[str]) -> tuple[str, ...]:
    """Features of observables, each once."""
    model, signals = load(where.model), face(where).signals
    columns = [name for key in names for name in model.observable(key, signals).names]
    return tuple(dict.fromkeys(columns))
