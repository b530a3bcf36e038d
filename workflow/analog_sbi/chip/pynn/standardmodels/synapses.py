"""Synapses of constant weight."""

from __future__ import annotations

from pyNN.standardmodels import build_translations, synapses

from analog_sbi.chip.pynn.unsupported import OF_THE_SYNAPSES, refused


class StaticSynapse(synapses.StaticSynapse):
    """Synapse with a ``weight``, 0..63 per hardware synapse, and no delay.

    Larger weights take several hardware synapses, which add up.
    """

    translations = build_translations(("weight", "weight"), ("delay", "delay"))

    def _get_minimum_delay(self) -> float:
        return 0.0


def __getattr__(name: str) -> object:
    """Stand for what the real module has and this one refuses."""
    if name in OF_THE_SYNAPSES:
        return refused(f"synapses.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
