"""What figures take from a study: tables, the seed that is shown, the frame of the plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analog_sbi.artifacts import read_table
from analog_sbi.backends import make
from analog_sbi.checks.seeds import last_round
from analog_sbi.plots.plane import Frame

read = read_table


def last_round_of(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of one seed in the last round."""
    rows = last_round(table)
    return rows[rows["seed"] == seed]


def frame(settings: Mapping[str, Any]) -> Frame:
    """Frame of the panels on the plane, from the settings of a figure."""
    device = make(settings["backend"], settings["settings"])
    return Frame(
        limits=device.limits,
        points=np.array(settings["points"]),
        time_unit=device.time_unit,
        height_unit=device.height_unit,
        spike_interval=settings["settings"]["spike_interval"],
    )
