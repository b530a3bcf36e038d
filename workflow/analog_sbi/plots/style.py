"""Style of all figures: sizes for print, colours that colour-blind readers can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from analog_sbi.artifacts import Maker, drawn_metadata, replacing

WIDTH = 7.1  # inches: two columns in print
MM = 1 / 25.4

# Okabe and Ito's palette; its colours differ in lightness as well.
GREEN = "#009E73"
BLUE = "#0072B2"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREY = "#6E6E6E"
OBSERVABLE_COLOURS = {"tau": GREEN, "first": BLUE, "all": ORANGE}
OBSERVABLE_LABELS = {
    "tau": r"given $\tau^*$",
    "first": r"given $\mathbf{F}^*$",
    "all": r"given $\mathbf{H}^*$",
}

SETTINGS = {
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "lines.linewidth": 0.9,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "analog-sbi",
    "figure.dpi": 100,
    "savefig.dpi": 300,
}


@contextmanager
def figure(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Open a figure of that height in inches in the style of the study; closed at the end."""
    with sns.axes_style("ticks"), plt.rc_context(SETTINGS):
        canvas = plt.figure(figsize=(width, height), layout="constrained")
        try:
            yield canvas
        finally:
            plt.close(canvas)


def save(canvas: Figure, svg: str | Path, png: str | Path, maker: Maker | None = None) -> None:
    """Write a figure as SVG and PNG that name their maker; equal content gives equal files."""
    for path, kind in ((svg, "svg"), (png, "png")):
        with replacing(path) as temporary:
            canvas.savefig(temporary, format=kind, metadata=drawn_metadata(path, maker))


def letter(axes: Axes, text: str) -> None:
    """Put the letter of a panel at its upper left corner."""
    axes.annotate(
        text,
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(-20, 7),
        textcoords="offset points",
        fontsize=10,
        fontweight="bold",
        va="bottom",
        ha="left",
    )


def plain_logarithm(axis: Axis) -> None:
    """Label a logarithmic axis with few, plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def parameter_label(name: str) -> str:
    """Label of an individual parameter, such as g_leak_0 or g_axial_01."""
    kind, index = name.removeprefix("g_").split("_")
    upper = index if kind == "leak" else rf"{index[0]} \leftrightarrow {index[1]}"
    return rf"$g_\mathrm{{{kind}}}^{{{upper}}}$"


def mark(axes: Axes, x: float, y: float, number: int) -> None:
    """Mark a numbered point."""
    axes.annotate(
        str(number),
        xy=(x, y),
        ha="center",
        va="center",
        fontsize=6.5,
        fontweight="bold",
        color="black",
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": "black", "lw": 0.6},
        zorder=10,
    )
