"""What figures and claims say of the chain: labels, colours of observables, its plane, traces.

Shapes: P points, L compartments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analog_sbi.models.chain import extract_heights, height_name, spike_times, trace_names
from analog_sbi.paper.artifacts import Artifacts, Frame
from analog_sbi.plots import style
from analog_sbi.plots.plane import Plane, Recording

LEAK, AXIAL = "g_leak", "g_axial"
COLOURS = {"tau": style.GREEN, "first": style.BLUE, "all": style.ORANGE}
GIVEN = {
    "tau": r"given $\tau^*$",
    "first": r"given $\mathbf{F}^*$",
    "all": r"given $\mathbf{H}^*$",
}


def parameter_label(name: str) -> str:
    """Label of a conductance of the chain, or of one circuit, such as g_leak_0 or g_axial_01."""
    kind, *index = name.removeprefix("g_").split("_")
    label = rf"g_\mathrm{{{kind}}}"
    if not index:
        return f"${label}$"
    ends = index if len(index) > 1 or kind == "leak" else list(index[0])
    upper = r" \leftrightarrow ".join(ends)
    return rf"${label}^{{{upper}}}$"


def height_label(name: str) -> str:
    """Label of a height, such as h_01 or h_0_11."""
    return f"$h_{{{name.removeprefix('h_').replace('_', ',')}}}$"


def plane_of(artifacts: Artifacts) -> Plane:
    """Plane of leak and axial conductance, with the marked points where these are given."""
    space = artifacts.frame.plane
    labels = parameter_label(space.names[0]), parameter_label(space.names[1])
    points = np.array(artifacts.settings.get("points", ())).reshape(-1, 2)
    return Plane(space, labels, points)


def recording(frame: Frame) -> Recording:
    """How the traces of a frame were recorded."""
    return Recording(frame.interval, frame.time_unit, frame.height_unit)


def heights_of_traces(traces: pd.DataFrame, frame: Frame) -> np.ndarray:
    """Heights (P, L, L) of recorded traces at P points.

    ``traces`` has the columns ``point``, ``time`` and ``v_i`` for each compartment.
    """
    names = trace_names(frame.length)
    spikes = spike_times(frame.interval, frame.length)
    return np.stack(
        [
            extract_heights(rows["time"].to_numpy(), rows[names].to_numpy().T, spikes)
            for _, rows in traces.groupby("point", sort=True)
        ]
    )


def first_row(length: int) -> list[str]:
    """Names of the heights in compartment 0, by the input's distance."""
    return [height_name(0, j, length) for j in range(length)]


def first_column(length: int) -> list[str]:
    """Names of the heights after an input to compartment 0, by the compartment's distance."""
    return [height_name(i, 0, length) for i in range(length)]


def kinds(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Leak and axial conductances of all circuits among names."""
    leak, axial = (
        [name for name in names if name.startswith(f"{kind}_")] for kind in (LEAK, AXIAL)
    )
    return leak, axial


def correlation(rows: pd.DataFrame) -> float:
    """Pearson's correlation of leak and axial conductance."""
    return float(np.corrcoef(rows[LEAK], rows[AXIAL])[0, 1])
