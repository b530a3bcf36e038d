"""Figure of the reference posteriors beside those of SNPE."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analog_sbi.plots import plane, style

LEVELS = (0.95, 0.5)  # mass of the reference's highest-density regions that are outlined
MAPS = {"tau": "Greens", "first": "Blues"}
ZOOM = 1.6  # what is shown of the plane around the larger region, of its width


def draw(
    canvas: Figure,
    *,
    reference_density: dict[str, pd.DataFrame],
    density: dict[str, pd.DataFrame],
    ensemble_density: dict[str, pd.DataFrame],
    reference_samples: dict[str, pd.DataFrame],
    samples: dict[str, pd.DataFrame],
    target: pd.DataFrame,
    frame: plane.Frame,
) -> None:
    """Draw A, B densities over the plane given each observable, C marginals of seven parameters."""
    upper, lower = canvas.subfigures(2, 1, height_ratios=(1.15, 1), hspace=0.03)
    star = target[["g_leak", "g_axial"]].mean().to_numpy()
    panels = upper.subplots(len(density), 3, squeeze=False)
    for line, observable, text in zip(panels, density, "AB", strict=True):
        of_reference = reference_density[observable]
        columns = {
            "reference": of_reference,
            "SNPE, one seed": density[observable],
            "SNPE, an ensemble": ensemble_density[observable],
        }
        for axes, (title, shown) in zip(line, columns.items(), strict=True):
            _density(axes, shown, MAPS[observable])
            _outline(axes, of_reference)
            axes.plot(*star, marker="x", ms=5, mew=1.2, color=style.VERMILION, zorder=10)
            frame.label(axes)
            _zoom(axes, of_reference)
            axes.set_title(f"{title}, {style.OBSERVABLE_LABELS[observable]}")
        style.letter(line[0], text)
    _marginals(lower, reference_samples, samples, star, frame)


def outlined_levels(log_prob: np.ndarray) -> list[float]:
    """Densities, relative to the largest, that bound the highest-density regions of LEVELS."""
    density = np.sort(np.exp(log_prob - log_prob.max()))[::-1]
    mass = np.cumsum(density) / density.sum()
    return [float(density[np.searchsorted(mass, level)]) for level in LEVELS]


def _grid(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    square = table.pivot(index="g_axial", columns="g_leak", values="log_prob")
    log_prob = square.to_numpy()
    return square.columns.to_numpy(), square.index.to_numpy(), np.exp(log_prob - log_prob.max())


def _density(axes: Axes, table: pd.DataFrame, colours: str) -> None:
    x, y, relative = _grid(table)
    axes.pcolormesh(
        x, y, relative, cmap=colours, vmin=0, vmax=1, shading="nearest", rasterized=True
    )


def _outline(axes: Axes, table: pd.DataFrame) -> None:
    levels = outlined_levels(table["log_prob"].to_numpy())
    axes.contour(*_grid(table), levels=levels, colors="black", linewidths=(0.6, 0.9))


def _zoom(axes: Axes, table: pd.DataFrame) -> None:
    """Show the reference's larger region and what is around it."""
    density = np.exp(table["log_prob"] - table["log_prob"].max())
    inside = table[density >= outlined_levels(table["log_prob"].to_numpy())[0]]
    for name, limits, change in (
        ("g_leak", axes.get_xlim(), axes.set_xlim),
        ("g_axial", axes.get_ylim(), axes.set_ylim),
    ):
        middle = (inside[name].min() + inside[name].max()) / 2
        half = ZOOM * (inside[name].max() - inside[name].min()) / 2
        change(max(limits[0], middle - half), min(limits[1], middle + half))


def _marginals(
    panel: SubFigure,
    reference: dict[str, pd.DataFrame],
    samples: dict[str, pd.DataFrame],
    star: np.ndarray,
    frame: plane.Frame,
) -> None:
    """Histograms of SNPE's samples, filled, and of the reference's, as lines."""
    names = [name for name in next(iter(reference.values())) if name.startswith("g_")]
    leak = [name for name in names if name.startswith("g_leak")]
    rows = (
        (leak, frame.limits.unit_leak, star[0]),
        ([name for name in names if name not in leak], frame.limits.unit_axial, star[1]),
    )
    grid = panel.subplots(2, len(leak), squeeze=False)
    for line, (kind, unit, at) in zip(grid, rows, strict=True):
        for axes, name in zip(line, kind, strict=False):
            shown = _range([*reference.values(), *samples.values()], name)
            bins = np.linspace(*shown, 51)
            for observable in samples:
                colour = style.OBSERVABLE_COLOURS[observable]
                label = style.OBSERVABLE_LABELS[observable]
                axes.hist(
                    samples[observable][name],
                    bins=bins,
                    density=True,
                    histtype="stepfilled",
                    color=colour,
                    alpha=0.4,
                    label=f"SNPE {label}",
                )
                axes.hist(
                    reference[observable][name],
                    bins=bins,
                    density=True,
                    histtype="step",
                    color=colour,
                    lw=1.3,
                    label=f"reference {label}",
                )
            axes.axvline(at, color="black", ls=":", lw=0.9)
            axes.set_xlim(*shown)
            axes.set_xlabel(f"{style.parameter_label(name)} ({unit})")
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
        for axes in line[len(kind) :]:
            axes.axis("off")
    grid[1, -1].legend(
        *grid[0, 0].get_legend_handles_labels(), loc="center", frameon=False, fontsize=7.5
    )
    style.letter(grid[0, 0], "C")


def _range(tables: list[pd.DataFrame], name: str) -> tuple[float, float]:
    """Where all but few samples of every table lie."""
    quantiles = [table[name].quantile([0.002, 0.998]) for table in tables]
    return min(q.iloc[0] for q in quantiles), max(q.iloc[1] for q in quantiles)
