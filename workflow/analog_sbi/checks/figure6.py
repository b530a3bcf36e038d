"""Claims on Figure 6: recovery over rounds."""

from __future__ import annotations

from analog_sbi.checks.distance import distances, with_estimators
from analog_sbi.checks.register import CENTRE
from analog_sbi.checks.table import Artifacts, Verdict
from analog_sbi.observables import feature_names


def rounds_recover(artifacts: Artifacts) -> Verdict:
    """E of every seed after the last round against the smallest reached."""
    target = artifacts.table(CENTRE)
    predictive = artifacts.table("{backend}/rounds_2d/predictive.parquet")
    estimators = artifacts.table("{backend}/rounds_2d/estimators.parquet")
    features = feature_names("first", artifacts.length)
    table = with_estimators(distances(predictive, target, features), estimators)
    first = table[table["round"] == 0]["distance"]
    last = table[table["round"] == table["round"].max()]
    smallest = table["distance"].min()
    recovered = last["distance"] < 2 * smallest
    blind = last.loc[last["blind"], "seed"].tolist()
    text = (
        f"first round {first.min():.1f} to {first.max():.1f}, last {last['distance'].min():.1f} to "
        f"{last['distance'].max():.1f}, smallest {smallest:.1f} {artifacts.height_unit}; "
        f"{int(recovered.sum())} of {len(last)} seeds recover; blind seeds: {blind or 'none'}"
    )
    return Verdict(text, bool(recovered.all()))
