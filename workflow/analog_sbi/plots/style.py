"""Style of all figures: sizes for print, colours that colour-blind readers can tell apart."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analog_sbi.artifacts import Maker, write_bytes
from analog_sbi.space import printed_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

unit = printed_unit
"""A unit as figures print it."""

WIDTH = 7.1  # inches: two columns in print
MM = 1 / 25.4

# Okabe and Ito's palette; its colours differ in lightness as well.
GREEN = "#009E73"
BLUE = "#0072B2"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
GREY = "#6E6E6E"
MARKERS = "osD^vPX<>p"
EVEN = 3.0  # ends of a logarithmic axis in a smaller ratio have ticks in even steps
SIGNS = ((-1, -1), (1, 1), (-1, 1), (1, -1))  # arms of a cross
OPEN = 0.45  # part of an arm that is left open at the centre

SETTINGS: dict[Any, Any] = {
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
    # seaborn's own, where matplotlib's copy of its style has others
    "font.sans-serif": ["Arial", "DejaVu Sans"],
    "legend.frameon": True,
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "xtick.minor.size": 2.0,
    "ytick.minor.size": 2.0,
    "figure.dpi": 100,
    "savefig.dpi": 300,
}


@contextmanager
def figure(height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Open a figure of that height in inches in the style of the study; closed at the end."""
    import matplotlib

    matplotlib.use("Agg")

    import matplotlib.pyplot as plt

    with plt.style.context("seaborn-v0_8-ticks"), plt.rc_context(SETTINGS):
        canvas = plt.figure(figsize=(width, height), layout="constrained")
        try:
            yield canvas
        finally:
            plt.close(canvas)


def save(canvas: Figure, svg: str | Path, png: str | Path, maker: Maker | None = None) -> None:
    """Write a figure as SVG and PNG; equal content of one maker gives equal files."""
    for path, kind, changing in ((svg, "svg", "Date"), (png, "png", "Software")):
        file = io.BytesIO()
        canvas.savefig(file, format=kind, metadata={changing: None})
        write_bytes(file.getvalue(), path, maker)


def stacked(
    canvas: Figure, ratios: tuple[float, float], space: float
) -> tuple[SubFigure, SubFigure]:
    """Upper and lower part of a figure, of heights in these ratios, with space between."""
    parts = canvas.subfigures(2, 1, squeeze=False, height_ratios=ratios, hspace=space)
    return parts[0, 0], parts[1, 0]


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
    """Label a logarithmic axis with few, plain numbers, which the data must have set before.

    Over more than two decades these are the powers of ten; over less than a factor of three even
    steps, which are nearly even on the axis too.
    """
    from matplotlib.ticker import (
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
        StrMethodFormatter,
    )

    low, high = axis.get_view_interval()
    decades = math.log10(high / low)
    if high < EVEN * low:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axis.set_minor_locator(NullLocator())
    else:
        subs = (1,) if decades > 2 else (1, 2, 5) if decades > 0.7 else (1, 1.5, 2, 3, 4, 6, 8)
        axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def plain_ticks(axis: Axis, values: list[float]) -> None:
    """Put ticks of a logarithmic axis at values, as plain numbers, and nowhere else."""
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    axis.set_major_locator(FixedLocator(values))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def colours(count: int) -> list[Any]:
    """Colours that colour-blind readers can tell apart; beyond ten even steps of hue."""
    import seaborn as sns

    return sns.color_palette("colorblind", count) if count <= 10 else sns.husl_palette(count)


def markers(count: int) -> list[str]:
    """Markers of points; beyond ten they come again, with other colours."""
    return list(islice(cycle(MARKERS), count))


def colour_map(name: str, *steps: str) -> Colormap:
    """Colour map that passes through colours evenly."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, list(steps))


def cross(axes: Axes, x: float, y: float, colour: Any = "black", size: float = 8.0) -> None:
    """Mark parameters that are known by a cross with an open centre, which hides nothing.

    It is whole at the edge of the axes as well; one that is not black has a black rim.
    """
    from matplotlib.path import Path as Outline

    arms = [
        point for sign in SIGNS for point in ((sign[0], sign[1]), (OPEN * sign[0], OPEN * sign[1]))
    ]
    marker = Outline(arms, [Outline.MOVETO, Outline.LINETO] * len(SIGNS))
    rims = ((1.0, colour),) if colour == "black" else ((3.0, "black"), (1.4, colour))
    for width, part in rims:
        axes.plot(
            x, y, marker=marker, ms=size, mew=width, mec=part, mfc="none", clip_on=False, zorder=10
        )


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
