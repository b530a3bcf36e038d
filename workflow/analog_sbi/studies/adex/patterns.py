"""The model of the neuron beside four recordings of a real chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.criteria import at_most
from analog_sbi.paper.registry import OWN, claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEVIATIONS = "bss2_sim/adex/patterns.parquet"
TRACES = "bss2_sim/adex/pattern_traces.parquet"

TITLES = {
    "subthreshold": "subthreshold",
    "transient": "transient spiking",
    "adaptation": "spike-frequency adaptation",
    "bursting": "bursting",
}
# Numbers that are a potential, where they stand: at a time, or at that of another number.
PLACES: dict[str, float | str] = {
    "v at rest": 75.0,
    "v overshoot": "time of the overshoot",
    "v plateau": 650.0,
    "v after the last spike": "time after the last spike",
    "v undershoot": "time of the undershoot",
    "v at the end": 995.0,
    "w at rest": 75.0,
}
LEVELS = ("v reset", "v between bursts", "w peak", "w trough")
"""Potentials that recur at no one time: drawn as short lines at the right."""


@figure(
    "adex_patterns",
    "Four recorded patterns of a spiking neuron and the model's",
    needs=(DEVIATIONS, TRACES),
    height=4.6,
    target="adex",
    category="Second study",
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw membrane and adaptation of the model as lines, what was read off recordings as dots."""
    deviations, traces = artifacts.table(DEVIATIONS), artifacts.table(TRACES)
    grid = canvas.subplots(2, 2, sharex=True, sharey=True)
    for axes, (pattern, title) in zip(grid.flat, TITLES.items(), strict=True):
        own = traces[traces["pattern"] == pattern]
        time = own["time"] / 1000
        for name, colour in (("v", style.BLUE), ("w", style.ORANGE)):
            label = f"{name}, model" if axes is grid[0, 0] else None
            axes.plot(time, own[name], color=colour, lw=0.9, label=label)
        rows = deviations[deviations["pattern"] == pattern].set_index("number")
        _recorded(axes, rows)
        largest = 100 * rows["deviation"].max()
        axes.set_title(f"{title} (largest deviation {largest:.1f} %)")
        axes.spines[["top", "right"]].set_visible(False)
    grid[0, 0].plot([], [], "o", color="black", ms=3, label="read off a recording")
    grid[0, 0].set_ylim(150, 750)
    canvas.supxlabel("time (ms)")
    canvas.supylabel("MADC LSB")
    canvas.legend(loc="outside upper center", ncols=3, frameon=False)


def _recorded(axes: Axes, rows: pd.DataFrame) -> None:
    recorded = rows["recorded"]
    for name, value in recorded.items():
        if name in PLACES:
            place = PLACES[str(name)]
            time = recorded[place] if isinstance(place, str) else place
            axes.plot(time / 1000, value, "o", color="black", ms=3, zorder=5)
        elif name in LEVELS:
            axes.plot((1.0, 1.03), (value, value), color="black", lw=1.2, clip_on=False)
        elif str(name).startswith("time of spike"):
            axes.plot(value / 1000, 735, "|", color="black", ms=5, zorder=5)


LARGEST = "largest deviation of any number from the recorded one"


@claim(
    "adex-patterns",
    figure="adex_patterns",
    paper="each of four recorded patterns is within 10 % of the numbers read off it, at codes "
    "within the ranges of the demo",
    needs=(DEVIATIONS,),
    holds=at_most(LARGEST, 0.1),
    source=OWN,
)
def adex_patterns(artifacts: Artifacts) -> Finding:
    """Deviations of all numbers; one that is missing is no agreement."""
    table = artifacts.table(DEVIATIONS)
    of_pattern = table.groupby("pattern", sort=False)["deviation"]
    largest = of_pattern.apply(lambda part: part.max(skipna=False))
    texts = [f"{name} {100 * value:.1f} %" for name, value in largest.items()]
    return Finding(", ".join(texts), {LARGEST: largest.to_numpy()})
