"""Panels on the plane of two parameters: maps, contours, samples; and columns of traces.

Shapes: P points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analog_sbi.plots import style
from analog_sbi.space import Space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.contour import QuadContourSet
    from matplotlib.figure import Figure, SubFigure

# Contour lines beside that of the target (levels of the original figure).
LEVELS = (0.8, 1.6, 2.0)
EVENLY = (0.15, 0.5, 0.85)  # parts of the values below other levels
APART = 0.06  # part of the values between two levels, so that their lines can be told apart
EDGES = (0.1, 0.05)  # of the plane, in which no contour line is labelled: half a label
FEW, FAR = 0.02, 1.5  # part of the values that get the last colour if they are so much larger
SMOOTHED = 8  # part of the plane over which contour lines are smoothed: one in so many
SHOWN = (-0.075, 0.425)  # part of the traces that is shown around the input, of the interval


@dataclass(frozen=True)
class Plane:
    """Two parameters, how they are called on axes, and positions (P, 2) that are marked."""

    space: Space
    labels: tuple[str, str]
    points: np.ndarray

    @property
    def names(self) -> tuple[str, str]:
        """Names of the parameters along x and y."""
        return self.space.names[0], self.space.names[1]

    def label(self, axes: Axes) -> None:
        """Set range and labels of a plane."""
        axes.set_xlim(*self.space.limits(self.names[0]))
        axes.set_ylim(*self.space.limits(self.names[1]))
        axes.set_xlabel(f"{self.labels[0]} ({style.unit(self.space.units[0])})")
        axes.set_ylabel(f"{self.labels[1]} ({style.unit(self.space.units[1])})")
        axes.ticklabel_format(axis="both", scilimits=(-3, 4), useMathText=True)
        axes.set_box_aspect(1)

    def mark(self, axes: Axes) -> None:
        """Mark the numbered points in a plane."""
        for number, (x, y) in enumerate(self.space.scale(self.points), start=1):
            style.mark(axes, x, y, number)

    def square(self, table: pd.DataFrame, values: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values of a table over the plane: x (X,), y (Y,) and values (Y, X)."""
        square = table.pivot(index=self.names[1], columns=self.names[0], values=values)
        return square.columns.to_numpy(), square.index.to_numpy(), square.to_numpy()


def draw_values(
    axes: Axes, table: pd.DataFrame, values: str, highlight: float, label: str, plane: Plane
) -> None:
    """Values over a grid with white contour lines, the one to highlight the thickest."""
    x, y, square = plane.square(table, values)
    top = _top(square)
    mesh = axes.pcolormesh(
        x, y, square, cmap="viridis", vmax=top, shading="nearest", rasterized=True
    )
    smoothed = _smooth(square)
    levels = contour_levels(smoothed, highlight)
    widths = [1.6 if level == highlight else 0.8 for level in levels]
    lines = axes.contour(x, y, smoothed, levels=levels, colors="white", linewidths=widths)
    plane.label(axes)
    plane.mark(axes)
    _label_contours(axes, lines, plane)
    bar = _bar(axes, mesh, label, "neither" if top is None else "max")
    # Also where no contour line is: the target may lie beyond what the grid holds.
    bar.ax.plot([0, 1], [highlight] * 2, color="white", lw=1.6, clip_on=False)
    bar.ax.plot([0, 1], [highlight] * 2, color="black", lw=0.5, clip_on=False)


def draw_density(axes: Axes, table: pd.DataFrame, label: str, plane: Plane) -> None:
    """Posterior density over the plane, relative to its maximum."""
    x, y, log_prob = plane.square(table, "log_prob")
    relative = np.exp(log_prob - log_prob.max())
    mesh = axes.pcolormesh(
        x, y, relative, cmap="Greens", vmin=0, vmax=1, shading="nearest", rasterized=True
    )
    plane.label(axes)
    plane.mark(axes)
    _bar(axes, mesh, label)


@dataclass(frozen=True)
class Samples:
    """Samples that are drawn alike."""

    table: pd.DataFrame
    colour: str
    label: str


