"""Our own claims on posteriors: distance to the reference, misspecification."""

from __future__ import annotations

import pandas as pd

from analog_sbi.checks.register import MISSPECIFICATION
from analog_sbi.checks.seeds import last_round
from analog_sbi.checks.table import Artifacts, Verdict

LARGEST_C2ST = 0.60
LEVEL = 0.05


def own_c2st_first(artifacts: Artifacts) -> Verdict:
    """C2ST of the ensembles given F* to the reference."""
    return near(artifacts.table("{backend}/first_2d/distances.parquet"))


def own_c2st_tau(artifacts: Artifacts) -> Verdict:
    """C2ST of the ensembles given tau* to the reference."""
    return near(artifacts.table("{backend}/tau_2d/distances.parquet"))


def own_specified(artifacts: Artifacts) -> Verdict:
    """Tests of whether the prior can produce the targets."""
    parts = [
        artifacts.table(path).assign(experiment=path.split("/")[1]) for path in MISSPECIFICATION
    ]
    table = pd.concat(parts, ignore_index=True)
    centre = table[table["target"] == "centre"]
    lowest = centre.loc[centre["p_value"].idxmin()]
    refused = table[table["misspecified"]]
    others = sorted(set(refused["target"] + " in " + refused["experiment"]))
    text = (
        f"smallest p {lowest['p_value']:.2f} ({lowest['method']}, {lowest['experiment']}); "
        f"refused of {len(table)} tests of all targets: {', '.join(others) or 'none'}"
    )
    return Verdict(text, bool((centre["p_value"] >= LEVEL).all()))


def near(table: pd.DataFrame) -> Verdict:
    """Whether every ensemble is near the reference after the last round."""
    last = last_round(table)
    ensembles = last[last["kind"] == "ensemble"].sort_values("member")
    seeds = last[last["kind"] == "seed"]
    floor = table.loc[table["kind"] == "floor", "c2st"]
    blind = int(seeds["blind"].sum())
    each = ", ".join(f"{value:.3f}" for value in ensembles["c2st"])
    text = (
        f"ensembles {each}; single seeds median {seeds['c2st'].median():.2f}, range "
        f"{seeds['c2st'].min():.2f} to {seeds['c2st'].max():.2f} ({blind} of {len(seeds)} blind); "
        f"reference against itself {_mean(floor)}"
    )
    return Verdict(text, bool((ensembles["c2st"] <= LARGEST_C2ST).all()))


def _mean(values: pd.Series) -> str:
    return f"{values.mean():.2f}" if len(values) else "not known"
