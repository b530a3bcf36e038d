"""Figure 8: samples of the first round's posterior given six different targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analog_sbi.paper.artifacts import Artifacts
from analog_sbi.paper.chain import plane_of
from analog_sbi.paper.criteria import above, at_most
from analog_sbi.paper.registry import claim, figure
from analog_sbi.paper.verdicts import Finding
from analog_sbi.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAMPLES = "{backend}/amortized.parquet"
RECOVERED = "{backend}/recovered.parquet"


@figure(
    "figure8",
    "Samples of the posterior of the first round given several targets",
    needs=(SAMPLES, RECOVERED),
    settings=("predictive.shown", "predictive.seed"),
    height=3.2,
    width=3.5,
)
def draw(canvas: Figure, artifacts: Artifacts) -> None:
    """Draw samples by target as small dots, its true parameters as a cross of their colour."""
    axes, plane = canvas.subplots(), plane_of(artifacts)
    x, y = plane.names
    samples, recovered = artifacts.table(SAMPLES), artifacts.table(RECOVERED)
    samples = samples[samples["seed"] == artifacts.settings["predictive.seed"]]
    targets = list(dict.fromkeys(samples["target"]))
    for colour, target in zip(style.colours(len(targets)), targets, strict=True):
        part = samples[samples["target"] == target].head(artifacts.settings["predictive.shown"])
        axes.scatter(part[x], part[y], s=2.5, lw=0, alpha=0.6, color=colour)
        for star in recovered[recovered["target"] == target].head(1).to_dict("records"):
            style.cross(axes, star[x], star[y], colour)
    plane.label(axes)


LEVEL = "level of the highest-density region at whose edge theta* lies, every target,"
GAIN = "median distance of the prior's samples / of the posterior's to theta*, every target,"


@claim(
    "amortized",
    figure="8",
    paper="the first-round posterior finds six different theta*, edges included",
    needs=(RECOVERED,),
    holds=at_most(LEVEL, 0.95) & above(GAIN, 3),
)
def amortized(artifacts: Artifacts) -> Finding:
    """Place of each target's parameters in the posterior of the first round."""
    table = artifacts.table(RECOVERED)
    table = table.assign(gain=table["prior_distance"] / table["distance"])
    medians = table.groupby("target")[["level", "gain"]].median()
    text = "; ".join(
        f"{name}: level {row['level']:.2f}, {row['gain']:.1f} times nearer"
        for name, row in medians.iterrows()
    )
    return Finding(
        f"{text} (medians over seeds)",
        {LEVEL: medians["level"], GAIN: medians["gain"]},
        [{LEVEL: rows["level"], GAIN: rows["gain"]} for _, rows in table.groupby("seed")],
        "holds for all targets for",
    )
