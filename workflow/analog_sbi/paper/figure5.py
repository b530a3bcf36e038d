"""Figure 5: exponential fits to the heights at the marked points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analog_sbi.models.chain import FIT_BOUNDS, height_name
from analog_sbi.models.decay import exponential
from analog_sbi.paper.artifacts import TRACES, Artifacts
from analog_sbi.paper.chain import height_label, heights_of_traces
from analog_sbi.paper.criteria import below
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED = 8  # compartments, beyond which heights are not named


@figure(
    "figure5",
    "Exponential fits to the heights at the marked points",
    needs=(TRACES,),
    height=2.6,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw heights and fit over the compartments, scaled and absolute."""
    first, (tau, a, b) = fits(artifacts)
    compartments = np.arange(first.shape[1])
    x = np.linspace(0, compartments[-1], 200)
    colours = (style.ORANGE, style.BLUE, style.GREEN, style.VERMILION)
    length = len(compartments)
    names = [
        f"{i}\n({height_label(height_name(i, 0, length))})" if length <= NAMED else str(i)
        for i in range(length)
    ]
    scaled, absolute = canvas.subplots(1, 2)
    for axes, scale, label in (
        (scaled, first[:, 0], r"height ($h_{00}$)"),
        (absolute, np.ones(len(first)), f"height ({style.unit(artifacts.frame.height_unit)})"),
    ):
        for index in range(len(first)):
            colour = colours[index % len(colours)]
            axes.plot(compartments, first[index] / scale[index], "o", ms=3.5, color=colour)
            curve = a[index] * np.exp(-x / tau[index]) + b[index]
            name = rf"({index + 1}) $\tau$ = {tau[index]:.2f}"
            axes.plot(x, curve / scale[index], color=colour, label=name)
        axes.set_xticks(compartments, names)
        axes.set_xlabel("compartment")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    scaled.legend(frameon=False, title="point")


RESIDUALS = "largest residual of the fit at every marked point / h00"


@claim(
    "scaled-exponentials",
    figure="5",
    paper="an exponential describes the heights' decay",
    needs=(TRACES,),
    holds=below(RESIDUALS, 0.1),
)
def scaled_exponentials(artifacts: Artifacts) -> Finding:
    """Largest residual of the fit at each marked point, relative to h00."""
    first, (tau, a, b) = fits(artifacts)
    fitted = a[:, None] * np.exp(-np.arange(first.shape[1]) / tau[:, None]) + b[:, None]
    residuals = np.abs(fitted - first).max(axis=1) / first[:, 0]
    text = ", ".join(f"{100 * value:.1f} %" for value in residuals)
    return Finding(f"at points 1 to {len(residuals)}: {text}", {RESIDUALS: residuals})


def fits(artifacts: Artifacts) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Heights (P, L) after an input to the first compartment and tau, a, b (P,) of their fits."""
    first = heights_of_traces(artifacts.table(TRACES), artifacts.frame)[:, :, 0]
    return first, exponential(first, FIT_BOUNDS[artifacts.frame.height_unit])
