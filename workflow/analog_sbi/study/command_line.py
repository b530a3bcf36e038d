"""Values of ``--config``, which Snakemake reads as text below the first level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def typed(config: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration in which what the command line gave is read as in a file.

    ``given`` are the values of ``--config`` as Snakemake has them, which ``config`` contains: of
    ``grid={steps: 20}`` and ``chip={serial: 7}`` the numbers are text. Texts that YAML takes for a
    number, a truth value or nothing become that; all else stays.
    """
    return {**config, **{name: _read(config.get(name), part) for name, part in given.items()}}


def _read(value: Any, given: Any) -> Any:
    """The part of a value that was given; what stood there before stays as it is."""
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return {
            name: _read(part, given[name]) if name in given else part
            for name, part in value.items()
        }
    if isinstance(value, list) and isinstance(given, list) and len(value) == len(given):
        return [_read(part, own) for part, own in zip(value, given, strict=True)]
    return _scalar(value) if isinstance(value, str) and value == given else value


def _scalar(text: str) -> Any:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return found if found is None or isinstance(found, bool | int | float) else text
