"""What a page tells: samples, predictions and observation of one problem, as arrays.

Shapes: S seeds, N samples of a seed, D parameters, M measurements, F features, R rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analog_sbi.diagnostics.certificate import Certificate
from analog_sbi.diagnostics.evidence import Evidence, by_seed, distances, last_round
from analog_sbi.features import feature_values
from analog_sbi.problem import Problem


@dataclass(frozen=True)
class Answer:
    """Everything on the page.

    ``samples`` (S, N, D) of the last round; ``trials`` (T, F) of the target; ``prior`` (M, F) and
    ``predictive`` (M, F) are measurements of the prior and of the samples; ``distances`` (S, R)
    are the mean distances to the target of what each round measured. ``position`` (D,) is where
    the target was measured, where that is known. ``facts`` are told as they are.
    """

    problem: Problem
    certificate: Certificate
    samples: np.ndarray
    trials: np.ndarray
    prior: np.ndarray
    predictive: np.ndarray
    distances: np.ndarray
    facts: Mapping[str, str]
    position: np.ndarray | None = None

    @property
    def pooled(self) -> np.ndarray:
        """Samples of all seeds: (S N, D)."""
        return self.samples.reshape(-1, self.samples.shape[-1])


def answer(
    problem: Problem,
    certificate: Certificate,
    evidence: Evidence,
    facts: Mapping[str, str],
    position: Sequence[float] | None,
) -> Answer:
    """What the page of an experiment tells."""
    return Answer(
        problem=problem,
        certificate=certificate,
        samples=by_seed(last_round(evidence.samples), problem.parameters),
        trials=feature_values(evidence.trials, problem),
        prior=feature_values(evidence.observations[0], problem),
        predictive=feature_values(last_round(evidence.predictive), problem),
        distances=distances(problem, evidence),
        facts=facts,
        position=None if position is None else np.asarray(position),
    )
