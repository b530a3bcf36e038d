"""Where something is recorded."""

from __future__ import annotations

from typing import NamedTuple


class RecordingSite(NamedTuple):
    """A compartment of a cell, by numbers."""

    cell_id: int
    comp_id: int


class Recorded(NamedTuple):
    """A variable of a site as a device reads it; ``circuit`` is -1 for sources of spikes."""

    device: str
    variable: str
    site: RecordingSite
    circuit: int
