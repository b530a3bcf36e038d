"""Names that a configuration may use: those of the registries, none of which imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from analog_sbi import algorithms, backends, models
from analog_sbi.errors import BackendError

BACKENDS = tuple(name for name in backends.names() if name != "function")
"""Where models of this package are measured; ``function`` measures those in files."""
ALGORITHMS = tuple(algorithms.ALGORITHMS)
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "maf": ("transforms", "hidden", "blocks", "permutations"),
    "nsf": ("transforms", "hidden", "blocks", "bins"),
    "zuko_maf": ("transforms", "hidden", "blocks"),
    "zuko_nsf": ("transforms", "hidden", "blocks", "bins"),
}
"""Families of estimators, each with the settings that it takes."""
MODELS = tuple(models.names())


@cache
def own_sections() -> tuple[str, ...]:
    """Backends whose settings may stand in a section of their name; one that is broken counts."""
    return tuple(name for name in BACKENDS if _has_section(name))


def _has_section(backend: str) -> bool:
    try:
        return backend in backends.sections(backend)
    except BackendError:  # told where the backend is used
        return True


def parts(model: str) -> dict[str, tuple[str, ...]]:
    """Names of a model of this package by the key of an experiment that they are values of."""
    loaded = models.load(model)
    return {
        "parameters": tuple(loaded.parameterizations),
        "observable": tuple(loaded.observables),
    }
