"""Parameters of an experiment that are inferred on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Iterable

from analog_sbi.backends import Setup
from analog_sbi.errors import ConfigurationError, ModelError, SpaceError
from analog_sbi.models import load, scale
from analog_sbi.study.experiments import Experiment
from analog_sbi.study.posing.setups import face


def scaled(experiment: Experiment, key: str, where: Setup) -> tuple[str, list[str]]:
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
