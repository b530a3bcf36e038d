"""What may be concluded from a posterior: findings, each with a verdict, and one for all of them.

A certificate is made of numbers that other steps measured; its rules stand here. Together they
refuse or question at most 5 of 100 exact posteriors (limits of probability below add up to less).
Shapes: S seeds, N samples, D parameters, M measurements, F features, V levels.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

Grade = Literal["good", "care", "bad"]
ORDER: tuple[Grade, ...] = ("good", "care", "bad")
VERDICTS: dict[Grade, str] = {
    "good": "usable",
    "care": "usable with care",
    "bad": "do not use",
}

# Probabilities with which an exact posterior, or a target that the prior produces, fails a test.
UNLIKELY, IMPOSSIBLE = 0.005, 0.0005
# ASSUME the following, chosen to match common use: a chain is called converged below an R-hat of
# 1.05 to 1.1 (Vehtari et al., 2021), samplers warn below half of acceptance (sbi: 1 %).
AGREEING, DISAGREEING = 1.1, 1.5
LEAKING, LOST = 0.5, 0.05
# By which coverage may miss its band: below it a posterior that is used with care becomes of no
# use; above it one whose regions hold all they promise becomes one that tells too little.
COVERED = 0.1
FEWEST = 100.0  # effective samples
COVERAGE = "Is the first round calibrated on simulated targets?"


@dataclass(frozen=True)
class Finding:
    """One question, its answer in words, the numbers it was decided from, and a grade."""

    question: str
    grade: Grade
    answer: str
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Certificate:
    """Findings on the posterior of a problem, and the verdict that follows from them."""

    problem: str
    key: str
    findings: tuple[Finding, ...]

    @property
    def grade(self) -> Grade:
        """The worst grade of a finding."""
        return max((finding.grade for finding in self.findings), key=ORDER.index)

    @property
    def reasons(self) -> list[str]:
        """Answers that have the worst grade, unless all are good."""
        worst = self.grade
        return [f.answer for f in self.findings if f.grade == worst and worst != "good"]

    @property
    def verdict(self) -> str:
        """``usable``, ``usable with care: ...`` or ``do not use: ...``."""
        reasons = "; ".join(self.reasons)
        return f"{VERDICTS[self.grade]}: {reasons}" if reasons else VERDICTS[self.grade]


def target_is_known(p_values: Mapping[str, float]) -> Finding:
    """Is the target something that the prior produces? By p-values of tests (see misspecification).

    The limits are shared among the tests (Bonferroni).
    """
    question = "Is the target something the prior can produce?"
    if not p_values:
        return Finding(question, "care", "whether the prior produces the target was not tested", {})
    least, name = min((value, name) for name, value in p_values.items())
    numbers = {f"p_{name}": value for name, value in p_values.items()}
    grade = _below(least * len(p_values), UNLIKELY, IMPOSSIBLE)
    answer = f"the target is like what the prior produces ({name}: p = {least:.2g})"
    if grade != "good":
        answer = f"the target is unlike what the prior produces ({name}: p = {least:.2g})"
    return Finding(question, grade, answer, numbers)


def mass_is_inside(acceptance: np.ndarray) -> Finding:
    """How much of each network's mass (S,) lies within the prior's bounds?"""
    least = float(acceptance.min())
    grade = _below(least, LEAKING, LOST)
    answer = f"at least {100 * least:.0f} % of each network's mass is inside the prior"
    if grade != "good":
        answer = f"of a network's mass only {100 * least:.2g} % is inside the prior"
    return Finding("Is the mass inside the prior?", grade, answer, {"least_mass": least})


def networks_see(blind: np.ndarray) -> Finding:
    """Are networks (S,) blind to the observation in one direction?"""
    count, seeds = int(blind.sum()), len(blind)
    grade: Grade = "good" if not count else "bad" if 2 * count >= seeds else "care"
    answer = f"none of {seeds} networks is blind" if not count else f"{count} of {seeds} are blind"
    return Finding("Do all networks see the observation?", grade, answer, {"blind": float(count)})


def seeds_agree(samples: np.ndarray) -> Finding:
    """Do networks that started from other seeds answer alike? By R-hat of samples (S, N, D)."""
    question = "Do the seeds agree?"
    if len(samples) < 2:
        return Finding(question, "care", "there is one seed, so that nothing tells its error", {})
    value = r_hat(samples)
    grade = _above(value, AGREEING, DISAGREEING)
    answer = f"{len(samples)} seeds agree (R-hat {value:.3f})"
    if grade != "good":
        answer = f"{len(samples)} seeds disagree (R-hat {value:.2f})"
    return Finding(question, grade, answer, {"r_hat": value})


def rounds_settled(before: np.ndarray, after: np.ndarray) -> Finding:
    """Did the last round still move the posterior? By R-hat of samples (N, D) of two rounds."""
    size = min(len(before), len(after))
    value = r_hat(np.stack([before[:size], after[:size]]))
    grade: Grade = "good" if value < AGREEING else "care"
    answer = f"the last round left the posterior where it was (R-hat {value:.3f})"
    if grade != "good":
        answer = f"the last round still moved the posterior (R-hat {value:.2f})"
    return Finding("Did the rounds settle?", grade, answer, {"r_hat_rounds": value})


def is_covered(
    levels: np.ndarray, coverage: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Finding:
    """Does the first round cover simulated targets as it says? Shares (V,) in a band (V,).

    Mixtures of networks are a little wide by construction, and a thousand tests see it. Regions
    that hold more than they say mislead nobody, so that this is told and no reason for care until
    it is much.
    """
    below, above = float((low - coverage).max()), float((coverage - high).max())
    place = int((low - coverage).argmax())
    numbers = {"below_band": max(below, 0.0), "above_band": max(above, 0.0)}
    if below > 0:
        grade: Grade = "bad" if below > COVERED else "care"
        answer = (
            f"over-confident: regions of level {levels[place]:.2f} hold {coverage[place]:.2f} of "
            "simulated targets"
        )
    elif above > COVERED:
        grade, answer = "care", "wider than necessary: regions hold more targets than they say"
    elif above > 0:
        grade, answer = "good", "regions hold simulated targets a little more often than they say"
    else:
        grade, answer = "good", "regions hold simulated targets as often as they say"
    return Finding(COVERAGE, grade, answer, numbers)


def coverage_unknown() -> Finding:
    """Of an algorithm that answers its own target alone nobody knows how often it is right."""
    answer = "whether regions hold what they say was not tested: the algorithm answers one target"
    return Finding(COVERAGE, "care", answer, {})


def target_is_predicted(
    predictive: np.ndarray, target: np.ndarray, features: Sequence[str]
) -> Finding:
    """Do measurements (M, F) of posterior samples look like the target (F,)?

    By the rank of each feature of the target among them, two-sided, and by its distance in units
    of their spread where it is beyond all of them; the limits are shared among the features.
    """
    complete = predictive[np.isfinite(predictive).all(axis=1)]
    count = len(complete)
    below = (complete < target).sum(axis=0) + 0.5 * (complete == target).sum(axis=0)
    rank = (below + 0.5) / (count + 1)
    p_values = 2 * np.minimum(rank, 1 - rank)
    beyond = (below == 0) | (below == count)
    spread = complete.std(axis=0)
    away = np.abs(target - complete.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    p_values = np.where(beyond, np.minimum(p_values, np.exp(-(away**2) / 2)), p_values)
    worst = int(p_values.argmin())
    grade = _below(float(p_values[worst]) * len(target), UNLIKELY, IMPOSSIBLE)
    answer = "measurements of the posterior's samples look like the target"
    if grade != "good":
        answer = (
            f"measurements of the posterior's samples miss {features[worst]} of the target by "
            f"{away[worst]:.1f} of their spread"
        )
    numbers = {"worst_p": float(p_values[worst]), "worst_distance": float(away[worst])}
    return Finding("Does the posterior predict the target?", grade, answer, numbers)


def samples_suffice(effective: float) -> Finding:
    """How many independent samples is the answer worth?"""
    grade: Grade = "good" if effective >= FEWEST else "care"
    answer = f"{effective:.0f} effective samples"
    return Finding("Are there enough samples?", grade, answer, {"effective_samples": effective})


def r_hat(samples: np.ndarray) -> float:
    """Largest R-hat of sequences (S, N, D): the worse of location and of width.

    Rank-normalized, on values and on distances to the median (Vehtari et al., 2021,
    "Rank-normalization, folding, and localization: an improved R-hat").
    """
    folded = np.abs(samples - np.median(samples, axis=(0, 1)))
    return float(max(_r_hat(part[..., d]) for part in (samples, folded) for d in _last(samples)))


def effective_samples(weights: np.ndarray) -> float:
    """Effective number of samples with weights (N,) (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def as_json(certificate: Certificate) -> str:
    """The certificate as JSON: verdict, grade, and every finding."""
    plain: dict[str, Any] = {
        "problem": certificate.problem,
        "key": certificate.key,
        "verdict": certificate.verdict,
        "grade": VERDICTS[certificate.grade],
        "findings": [asdict(finding) for finding in certificate.findings],
    }
    return json.dumps(plain, indent=2) + "\n"


def as_words(certificate: Certificate) -> str:
    """The certificate as Markdown."""
    lines = [f"# {certificate.problem}", "", f"**{_capital(certificate.verdict)}.**", ""]
    lines += ["| question | answer | |", "|---|---|---|"]
    lines += [f"| {f.question} | {f.answer} | {f.grade} |" for f in certificate.findings]
    return "\n".join([*lines, "", f"Problem {certificate.key}.", ""])


def _r_hat(values: np.ndarray) -> float:
    """R-hat of one parameter, (S, N), on normal scores of its ranks."""
    from scipy.stats import norm, rankdata

    ranks = rankdata(values).reshape(values.shape)
    scores = norm.ppf((ranks - 0.375) / (values.size + 0.25))
    count = values.shape[1]
    within = scores.var(axis=1, ddof=1).mean()
    between = scores.mean(axis=1).var(ddof=1)
    return float(np.sqrt((count - 1) / count + between / within)) if within > 0 else np.inf


def _last(samples: np.ndarray) -> range:
    return range(samples.shape[-1])


def _below(value: float, care: float, bad: float) -> Grade:
    return "bad" if value < bad else "care" if value < care else "good"


def _above(value: float, care: float, bad: float) -> Grade:
    return "bad" if value > bad else "care" if value > care else "good"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
