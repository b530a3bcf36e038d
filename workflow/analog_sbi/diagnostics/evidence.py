"""From the tables of an experiment to its certificate.

Shapes: S seeds, N samples, D parameters, F features, V levels, R rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analog_sbi.diagnostics import certificate as rules
from analog_sbi.diagnostics.certificate import Certificate, Finding
from analog_sbi.diagnostics.uniformity import band
from analog_sbi.features import feature_values
from analog_sbi.models import load
from analog_sbi.problem import Problem
from analog_sbi.restricted import Restricted, in_words


@dataclass(frozen=True)
class Evidence:
    """Tables of an experiment: of its last round, of its first, and of all rounds in turn.

    ``coverage`` and ``coverage_summary`` tell how the mixture of all seeds did on simulated
    targets after the first round; None of algorithms that answer their own target alone. These have
    no rows in ``estimators`` either.
    """

    samples: pd.DataFrame
    estimators: pd.DataFrame
    predictive: pd.DataFrame
    coverage: pd.DataFrame | None
    coverage_summary: pd.DataFrame | None
    misspecification: pd.DataFrame
    trials: pd.DataFrame
    parameters: Sequence[pd.DataFrame]
    observations: Sequence[pd.DataFrame]


def issue(problem: Problem, evidence: Evidence) -> Certificate:
    """Decide every finding on the posterior of a problem."""
    samples = by_seed(last_round(evidence.samples), problem.parameters)
    estimators = last_round(evidence.estimators)
    tests = evidence.misspecification
    tests = tests[tests["target"] == problem.target.name]
    observation = feature_values(evidence.trials, problem).mean(axis=0)
    predictive = feature_values(last_round(evidence.predictive), problem)
    findings = [
        rules.target_is_known(dict(zip(tests["method"], tests["p_value"], strict=True))),
        _covered(evidence.coverage, evidence.coverage_summary),
        *_networks(estimators),
        rules.seeds_agree(samples),
        *_settled(problem, evidence, samples),
        rules.target_is_predicted(predictive, observation, problem.features),
        rules.samples_suffice(float(samples.shape[0] * samples.shape[1])),
    ]
    return Certificate(problem.name, problem.key, tuple(findings))


def restriction(problem: Problem, evidence: Evidence) -> dict[str, str]:
    """What became of a restricted prior and of the first round's runs, in words; {} of others."""
    prior, valid = problem.prior, load(problem.setup.model).valid
    if not isinstance(prior, Restricted) or valid is None:
        return {}
    first = evidence.observations[0]
    found = valid({need: first[need].to_numpy() for need in valid.needs})
    return {
        "restricted prior": f"valid runs {valid.words}: {in_words(prior.known)}; of the first "
        f"round's {len(found)} runs {found.sum()} are valid ({100 * found.mean():.1f} %), and all "
        "are results"
    }


def by_seed(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Columns of a table with as many rows of every seed: (S, N, len(columns))."""
    return np.stack([rows[list(columns)].to_numpy() for _, rows in table.groupby("seed")])


def last_round(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the last round of a table."""
    return table[table["round"] == table["round"].max()]


def distances(problem: Problem, evidence: Evidence) -> np.ndarray:
    """Mean distance (S, R) to the target of what each round measured, missing ones left out."""
    observation = feature_values(evidence.trials, problem).mean(axis=0)
    columns = []
    for table in evidence.observations:
        away = np.linalg.norm(feature_values(table, problem) - observation, axis=1)
        columns.append(pd.Series(away).groupby(table["seed"].to_numpy()).mean().to_numpy())
    return np.stack(columns, axis=1)


def _networks(estimators: pd.DataFrame) -> list[Finding]:
    """On networks of a posterior, where the algorithm has any."""
    if not len(estimators):
        return []
    return [
        rules.networks_see(estimators["blind"].to_numpy()),
        rules.mass_is_inside(estimators["acceptance"].to_numpy()),
    ]


def _covered(curves: pd.DataFrame | None, summary: pd.DataFrame | None) -> Finding:
    if curves is None or summary is None:
        return rules.coverage_unknown()
    curve = curves[(curves["method"] == "coverage") & (curves["kind"] == "ensemble")]
    curve = curve[curve["member"] == 0].sort_values("level")
    whole = summary[summary["kind"] == "ensemble"].iloc[0]
    levels = curve["level"].to_numpy()
    limits = band(int(whole["tests"]), int(whole["samples"]), levels, 1 - rules.UNLIKELY)
    return rules.is_covered(levels, curve["value"].to_numpy(), *limits)


def _settled(problem: Problem, evidence: Evidence, samples: np.ndarray) -> list[Finding]:
    """Parameters of the last round are samples of the posterior before it."""
    if len(evidence.parameters) < 2:
        return []
    before = evidence.parameters[-1][list(problem.parameters)].to_numpy()
    after = samples.transpose(1, 0, 2).reshape(-1, samples.shape[2])
    return [rules.rounds_settled(before, after)]
