"""What may be transferred from another backend."""

from __future__ import annotations

from analog_sbi.errors import ConfigurationError, UnavailableError
from analog_sbi.models import load
from analog_sbi.problem import Problem, Transferred
from analog_sbi.study.posing.setups import face
from analog_sbi.trials import has_no_scale

TRANSLATED = "individual"
"""The parameterization whose parameters are translated between backends (docs/transfer.md)."""


def expect_transferable(key: str, posed: Problem, observed: Transferred) -> None:
    """Raise ConfigurationError unless another backend measures what the problem is given."""
    model = load(posed.setup.model)
    if TRANSLATED not in model.parameterizations:
        raise ConfigurationError(
            f"targets.{observed.name}: expected null as backend for the model {posed.setup.model}, "
            "which is not translated between backends"
        )
    translated = model.parameterization(TRANSLATED, face(posed.setup).inputs).space
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
