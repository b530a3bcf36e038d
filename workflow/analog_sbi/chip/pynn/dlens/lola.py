"""Logical containers: ``Chip`` is the model's chip object, ``AtomicNeuron`` its circuits."""

from __future__ import annotations

from analog_sbi.chip.pynn.chips import AtomicNeuron, Chip
from analog_sbi.chip.pynn.unsupported import refused

__all__ = ["AtomicNeuron", "Chip"]


def __getattr__(name: str) -> object:
    """Stand for what this module does not have."""
    if name.startswith("_"):
        raise AttributeError(name)
    return refused(f"lola.{name}")
