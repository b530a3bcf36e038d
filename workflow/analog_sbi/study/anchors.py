"""Entries of configuration files that share an anchor, each made a thing of its own."""

from __future__ import annotations

from typing import Any


def apart(value: Any) -> Any:
    """A copy of plain data in which no two entries are the same object.

    YAML makes what stands behind an alias, also in ``<<: *anchor``, one object, so that changing
    it for one experiment would change it for all.
    """
    if isinstance(value, dict):
        return {name: apart(part) for name, part in value.items()}
    if isinstance(value, list):
        return [apart(part) for part in value]
    return value
