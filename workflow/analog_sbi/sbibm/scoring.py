"""How close samples are to a reference posterior, by sbibm's measure and beside its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analog_sbi.artifacts import table_schema
from analog_sbi.sbibm import FOLDER, archive
from analog_sbi.sbibm.inference import Run

FOLDS = 5
SCORES = table_schema(
    numbers=("c2st", "minutes", "acceptance"),
    integers=("observation", "budget", "samples"),
    strings=("task",),
)
"""``minutes`` of the processor that an observation took, those of the measure not included."""
SUMMARY = table_schema(
    numbers=("c2st", "lowest", "highest", "minutes", "published", "published_minutes"),
    integers=("budget", "observations"),
    strings=("task",),
    booleans=("within",),
    nullable=True,
)
"""Medians over observations, beside those of sbibm, missing at budgets that it has none for."""
MARGIN = 0.03  # by which a median may exceed the published one


def c2st(reference: np.ndarray, samples: np.ndarray, seed: int = 1) -> float:
    """Accuracy with which a classifier tells samples (N, D) from those of a reference (N, D).

    As ``sbibm.metrics.c2st``: scikit-learn's network with two hidden layers of 10 D units, mean of
    five folds, parameters in units of the reference's standard deviations, at single precision.
    """
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neural_network import MLPClassifier

    mean, spread = reference.mean(axis=0), reference.std(axis=0, ddof=1)
    both = np.concatenate([(part - mean) / spread for part in (reference, samples)])
    both = both.astype(np.float32)  # as there; the network takes a fifth less time
    label = np.repeat([0.0, 1.0], [len(reference), len(samples)])
    units = 10 * reference.shape[1]
    network = MLPClassifier(
        activation="relu",
        hidden_layer_sizes=(units, units),
        max_iter=10_000,
        solver="adam",
        random_state=seed,
    )
    folds = KFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    return float(cross_val_score(network, both, label, cv=folds, scoring="accuracy").mean())


def score(task: str, observations: Sequence[int], budget: int, run: Run) -> pd.DataFrame:
    """Rows of a task at a budget, an observation each; as many samples of the reference."""
    count = run.samples.shape[1]
    near = [
        c2st(archive.reference(task, number)[:count], own)
        for number, own in zip(observations, run.samples, strict=True)
    ]
    return pd.DataFrame(
        {
            "task": task,
            "observation": np.array(observations, dtype=np.int64),
            "budget": np.int64(budget),
            "samples": np.int64(count),
            "c2st": near,
            "minutes": run.seconds / 60 / len(observations),
            "acceptance": run.acceptance.astype(float),
        }
    )


def published() -> pd.DataFrame:
    """SNPE's medians in sbibm's results: C2ST and minutes on one core by task and budget."""
    return pd.read_csv(FOLDER / "published.csv")


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Medians of every task and budget that sbibm has, beside its own."""
    known = {(row["task"], row["budget"]): row for row in published().to_dict("records")}
    nothing = {"c2st": np.nan, "minutes": np.nan}
    rows = []
    for (task, budget), own in scores.groupby(["task", "budget"]):
        theirs = known.get((task, budget), nothing)
        median, other = float(own["c2st"].median()), float(theirs["c2st"])
        rows.append(
            {
                "task": task,
                "budget": budget,
                "observations": len(own),
                "c2st": median,
                "lowest": own["c2st"].min(),
                "highest": own["c2st"].max(),
                "minutes": own["minutes"].median(),
                "published": other,
                "published_minutes": float(theirs["minutes"]),
                "within": not median > other + MARGIN,
            }
        )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """A summary as text, a row a task and budget."""
    lines = [
        "# SNPE on the tasks of sbibm",
        "",
        "Medians over observations (range) of the C2ST to sbibm's reference posterior, 0.5 at",
        "best; minutes of one core an observation. Published: medians of sbibm's SNPE over ten.",
        "",
        "| task | simulations | observations | C2ST | published | minutes | published "
        f"| at most {MARGIN} above |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        known = not np.isnan(row["published"])
        cells = [
            str(row["task"]),
            str(row["budget"]),
            str(row["observations"]),
            f"{row['c2st']:.3f} ({row['lowest']:.3f} to {row['highest']:.3f})",
            f"{row['published']:.3f}" if known else "",
            f"{row['minutes']:.2f}",
            f"{row['published_minutes']:.2f}" if known else "",
            ("yes" if row["within"] else "no") if known else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
