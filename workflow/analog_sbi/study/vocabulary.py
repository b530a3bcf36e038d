"""Names that a configuration may use: those of the registries, none of which imports torch."""

from __future__ import annotations

from functools import cache

from analog_sbi import algorithms, backends, estimators, models, sbibm
from analog_sbi.errors import BackendError

BACKENDS = tuple(name for name in backends.names() if name != "function")
"""Where models of this package are measured; ``function`` measures those in files."""
ALGORITHMS = tuple(algorithms.names())
FAMILIES = tuple(estimators.names())
MODELS = tuple(models.names())
SBIBM_TASKS = sbibm.NAMES
SIZES = ("transforms", "hidden", "blocks")
"""Settings that every family of estimators takes."""


@cache
def own_sections() -> tuple[str, ...]:
    """Backends whose settings may stand in a section of their name; one that is broken counts."""
    return tuple(name for name in BACKENDS if _has_section(name))


def _has_section(backend: str) -> bool:
    try:
        return backend in backends.sections(backend)
    except BackendError:  # told where the backend is used
        return True


def settings_of(family: str) -> tuple[str, ...]:
    """Settings that a family of estimators takes."""
    return (*SIZES, *estimators.options(family))


def parts(model: str) -> dict[str, tuple[str, ...]]:
    """Names of a model of this package by the key of an experiment that they are values of."""
    loaded = models.load(model)
    return {
        "parameters": (
            *loaded.parameterizations,
            *(f"{name}{models.scale.LOGARITHMIC}" for name in loaded.parameterizations),
        ),
        "observable": tuple(loaded.observables),
    }