def draw_samples(
    main: Axes, sets: list[Samples], shown: int, target: np.ndarray | None, plane: Plane
) -> None:
    """Scatter of posterior samples, with marginal histograms beside the axes.

    ``shown`` samples of each set are drawn, the histograms count all and are scaled to their
    maxima; a cross marks the target (2,) if it is known.
    """
    top = main.inset_axes((0, 1.02, 1, 0.24), sharex=main)
    right = main.inset_axes((1.02, 0, 0.24, 1), sharey=main)
    x, y = plane.names
    sides: list[tuple[Axes, str, Literal["vertical", "horizontal"]]]
    sides = [(top, x, "vertical"), (right, y, "horizontal")]
    for samples in sets:
        table, colour = samples.table, samples.colour
        r = np.corrcoef(table[x], table[y])[0, 1]
        label = f"{samples.label}, $r$ = {r:.2f}"
        part = table.head(shown)
        main.scatter(part[x], part[y], s=2.5, color=colour, lw=0, alpha=0.6, label=label)
        for axes, name, direction in sides:
            edges = np.linspace(*plane.space.limits(name), 51)
            counts, _ = np.histogram(table[name], bins=edges)
            # Each to its own maximum, or a wide one would be flat beside a narrow one.
            axes.stairs(
                counts / max(counts.max(), 1),
                edges,
                fill=True,
                color=colour,
                alpha=0.55,
                orientation=direction,
            )
    if target is not None:
        style.cross(main, target[0], target[1])
    plane.label(main)
    legend, other, *_ = _emptiest([samples.table.head(shown) for samples in sets], plane)
    _enlarge(main, sets, shown, target, plane, other)
    main.legend(
        loc=legend,
        frameon=False,
        handletextpad=0,
        borderpad=0,
        markerscale=2.5,
    )
    for axes in (top, right):
        axes.axis("off")


Corner = Literal["lower right", "upper left", "lower left", "upper right"]
CORNERS: dict[Corner, tuple[int, int]] = {
    "lower right": (1, 0),
    "upper left": (0, 1),
    "lower left": (0, 0),
    "upper right": (1, 1),
}
LEGEND = (0.66, 0.25)  # part of the axes that a legend of two lines covers


def _emptiest(tables: list[pd.DataFrame], plane: Plane) -> list[Corner]:
    """Corners of the plane, those with the fewest samples first, where a legend hides the least."""
    theta = np.concatenate([table[list(plane.names)].to_numpy() for table in tables])
    low, high = np.array([plane.space.limits(name) for name in plane.names]).T
    position = (theta - low) / (high - low)

    def covered(corner: Corner) -> int:
        return int((np.abs(position - CORNERS[corner]) < LEGEND).all(axis=1).sum())

    return sorted(CORNERS, key=covered)


HIDDEN = 0.07  # part of the axes that a cross covers
ENLARGED = 0.3  # part of the axes that an enlarged part of it takes
AROUND = 3.0  # standard deviations on either side that it shows


def _enlarge(
    main: Axes,
    sets: list[Samples],
    shown: int,
    target: np.ndarray | None,
    plane: Plane,
    corner: Corner,
) -> None:
    """Show in a corner, enlarged, the narrowest set if the cross would hide it."""
    names = list(plane.names)
    low, high = np.array([plane.space.limits(name) for name in names]).T
    spread = [samples.table[names].std().to_numpy() / (high - low) for samples in sets]
    narrowest = int(np.argmin([each.max() for each in spread]))
    if target is None or 2 * AROUND * spread[narrowest].max() > HIDDEN:
        return
    x, y = (0.96 * (1 - ENLARGED) * part + 0.02 for part in CORNERS[corner])
    inset = main.inset_axes((x, y, ENLARGED, ENLARGED), xticks=[], yticks=[])
    for samples in sets:
        part = samples.table.head(shown)
        inset.scatter(part[names[0]], part[names[1]], s=1.5, lw=0, color=samples.colour, alpha=0.6)
    style.cross(inset, target[0], target[1], size=5)
    middle = sets[narrowest].table[names].mean().to_numpy()
    reach = AROUND * spread[narrowest] * (high - low)
    inset.set(
        xlim=(middle[0] - reach[0], middle[0] + reach[0]),
        ylim=(middle[1] - reach[1], middle[1] + reach[1]),
    )
    inset.spines[:].set_linewidth(0.4)
    main.indicate_inset_zoom(inset, edgecolor="black", lw=0.4, alpha=0.7)


@dataclass(frozen=True)
class Recording:
    """How traces were recorded: time between inputs, its unit, and the unit of potentials."""

    interval: float
    time_unit: str
    unit: str


