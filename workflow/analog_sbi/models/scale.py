"""Scales of parameters: the name of a parameterization that has some of them as logarithms.

``global:log(g_leak=50.0..900.0)`` is the parameterization ``global`` with the decimal logarithm of
``g_leak`` in place of it, from 50 to 900; ``global_log`` has the logarithms of all its parameters.
Bounds stand in the name, since a range that begins at 0 has no logarithm. As a name it travels to
every job that measures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Bounds = Mapping[str, tuple[float, float]]

LOGARITHMIC = "_log"
"""End of the name of a parameterization all of whose parameters are decimal logarithms."""
_NAME = re.compile(r"(?P<linear>.+):log\((?P<parts>[^()]+)\)")


def named(linear: str, bounds: Bounds) -> str:
    """Name of a parameterization with logarithms of some parameters within bounds."""
    parts = ",".join(f"{name}={low!r}..{high!r}" for name, (low, high) in sorted(bounds.items()))
    return f"{linear}:log({parts})" if bounds else linear


def split(name: str) -> tuple[str, dict[str, tuple[float, float]]]:
    """Name of the linear parameterization, and bounds of the parameters that are logarithms.

    Inverts ``named``.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return name, {}
    bounds = {}
    for part in found["parts"].split(","):
        parameter, _, values = part.partition("=")
        low, _, high = values.partition("..")
        bounds[parameter] = (float(low), float(high))
    return found["linear"], bounds
