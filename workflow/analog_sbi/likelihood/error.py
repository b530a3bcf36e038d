"""What is known about the error of a reference posterior.

Shapes: N measurements, D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sbi.utils.metrics import c2st
from scipy.stats import kurtosis, skew

from analog_sbi.dataset import Dataset
from analog_sbi.likelihood import coverage, gaussian, plane, sampling, synthetic, walkers
from analog_sbi.likelihood.estimate import Settings, estimate
from analog_sbi.likelihood.likelihood import Likelihood
from analog_sbi.likelihood.quantities import Quantity
from analog_sbi.problem import Problem
from analog_sbi.space import Space


@dataclass(frozen=True)
class Evidence:
    """What a reference posterior rests on, and what it is tested with.

    Measurements ``used`` for the likelihood and ``held`` back, the region, posterior ``samples``
    (T, D), ``repeats`` (P, R, F) at some of them, ``points`` (P, D), and the observation x (F,).
    """

    used: Dataset
    held: Dataset
    region: Space
    samples: np.ndarray
    points: np.ndarray
    repeats: np.ndarray
    x: np.ndarray


@dataclass(frozen=True)
class Effort:
    """Walkers for samples and for coverage; samples ``compared``, and ``rejected`` ones."""

    long: walkers.Effort
    short: walkers.Effort
    compared: int
    rejected: int

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> Effort:
        """Take the settings from the section of the configuration."""
        long, short = (walkers.Effort(**section[key]) for key in ("chain", "short_chain"))
        return cls(long, short, section["compared"], section["rejected"])


def errors(
    problem: Problem, evidence: Evidence, settings: Settings, effort: Effort, study_seed: int
) -> list[Quantity]:
    """All that is known about the error, from the likelihood and from those of its halves."""
    used, x = evidence.used, evidence.x
    likelihood = estimate(used, evidence.region, settings)
    parts = halves(used, evidence.region, settings)
    purposes = ("doubling", "calibration", "repeated")
    twice, ranked, again = (sampling.generator(study_seed, problem, name) for name in purposes)
    return [
        budget(used),
        *doubling(likelihood, parts, x, effort.long, effort.compared, twice),
        *covered(likelihood, problem.parameters, evidence.held, effort.short, ranked),
        *repeated(likelihood, evidence.points, evidence.repeats, x, again),
        *rejection(used, evidence.samples, evidence.repeats, x, effort.rejected),
    ]


@dataclass(frozen=True)
class Halves:
    """Likelihoods estimated from every other measurement."""

    one: Likelihood
    other: Likelihood


def halves(measurements: Dataset, region: Space, settings: Settings) -> Halves:
    """Estimate the likelihood twice, each time from every other measurement."""
    parts = (measurements.rows(slice(start, None, 2)) for start in (0, 1))
    return Halves(*(estimate(part, region, settings) for part in parts))


def budget(measurements: Dataset) -> Quantity:
    """Number of measurements behind the likelihood."""
    count = int((~measurements.missing).sum())
    return Quantity("emulations", count, "emulations that the likelihood is estimated from")


def doubling(
    whole: Likelihood,
    parts: Halves,
    x: np.ndarray,
    effort: walkers.Effort,
    count: int,
    generator: np.random.Generator,
) -> list[Quantity]:
    """Difference of posteriors from half of the emulations, from the other half, and from all.

    ``count`` samples of each are compared; walkers walk anew for each, so their error counts.
    """
    samplers = [sampling.sampler(part, effort) for part in (parts.one, parts.other, whole)]
    one, other, all_ = (sampler.sample(x, count, generator)[0] for sampler in samplers)
    spread = all_.std(axis=0)
    differences = [
        Quantity("c2st_halves", _c2st(one, other), "C2ST of the two halves' posteriors (sbi)"),
        Quantity("c2st_half", _c2st(one, all_), "C2ST of a half's posterior to that of all (sbi)"),
        Quantity(
            "mean_halves",
            (np.abs(one.mean(axis=0) - other.mean(axis=0)) / spread).max(),
            "largest difference of the two halves' posterior means, in posterior sd",
        ),
        Quantity(
            "spread_halves",
            np.abs(np.log(one.std(axis=0) / other.std(axis=0))).max(),
            "largest logarithm of the ratio of the two halves' posterior sd",
        ),
    ]
    planes = [sampler.masses(x) for sampler in samplers if isinstance(sampler, plane.Sampler)]
    if planes:
        first, second, full = planes
        differences += [
            Quantity(
                "tv_halves",
                plane.total_variation(first, second),
                "total variation distance of the two halves' densities",
            ),
            Quantity(
                "tv_half",
                plane.total_variation(first, full),
                "total variation distance of a half's density to that of all",
            ),
        ]
    return differences


def covered(
    whole: Likelihood,
    names: Sequence[str],
    held: Dataset,
    effort: walkers.Effort,
    generator: np.random.Generator,
) -> list[Quantity]:
    """P-values of coverage on measurements that the likelihood was not estimated from."""
    known = held.complete()
    theta, x = known.theta.astype(float), known.x.astype(float)
    ranks = coverage.ranks(sampling.sampler(whole, effort), whole, theta, x, generator)
    values = coverage.uniformity(ranks)
    return [
        Quantity("sbc_draws", len(ranks), "draws from the region that were ranked"),
        *(
            Quantity(f"sbc_{name}", value, f"p-value that ranks of {name} are uniform")
            for name, value in zip(names, values[:-1], strict=True)
        ),
        Quantity("sbc_density", values[-1], "p-value that highest-density levels are uniform"),
    ]


def repeated(
    whole: Likelihood,
    theta: np.ndarray,
    repeats: np.ndarray,
    x: np.ndarray,
    generator: np.random.Generator,
) -> list[Quantity]:
    """Agreement with repeats (P, R, F) at posterior samples theta (P, D), and their normality."""
    agreement = synthetic.agreement(whole.gaussian, theta, repeats, x, generator)
    at = gaussian.moments(whole.gaussian, np.repeat(theta, repeats.shape[1], axis=0))
    standardized = gaussian.standardize(at, repeats.reshape(-1, repeats.shape[2]))
    standardized = standardized[np.isfinite(standardized).all(axis=1)]
    return [
        Quantity(
            "importance_share",
            agreement.share,
            "effective share of samples after weighting with synthetic likelihoods",
        ),
        Quantity(
            "importance_share_by_chance",
            agreement.share_by_chance,
            "the same if the estimated likelihood were right: error of the synthetic ones",
        ),
        Quantity(
            "log_likelihood_deviation",
            agreement.deviation,
            "sd of synthetic minus estimated normal log likelihood at posterior samples",
        ),
        Quantity(
            "log_likelihood_deviation_by_chance",
            agreement.deviation_by_chance,
            "the same if the estimated likelihood were right",
        ),
        Quantity(
            "skewness",
            np.abs(skew(standardized)).max(),
            "largest absolute skewness of standardized emulations at posterior samples",
        ),
        Quantity(
            "kurtosis",
            np.abs(kurtosis(standardized)).max(),
            "largest absolute excess kurtosis of the same",
        ),
    ]


def rejection(
    measurements: Dataset, samples: np.ndarray, repeats: np.ndarray, x: np.ndarray, count: int
) -> list[Quantity]:
    """Compare samples (T, D) with the measurements that came out nearest to x (F,).

    They are posterior samples by rejection, without any likelihood, but for the radius within
    which they were accepted. As many of both are compared, at most ``count``. Distances are in sd
    of repeats (P, R, F).
    """
    sd = np.nanstd(repeats, axis=1).mean(axis=0)
    distance = np.linalg.norm((measurements.x - x) / sd, axis=1)
    compared = min(count, len(samples), int(np.isfinite(distance).sum()))
    nearest = np.argsort(distance)[:compared]  # missing values come last
    return [
        Quantity(
            "c2st_rejection",
            _c2st(measurements.theta[nearest], samples[:compared]),
            "C2ST to emulations nearest to the target; tells if their radius is far below 1",
        ),
        Quantity(
            "rejection_radius",
            distance[nearest[-1]],
            "largest distance of these emulations to the target, in sd of an emulation",
        ),
    ]


def _c2st(one: np.ndarray, other: np.ndarray) -> float:
    parts = (torch.tensor(samples, dtype=torch.float32) for samples in (one, other))
    return float(c2st(*parts, seed=1, classifier="mlp"))