def draw_traces(
    panel: SubFigure | Figure, traces: pd.DataFrame, recording: Recording, relative: bool
) -> Axes:
    """Draw responses to the first input: a row a compartment, a column a marked point.

    ``relative`` scales every column by its height in the first compartment. Returns the first
    axes.
    """
    names = [name for name in traces.columns if name.startswith("v_")]
    many = len(names) > MANY
    points = sorted(traces["point"].unique())
    grid = panel.subplots(len(names), len(points), sharex=True, sharey=True, squeeze=False)
    spike = recording.interval / 2
    reach = [edge * recording.interval for edge in SHOWN]
    for column, point in enumerate(points):
        rows = traces[traces["point"] == point]
        time = rows["time"].to_numpy() - spike
        window = (time >= reach[0]) & (time <= reach[1])
        before = time < 0
        first = rows[names[0]].to_numpy()
        height = first[window].max() - first[before].mean() if relative else 1.0
        for row, name in enumerate(names):
            axes = grid[row, column]
            potential = rows[name].to_numpy()
            response = (potential - potential[before].mean()) / height
            axes.plot(
                time[window],
                smooth(response[window]),
                color=style.GREY if relative else "black",
                lw=0.7,
                rasterized=True,
            )
            axes.axvline(0, color=style.VERMILION, lw=0.6, zorder=0)
            if column == 0:
                _name_compartment(axes, row, many)
        style_title(grid[0, column], int(point))
    low, high = grid[0, 0].get_ylim()
    grid[0, 0].set_ylim(low, high + ABOVE * (high - low))
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel(f"time ({style.unit(recording.time_unit)})")
    what = r"response / $h_{00}$" if relative else f"response ({style.unit(recording.unit)})"
    panel.supylabel(what, fontsize=7.5)
    return grid[0, 0]


MANY = 6  # compartments, beyond which their rows have no room for words
ABOVE = 0.2  # of the range of a response, for its name above it


def _name_compartment(axes: Axes, number: int, many: bool) -> None:
    axes.text(
        0.98,
        0.98,
        str(number) if many and number else f"compartment {number}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=6,
    )


def style_title(axes: Axes, number: int) -> None:
    """Title of a column of traces: the number of its point."""
    axes.set_title(
        str(number),
        fontweight="bold",
        pad=6,
        bbox={"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": "black", "lw": 0.6},
    )


def smooth(values: np.ndarray, width: int = 9) -> np.ndarray:
    """Running mean over 0.3 us of a trace on the chip: keeps PSPs, thins the noise."""
    if len(values) < 40 * width:
        return values
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def contour_levels(values: np.ndarray, highlight: float) -> list[float]:
    """Levels of contour lines: the highlighted one, and others well apart from it.

    Those of the original figure where the values reach, else some that part the values evenly.
    """
    finite = values[np.isfinite(values)]
    evenly = [float(f"{level:.3g}") for level in np.quantile(finite, EVENLY)]
    levels = [highlight]
    for candidates in (LEVELS, evenly):
        for level in candidates if len(levels) <= 2 else ():
            apart = [np.mean((finite > min(level, n)) & (finite < max(level, n))) for n in levels]
            if finite.min() < level < finite.max() and min(apart) >= APART:
                levels.append(level)
    return sorted(levels)


def _label_contours(axes: Axes, lines: QuadContourSet, plane: Plane) -> None:
    """Label each contour line where it is far from the marked points and the labels so far."""
    taken = [tuple(point) for point in plane.points]
    low, high = np.array([plane.space.limits(name) for name in plane.names]).T
    for level, paths in zip(lines.levels, lines.allsegs, strict=True):
        if not paths:
            continue
        line = (max(paths, key=len) - low) / (high - low)
        edges = np.array(EDGES)
        inner = line[((line > edges) & (line < 1 - edges)).all(axis=1)]
        if not len(inner):
            continue
        far = [min((np.hypot(*(place - t)) for t in taken), default=1.0) for place in inner]
        place = inner[int(np.argmax(far))]
        taken.append(tuple(place))
        axes.clabel(
            lines,
            levels=[level],
            fmt="%.3g",
            fontsize=6,
            inline_spacing=2,
            manual=[tuple(low + place * (high - low))],
        )


def _bar(axes: Axes, mesh: Any, label: str, extend: str = "neither") -> Any:
    bar = axes.figure.colorbar(mesh, cax=axes.inset_axes((1.04, 0, 0.06, 1)), extend=extend)
    bar.set_label(label)
    bar.outline.set_linewidth(0.4)
    return bar


def _top(values: np.ndarray) -> float | None:
    """Value of the last colour if few values are far above the others, else None: the largest."""
    nearly_all = float(np.nanquantile(values, 1 - FEW))
    return nearly_all if np.nanmax(values) > FAR * nearly_all else None


def _smooth(plane: np.ndarray) -> np.ndarray:
    """Mean over neighbouring grid points, so that contour lines show the trend, not the noise."""
    reach = max(1, round(max(plane.shape) / SMOOTHED / 2))
    padded = np.pad(plane, reach, mode="edge")
    rows, columns = plane.shape
    steps = range(2 * reach + 1)
    return np.mean([padded[i : i + rows, j : j + columns] for i in steps for j in steps], axis=0)
