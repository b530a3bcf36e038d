"""How cost grows: measurements, length of the chain, seeds trained together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.registry import figure
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROWTH = "growth.parquet"
LABELS = {
    "emulations": "emulations",
    "length": "length of the chain\n(1000 emulations)",
    "seeds": "seeds trained together\n(100 epochs)",
}


@figure(
    "growth",
    "How cost grows with measurements, length of the chain and seeds",
    needs=(GROWTH,),
    height=2.3,
    target="benchmark",
    category=None,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw wall time over size, a panel a kind of size, with a line of proportional growth."""
    growth = artifacts.table(GROWTH)
    for axes, (kind, label) in zip(canvas.subplots(1, len(LABELS)), LABELS.items(), strict=True):
        rows = growth[growth["of"] == kind].sort_values("size")
        axes.loglog(rows["size"], rows["seconds"], "o-", ms=3, color=style.BLUE)
        last = rows.iloc[-1]
        axes.loglog(
            rows["size"],
            last["seconds"] * rows["size"] / last["size"],
            ":",
            color=style.GREY,
            label="proportional",
        )
        style.plain_ticks(axes.xaxis, list(rows["size"]))
        style.plain_logarithm(axes.yaxis)
        axes.set_xlabel(label)
        axes.set_ylabel("wall time (s)")
        axes.legend(frameon=False)
