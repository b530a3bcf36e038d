"""Remedies side by side: coverage over the prior, distance to the reference, width, and time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import table_schema
from analog_sbi.diagnostics.coverage import Answers, PriorTests, expected
from analog_sbi.diagnostics.reference_distance import Reference, distances

LEVELS = (0.5, 0.9)
"""Levels whose coverage tables and texts state."""
NUMBERS = (
    *("coverage_50", "coverage_90", "deficit", "margin"),
    *("log_density", "c2st", "wasserstein", "width", "seconds"),
)
JUDGED = table_schema(
    numbers=NUMBERS, integers=("member",), strings=("kind",), booleans=("blind",), nullable=True
)
"""A row a seed or ensemble.

``deficit`` is the most that a level is above its coverage, ``margin`` the least that coverage is
above the lower limit of its simultaneous band (below 0: over-confident). ``log_density`` is that of
the truth, relative to the prior's, median over the tests. ``width`` is the mean standard deviation
of a marginal given the target in units of the reference's. ``seconds`` are those of training and
repair, of the seeds of a member.
"""
COMPARED = table_schema(
    numbers=NUMBERS,
    integers=("member", "budget"),
    strings=("kind", "problem", "way", "repair"),
    booleans=("blind",),
    nullable=True,
)


def judged(
    answers: Mapping[tuple[str, int], Answers],
    of_target: Mapping[tuple[str, int], Answers],
    tests: PriorTests,
    prior: np.ndarray,
    reference: Reference,
    samples: int,
    steps: int,
    seconds: float,
    size: int,
    seed: int,
) -> pd.DataFrame:
    """Rows of all members: what they answer to tests, and to the target of the reference.

    Coverage is told by ``samples`` given each test, in ``steps`` of the level. ``prior`` are log
    densities (M,) of the prior at the tests' parameters, ``seconds`` those of a seed, ``size`` the
    seeds of an ensemble; ``seed`` is that of the classifier.
    """
    rows = []
    for (kind, member), answer in answers.items():
        theta = of_target[kind, member].samples[:, 0].numpy()
        near = distances(theta, reference, seed)
        spread = theta.std(axis=0) / reference.samples.std(axis=0)
        rows.append(
            {
                "kind": kind,
                "member": np.int64(member),
                **_coverage(answer, tests, samples, steps),
                "log_density": float(np.median(_log_densities(answer, tests) - prior)),
                "c2st": near["c2st"],
                "wasserstein": near["wasserstein"],
                "width": float(spread.mean()),
                "seconds": seconds * (size if kind == "ensemble" else 1),
                "blind": any(history["blind"] for history in answer.posterior.history),
            }
        )
    return pd.DataFrame(rows)


def _coverage(answer: Answers, tests: PriorTests, samples: int, steps: int) -> dict[str, float]:
    curve = expected(answer, tests, samples, steps).curves
    level, value, low = (curve[name].to_numpy() for name in ("level", "value", "low"))
    at = {f"coverage_{100 * known:.0f}": float(np.interp(known, level, value)) for known in LEVELS}
    return at | {
        "deficit": float(max(0.0, (level - value).max())),
        "margin": float((value - low).min()),
    }


def _log_densities(answer: Answers, tests: PriorTests) -> np.ndarray:
    """Log densities (M,) of the truths, each given its own measurement."""
    pairs = zip(tests.theta, tests.x, strict=True)
    return torch.cat([answer.log_prob(theta[None], x) for theta, x in pairs]).double().numpy()


def markdown(table: pd.DataFrame) -> str:
    """Means over seeds, and ensembles, as text: a row a problem, budget and way."""
    lines = [
        "# Remedies",
        "",
        "Networks of one round, means over seeds; after a slash of their ensembles. Deficit: the "
        "most that a level is above its coverage. Density: log of that of the truth over the "
        "prior's, median of the tests. C2ST and width (in standard deviations of the reference) "
        "given the target.",
        "",
        "| problem | measurements | way | repair | coverage of 0.5 | of 0.9 | deficit | density "
        "| C2ST | width | s a seed |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    keys = ["problem", "budget", "way", "repair"]
    for (problem, budget, way, repair), rows in table.groupby(keys, sort=False):
        of_seeds, of_ensembles = (
            rows[rows["kind"] == kind].mean(numeric_only=True) for kind in ("seed", "ensemble")
        )
        cells = [
            f"{of_seeds[name]:.2f} / {of_ensembles[name]:.2f}"
            for name in ("coverage_50", "coverage_90", "deficit", "log_density", "c2st", "width")
        ]
        seconds = f"{of_seeds['seconds']:.2g}"
        line = [str(problem), str(budget), str(way), str(repair), *cells, seconds]
        lines.append("| " + " | ".join(line) + " |")
    return "\n".join(lines) + "\n"
