"""Posteriors of some seeds only, and of several together, whatever their kind.

Both are of plain data, where all that belongs to a seed stands in entries of known names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from analog_sbi.posterior import Posterior, from_plain

OF_SEEDS = (
    *("seeds", "history", "state", "states", "log_evidence"),
    *("particles", "weights", "points"),
)
"""Entries with something of every seed: lists, tensors, or tensors by name."""


def of_seeds(posterior: Posterior, seeds: Sequence[int]) -> Posterior:
    """The same of some seeds only, by their numbers and in their order."""
    return from_plain(_selected(posterior.plain(), seeds))


def join(parts: Sequence[Posterior]) -> Posterior:
    """The posterior of all parts, which differ in nothing but their seeds, by ascending seed."""
    contents = [part.plain() for part in parts]
    whole = contents[0] | {
        key: _together([content[key] for content in contents])
        for key in OF_SEEDS
        if key in contents[0]
    }
    return from_plain(_selected(whole, sorted(whole["seeds"])))


def _selected(content: Mapping[str, Any], seeds: Sequence[int]) -> dict[str, Any]:
    index = [content["seeds"].index(number) for number in seeds]
    return {key: _at(index, v) if key in OF_SEEDS else v for key, v in content.items()}


def _at(index: list[int], values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _at(index, part) for name, part in values.items()}
    return values[index] if isinstance(values, Tensor) else [values[i] for i in index]


def _together(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], Mapping):
        return {name: _together([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], Tensor):
        return torch.cat(list(parts))
    return [value for part in parts for value in part]
