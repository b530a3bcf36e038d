"""What became of a transferred target: parameters, predictions on both backends, and the scale.

Shapes: N samples, D parameters, F features, H heights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.artifacts import table_schema
from analog_sbi.diagnostics.evidence import last_round
from analog_sbi.features import feature_values
from analog_sbi.models import load
from analog_sbi.problem import Problem, Transferred

SCHEMA = table_schema(
    numbers=("expected", "mean", "spread"),
    strings=("experiment", "kind", "name", "unit"),
    nullable=True,
)
PARAMETER, HERE, THERE, SCALE = "parameter", "here", "there", "scale"
"""Kinds of rows: a parameter, a feature predicted on the own backend and on that of the target."""


@dataclass(frozen=True)
class Outcome:
    """Tables of an experiment with a transferred target.

    ``expected`` (D,) are the parameters with the time constants of where the target was measured.
    ``here`` and ``there`` are measurements of posterior samples on both backends, ``trials`` those
    of the target as the posterior is given it, ``measured`` as its own backend measured it.
    """

    problem: Problem
    expected: np.ndarray
    samples: pd.DataFrame
    here: pd.DataFrame
    there: pd.DataFrame
    trials: pd.DataFrame
    measured: pd.DataFrame


def compared(name: str, outcome: Outcome) -> pd.DataFrame:
    """Rows of an experiment: what was expected, and mean and spread of what there is."""
    problem = outcome.problem
    theta = last_round(outcome.samples)[list(problem.parameters)].to_numpy()
    observed = feature_values(outcome.trials, problem).mean(axis=0)
    here = feature_values(last_round(outcome.here), problem)
    there = feature_values(scaled(outcome.there, problem), problem)
    factors, known = scales(outcome)
    feature = (problem.features, problem.units, observed)
    unit = f"{problem.signals['heights'].unit} per unit of the target"
    return pd.concat(
        [
            _rows(PARAMETER, problem.parameters, problem.space.units, outcome.expected, theta),
            _rows(HERE, *feature, here),
            _rows(THERE, *feature, there),
            _rows(SCALE, ("scale",), (unit,), np.array([known]), factors[:, None]),
        ],
        ignore_index=True,
    ).assign(experiment=name)


def scales(outcome: Outcome) -> tuple[np.ndarray, float]:
    """By what each prediction (N,) exceeds the target as measured, and the scale that is given.

    Least squares over all heights; the given one is NaN where it was to be inferred.
    """
    target = outcome.problem.target
    known = target.scale if isinstance(target, Transferred) else None
    names = _heights(outcome.problem)
    h = last_round(outcome.here)[names].to_numpy()
    x = outcome.measured[names].mean().to_numpy()
    return h @ x / (x @ x), np.nan if known is None else known


def scaled(table: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Measurements of the target's backend in units of the problem's, if the scale is known."""
    target, names = problem.target, _heights(problem)
    known = target.scale if isinstance(target, Transferred) else None
    return table.assign(**(table[names] * (1.0 if known is None else known)))


def words(table: pd.DataFrame, verdicts: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """The table as Markdown; ``sources`` are the backends of the targets by experiment."""
    parts = ["# Targets of another backend", ""]
    for name, source in sources.items():
        rows = table[table["experiment"] == name]
        parts += [f"## {name}, measured by {source}", "", f"{verdicts[name]}.", ""]
        parts += ["| | expected | found | off by |", "|---|---|---|---|"]
        parts += [_line(row, source) for _, row in rows.iterrows()]
        parts.append("")
    parts += [
        "Expected parameters have the time constants of the target's; expected features are the "
        "target's. Found are mean and standard deviation of posterior samples, of their "
        "measurements here, and of those of parameters with the same time constants on the "
        "target's backend; off by standard deviations.",
        "",
    ]
    return "\n".join(parts)


TITLES = {HERE: "predicted here", THERE: "predicted by {source}"}


def _line(row: pd.Series, source: str) -> str:
    kind = TITLES.get(row["kind"], "").format(source=source)
    label = f"{row['name']}{f', {kind}' if kind else ''} ({row['unit']})"
    found = f"{row['mean']:.4g} +- {row['spread']:.2g}"
    if np.isnan(row["expected"]):
        return f"| {label} | | {found} | |"
    off = (row["mean"] - row["expected"]) / row["spread"] if row["spread"] > 0 else np.nan
    return f"| {label} | {row['expected']:.4g} | {found} | {off:+.1f} |"


def _heights(problem: Problem) -> list[str]:
    model = load(problem.setup.model)
    return list(model.observable(model.stored["heights"], problem.signals).names)


def _rows(
    kind: str, names: Sequence[str], units: Sequence[str], expected: np.ndarray, values: np.ndarray
) -> pd.DataFrame:
    columns = {"name": list(names), "unit": list(units), "expected": expected}
    mean, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    return pd.DataFrame(columns | {"mean": mean, "spread": spread}).assign(kind=kind)
