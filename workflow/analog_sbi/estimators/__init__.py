"""Density estimators q(theta | x): families of flows, and the training of all seeds of a round.

A family is a module of ``families`` that offers ``FAMILY`` (see ``protocol.Family``); the name of
the module is the name of the family. All networks of an experiment are one state: a dictionary of
tensors with the seeds as leading axis.
Letters for shapes: S seeds, N simulations of a seed, D parameters, F features of an
observation, B items of a batch, A atoms, H hidden units, P weights of a network.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import families

if TYPE_CHECKING:  # whoever asks for names only need not wait for torch
    from analog_sbi.estimators.protocol import Family

TRAINERS = {
    "batched": f"{__name__}.training",
    "sbi": f"{__name__}.stock",
}
"""Modules that train a round, by the value of the key ``training``."""


def names() -> list[str]:
    """Names of the families."""
    return sorted(module.name for module in iter_modules(families.__path__))


def options(name: str) -> tuple[str, ...]:
    """Settings that a family has beside sizes, as they stand in its file: ``frozenset({...})``.

    The file is read and not imported, so that the configuration need not wait for torch.
    """
    path = Path(families.__path__[0]) / f"{name}.py"
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        named = isinstance(node, ast.keyword) and node.arg == "options"
        if isinstance(node, ast.Assign):
            named = [getattr(target, "id", "") for target in node.targets] == ["options"]
        value = getattr(node, "value", None)
        if named and isinstance(value, ast.Call) and value.args:
            return tuple(sorted(ast.literal_eval(value.args[0])))
    return ()


def family(name: str) -> Family:
    """Family by name; raises ConfigurationError for one that there is not."""
    if name not in names():
        raise ConfigurationError(f"family: expected one of {', '.join(names())}, found {name!r}")
    found: Family = import_module(f"{families.__name__}.{name}").FAMILY
    return found
