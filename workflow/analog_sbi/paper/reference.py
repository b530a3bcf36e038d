"""Reference posteriors beside those of SNPE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analog_sbi.paper.artifacts import Artifacts, known_position, of_experiment, target_of
from analog_sbi.paper.chain import COLOURS, GIVEN, kinds, parameter_label, plane_of
from analog_sbi.paper.correlation import REFERENCE as REFERENCE_SAMPLES
from analog_sbi.paper.registry import figure
from analog_sbi.paper.seeds import shown
from analog_sbi.plots import style
from analog_sbi.plots.plane import Plane
from analog_sbi.space import Space

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

TARGET = target_of("first_2d")
REFERENCE_DENSITY = {
    name: f"{{backend}}/reference/global_{name}/density.parquet" for name in ("tau", "first")
}
DENSITY = {
    "tau": of_experiment("tau_2d", "density", "ensemble/density"),
    "first": of_experiment("first_2d", "density", "ensemble/density"),
}
SAMPLES = {
    "first": of_experiment("first_7d", "samples")[0],
    "all": of_experiment("all_7d", "samples")[0],
}
SHOWN = 0  # ensemble
LEVELS = (0.95, 0.5)  # mass of the reference's highest-density regions that are outlined
MAPS = {"tau": "Greens", "first": "Blues"}
ZOOM = 1.6  # what is shown of the plane around the larger region, of its width

Tables = Mapping[str, pd.DataFrame]


@figure(
    "reference",
    "Reference posteriors beside those of SNPE",
    needs=(
        TARGET,
        *REFERENCE_DENSITY.values(),
        *REFERENCE_SAMPLES.values(),
        *(path for paths in DENSITY.values() for path in paths),
        *SAMPLES.values(),
    ),
    settings=("predictive.seed",),
    height=6.6,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw A, B densities over the plane given each observable, C marginals of seven parameters."""
    seed, plane = artifacts.settings["predictive.seed"], plane_of(artifacts)
    target = artifacts.table(TARGET)
    star = known_position(target, plane.names)
    upper, lower = style.stacked(canvas, (1.15, 1), 0.03)
    panels = upper.subplots(len(DENSITY), 3, squeeze=False)
    for line, observable, text in zip(panels, DENSITY, "AB", strict=True):
        of_seed, of_ensemble = map(artifacts.table, DENSITY[observable])
        of_reference = artifacts.table(REFERENCE_DENSITY[observable])
        columns = {
            "reference": of_reference,
            "SNPE, one seed": shown(of_seed, seed),
            "SNPE, an ensemble": shown(of_ensemble, SHOWN, "ensemble"),
        }
        for axes, (title, table) in zip(line, columns.items(), strict=True):
            _density(axes, table, MAPS[observable], plane)
            _outline(axes, of_reference, plane)
            if star is not None:
                style.cross(axes, star[0], star[1], colour=style.VERMILION)
            plane.label(axes)
            axes.set_box_aspect(None)  # wide ones leave no gaps between them
            _zoom(axes, of_reference, plane)
            axes.set_title(f"{title}, {GIVEN[observable]}")
        style.letter(line[0], text)
    reference = {name: artifacts.table(path) for name, path in REFERENCE_SAMPLES.items()}
    samples = {name: shown(artifacts.table(path), seed) for name, path in SAMPLES.items()}
    space = artifacts.problem("all_7d").space
    _marginals(lower, reference, samples, known_position(target, space.names), space)


def outlined_levels(log_prob: np.ndarray) -> list[float]:
    """Densities, relative to the largest, that bound the highest-density regions of LEVELS."""
    density = np.sort(np.exp(log_prob - log_prob.max()))[::-1]
    mass = np.cumsum(density) / density.sum()
    return [float(density[np.searchsorted(mass, level)]) for level in LEVELS]


def _grid(table: pd.DataFrame, plane: Plane) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, log_prob = plane.square(table, "log_prob")
    return x, y, np.exp(log_prob - log_prob.max())


def _density(axes: Axes, table: pd.DataFrame, colours: str, plane: Plane) -> None:
    x, y, relative = _grid(table, plane)
    axes.pcolormesh(
        x, y, relative, cmap=colours, vmin=0, vmax=1, shading="nearest", rasterized=True
    )


def _outline(axes: Axes, table: pd.DataFrame, plane: Plane) -> None:
    levels = outlined_levels(table["log_prob"].to_numpy())
    axes.contour(*_grid(table, plane), levels=levels, colors="black", linewidths=(0.6, 0.9))


def _zoom(axes: Axes, table: pd.DataFrame, plane: Plane) -> None:
    """Show the reference's larger region and what is around it."""
    density = np.exp(table["log_prob"] - table["log_prob"].max())
    inside = table[density >= outlined_levels(table["log_prob"].to_numpy())[0]]
    x, y = plane.names
    for name, limits, change in (
        (x, axes.get_xlim(), axes.set_xlim),
        (y, axes.get_ylim(), axes.set_ylim),
    ):
        middle = (inside[name].min() + inside[name].max()) / 2
        half = ZOOM * (inside[name].max() - inside[name].min()) / 2
        change(max(limits[0], middle - half), min(limits[1], middle + half))


def _marginals(
    panel: SubFigure, reference: Tables, samples: Tables, star: np.ndarray | None, space: Space
) -> None:
    """Histograms of SNPE's samples, filled, and of the reference's, as lines."""
    leak, axial = kinds(space.names)
    grid = panel.subplots(2, len(leak), squeeze=False)
    for line, names in zip(grid, (leak, axial), strict=True):
        for axes, name in zip(line, names, strict=False):
            span = _range([*reference.values(), *samples.values()], name)
            bins = np.linspace(*span, 51)
            for observable in samples:
                colour, label = COLOURS[observable], GIVEN[observable]
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
            if star is not None:
                axes.axvline(star[space.names.index(name)], color="black", ls=":", lw=0.9)
            axes.set_xlim(*span)
            axes.set_xlabel(f"{parameter_label(name)} ({style.unit(space.unit(name))})")
            axes.set_yticks([])
            axes.spines[["top", "right", "left"]].set_visible(False)
        for axes in line[len(names) :]:
            axes.axis("off")
    grid[1, -1].legend(
        *grid[0, 0].get_legend_handles_labels(), loc="center", frameon=False, fontsize=7.5
    )
    style.letter(grid[0, 0], "C")


def _range(tables: Sequence[pd.DataFrame], name: str) -> tuple[float, float]:
    """Where all but few samples of every table lie."""
    quantiles = [table[name].quantile([0.002, 0.998]) for table in tables]
    return min(q.iloc[0] for q in quantiles), max(q.iloc[1] for q in quantiles)
