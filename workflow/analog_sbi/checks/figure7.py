"""Claims on Figure 7: size of the estimator, and networks that are blind to the observation."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from scipy.stats import binom

from analog_sbi.checks.distance import FAILED, distances, with_estimators
from analog_sbi.checks.register import CENTRE, REVERSED, SIZES, TRANSFORMS
from analog_sbi.checks.seeds import last_round
from analog_sbi.checks.table import Artifacts, Verdict
from analog_sbi.observables import feature_names


def size_table(artifacts: Artifacts, names: tuple[str, ...]) -> pd.DataFrame:
    """E, blindness and size of every seed of experiments ``size_2d_<transforms>x<hidden>``.

    Columns ``transforms``, ``hidden``, ``seed``, ``distance``, ``blind``, ``weights`` and more.
    """
    target = artifacts.table(CENTRE)
    features = feature_names("first", artifacts.length)
    parts = [
        size_rows(
            name,
            artifacts.table(f"{{backend}}/{name}/predictive.parquet"),
            artifacts.table(f"{{backend}}/{name}/estimators.parquet"),
            target,
            features,
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


def size_rows(
    name: str,
    predictive: pd.DataFrame,
    estimators: pd.DataFrame,
    target: pd.DataFrame,
    features: Sequence[str],
) -> pd.DataFrame:
    """Rows of ``size_table`` for one experiment, after its last round."""
    transforms, hidden = name.rsplit("_", 1)[1].split("x")
    distance = distances(last_round(predictive), target, features)
    part = with_estimators(distance, estimators)
    return part.assign(transforms=int(transforms), hidden=int(hidden))


def medians(table: pd.DataFrame) -> pd.Series:
    """Median E over seeds by transforms and hidden units."""
    return table.groupby(["transforms", "hidden"])["distance"].median()


def one_transform_fails(artifacts: Artifacts) -> Verdict:
    """Median E with one transform against five, and of deeper networks against the best."""
    table = size_table(artifacts, SIZES)
    by_depth = table.groupby("transforms")["distance"].median()
    ratio = by_depth[1] / by_depth[5]
    found = medians(table)
    deep = found[[t >= 2 and h >= 30 for t, h in found.index]] / found.min()
    text = f"1 transform {by_depth[1]:.1f}, 5 transforms {by_depth[5]:.1f} (ratio {ratio:.2f}); "
    text += f"2 or more of 30 or more units: {deep.min():.2f} to {deep.max():.2f} times the best"
    return Verdict(text, bool(ratio > 1.5 and deep.max() <= 1.3))


def size_is_no_guide(artifacts: Artifacts) -> Verdict:
    """Weights and median E of 1x40, 1x50 and 5x10."""
    table = size_table(artifacts, SIZES)
    weights = table.groupby(["transforms", "hidden"])["weights"].first()
    found = medians(table)
    sizes = [(1, 40), (1, 50), (5, 10)]
    text = ", ".join(f"{t}x{h}: {weights[t, h]} weights, E {found[t, h]:.1f}" for t, h in sizes)
    counts = [weights[size] for size in sizes] == [3764, 5704, 1720]
    fail = all(found[1, h] > FAILED * found[5, 10] for h in (40, 50))
    return Verdict(text, bool(counts and fail))


def own_blind_share(artifacts: Artifacts) -> Verdict:
    """Share of blind networks by depth against 0.5^(t - 1)."""
    table = size_table(artifacts, SIZES)
    holds, texts = True, []
    for transforms in TRANSFORMS:
        blind = table.loc[table["transforms"] == transforms, "blind"]
        chance = 0.5 ** (transforms - 1)
        low, high = (
            (len(blind), len(blind)) if chance == 1 else binom.interval(0.99, len(blind), chance)
        )
        holds &= bool(low <= blind.sum() <= high)
        texts.append(f"t = {transforms}: {int(blind.sum())} of {len(blind)} ({chance:g})")
    return Verdict("; ".join(texts), holds)


def own_blind_explains(artifacts: Artifacts) -> Verdict:
    """E of blind networks and of the others against the best median."""
    table = size_table(artifacts, SIZES)
    failed = table["distance"] > FAILED * medians(table).min()
    blind, others = failed[table["blind"]], ~failed[~table["blind"]]
    text = f"{blind.mean():.1%} of {len(blind)} blind ones fail, "
    text += f"{others.mean():.1%} of {len(others)} others recover"
    return Verdict(text, bool(blind.mean() >= 0.95 and others.mean() >= 0.8))


def own_reverse_repairs(artifacts: Artifacts) -> Verdict:
    """E of shallow networks with reversed permutations against the best median."""
    limit = FAILED * medians(size_table(artifacts, SIZES)).min()
    table = size_table(artifacts, REVERSED)
    texts, holds = [], True
    for (transforms, hidden), rows in table.groupby(["transforms", "hidden"]):
        recovered = rows["distance"] <= limit
        holds &= bool(recovered.all())
        texts.append(
            f"{transforms}x{hidden}: {int(recovered.sum())} of {len(rows)} seeds "
            f"(E {rows['distance'].min():.1f} to {rows['distance'].max():.1f})"
        )
    return Verdict("; ".join(texts), holds)
