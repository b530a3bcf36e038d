"""Panels on the plane of leak and axial conductance, shared by Figures 3 and 9."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analog_sbi.chain import Limits, bounds, scale
from analog_sbi.plots import style

# Contour lines of tau beside that of the target (levels of the original figure).
LEVELS = (0.8, 1.6, 2.0)
SHOWN = (-0.075, 0.425)  # part of the traces that is shown around the input, of the interval


@dataclass(frozen=True)
class Frame:
    """What the panels have in common: ranges, marked points (P, 2), units, stimulus."""

    limits: Limits
    points: np.ndarray
    time_unit: str
    height_unit: str
    spike_interval: float

    @property
    def marked(self) -> np.ndarray:
        """Parameters of the marked points (P, 2)."""
        return scale(self.points, *bounds("global", 2, self.limits))

    def label(self, axes: Axes) -> None:
        """Set range and labels of a plane."""
        axes.set_xlim(*self.limits.leak)
        axes.set_ylim(*self.limits.axial)
        axes.set_xlabel(rf"$g_\mathrm{{leak}}$ ({self.limits.unit_leak})")
        axes.set_ylabel(rf"$g_\mathrm{{axial}}$ ({self.limits.unit_axial})")
        axes.ticklabel_format(axis="both", scilimits=(-3, 4), useMathText=True)
        axes.set_box_aspect(1)

    def mark(self, axes: Axes) -> None:
        """Mark the numbered points in a plane."""
        for number, (leak, axial) in enumerate(self.marked, start=1):
            style.mark(axes, leak, axial, number)


def draw_grid(axes: Axes, grid: pd.DataFrame, target: float, frame: Frame) -> None:
    """Decay constant over the grid with white contour lines, that of the target the thickest."""
    plane = grid.pivot(index="g_axial", columns="g_leak", values="tau")
    x, y, tau = plane.columns.to_numpy(), plane.index.to_numpy(), plane.to_numpy()
    mesh = axes.pcolormesh(x, y, tau, cmap="viridis", shading="nearest", rasterized=True)
    levels = sorted({*LEVELS, round(target, 2)})
    widths = [1.6 if level == round(target, 2) else 0.8 for level in levels]
    lines = axes.contour(x, y, _smooth(tau), levels=levels, colors="white", linewidths=widths)
    axes.clabel(lines, fmt="%.4g", fontsize=6, inline_spacing=2)
    frame.label(axes)
    frame.mark(axes)
    bar = axes.figure.colorbar(mesh, cax=axes.inset_axes([1.04, 0, 0.06, 1]))
    bar.set_label(r"decay constant $\tau$ (compartments)")
    bar.outline.set_linewidth(0.4)


def draw_density(axes: Axes, density: pd.DataFrame, frame: Frame) -> None:
    """Posterior density over the plane, relative to its maximum."""
    plane = density.pivot(index="g_axial", columns="g_leak", values="log_prob")
    x, y = plane.columns.to_numpy(), plane.index.to_numpy()
    relative = np.exp(plane.to_numpy() - plane.to_numpy().max())
    mesh = axes.pcolormesh(
        x, y, relative, cmap="Greens", vmin=0, vmax=1, shading="nearest", rasterized=True
    )
    frame.label(axes)
    frame.mark(axes)
    bar = axes.figure.colorbar(mesh, cax=axes.inset_axes([1.04, 0, 0.06, 1]))
    bar.set_label(r"$p(\theta\,|\,\tau^*)$ (of maximum)")
    bar.outline.set_linewidth(0.4)


def draw_samples(
    main: Axes, samples: dict[str, pd.DataFrame], shown: int, target: np.ndarray, frame: Frame
) -> None:
    """Scatter of posterior samples by observable, with marginal histograms beside the axes.

    ``shown`` samples are drawn, the histograms count all; a cross marks the target (2,).
    """
    top = main.inset_axes([0, 1.02, 1, 0.24], sharex=main)
    right = main.inset_axes([1.02, 0, 0.24, 1], sharey=main)
    sides = (
        (top, "g_leak", frame.limits.leak, "vertical"),
        (right, "g_axial", frame.limits.axial, "horizontal"),
    )
    for observable, table in samples.items():
        colour = style.OBSERVABLE_COLOURS[observable]
        r = np.corrcoef(table["g_leak"], table["g_axial"])[0, 1]
        label = f"{style.OBSERVABLE_LABELS[observable]}, $r$ = {r:.2f}"
        part = table.head(shown)
        main.scatter(
            part["g_leak"], part["g_axial"], s=2.5, color=colour, lw=0, alpha=0.6, label=label
        )
        for axes, name, limits, direction in sides:
            axes.hist(
                table[name],
                bins=np.linspace(*limits, 51),
                color=colour,
                histtype="stepfilled",
                alpha=0.55,
                orientation=direction,
            )
    main.plot(*target, marker="x", ms=5, mew=1.2, color="black", zorder=10)
    frame.label(main)
    main.legend(loc="lower right", frameon=False, handletextpad=0, borderpad=0, markerscale=2.5)
    for axes in (top, right):
        axes.axis("off")


def draw_traces(
    panel: SubFigure | Figure, traces: pd.DataFrame, frame: Frame, relative: bool
) -> Axes:
    """Draw responses to the first input: a row a compartment, a column a marked point.

    ``relative`` scales every column by its height in the first compartment. Returns the first
    axes.
    """
    names = [name for name in traces.columns if name.startswith("v_")]
    points = sorted(traces["point"].unique())
    grid = panel.subplots(len(names), len(points), sharex=True, sharey=True, squeeze=False)
    spike = frame.spike_interval / 2
    reach = [edge * frame.spike_interval for edge in SHOWN]
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
                axes.set_ylabel(str(row), rotation=0, labelpad=6, va="center")
        style_title(grid[0, column], int(point))
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel(f"time ({frame.time_unit})")
    unit = r"$V / h_{00}$" if relative else frame.height_unit
    panel.supylabel(f"compartment, {unit}", fontsize=7.5)
    return grid[0, 0]


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


def _smooth(plane: np.ndarray) -> np.ndarray:
    """Mean over neighbouring grid points, so that contour lines show the trend, not the noise."""
    padded = np.pad(plane, 1, mode="edge")
    rows, columns = plane.shape
    return np.mean(
        [padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0
    )
