"""Figure 8: samples of the first round's posterior given six different targets."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from analog_sbi.plots import plane


def draw(
    canvas: Figure,
    *,
    samples: pd.DataFrame,
    recovered: pd.DataFrame,
    shown: int,
    frame: plane.Frame,
) -> None:
    """Draw samples by target as small dots, true parameters as crosses."""
    axes = canvas.subplots()
    targets = list(dict.fromkeys(samples["target"]))
    for colour, target in zip(sns.color_palette("colorblind", len(targets)), targets, strict=True):
        part = samples[samples["target"] == target].head(shown)
        star = recovered[recovered["target"] == target].iloc[0]
        axes.scatter(part["g_leak"], part["g_axial"], s=2.5, lw=0, alpha=0.6, color=colour)
        axes.plot(
            star["g_leak"], star["g_axial"], marker="x", ms=6, mew=1.4, color="black", zorder=5
        )
    frame.label(axes)
