"""What remedies ask of an experiment, for whoever poses one; nothing is imported here."""

from __future__ import annotations

SEVERAL_SEEDS = ("ensemble", "conformal")
"""Remedies in which seeds judge each other."""
FEWEST = 100
"""Measurements of other seeds that the conformal remedy is calibrated with, at least."""
