"""Plasticity is not part of the model; its names can be imported and are refused when used."""

from __future__ import annotations

from analog_sbi.chip.pynn.unsupported import OF_THE_PLASTICITY_RULES, refused


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in OF_THE_PLASTICITY_RULES:
        return refused(f"plasticity_rules.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
