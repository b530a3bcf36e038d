"""Claims on Figure 8: amortized inference."""

from __future__ import annotations

from analog_sbi.checks.register import RECOVERED
from analog_sbi.checks.table import Artifacts, Verdict


def amortized(artifacts: Artifacts) -> Verdict:
    """Place of each target's parameters in the posterior of the first round."""
    table = artifacts.table(RECOVERED)
    table = table.assign(gain=table["prior_distance"] / table["distance"])
    medians = table.groupby("target")[["level", "gain"]].median()
    inside, near = medians["level"] <= 0.95, medians["gain"] > 3
    each = ((table["level"] <= 0.95) & (table["gain"] > 3)).groupby(table["seed"]).all()
    text = "; ".join(
        f"{name}: level {row['level']:.2f}, {row['gain']:.1f} times nearer"
        for name, row in medians.iterrows()
    )
    return Verdict(
        f"{text} (medians over seeds); holds for all targets for {int(each.sum())} of {len(each)} "
        "seeds",
        bool((inside & near).all()),
    )
