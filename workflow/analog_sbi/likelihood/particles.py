"""Reference posteriors of models whose likelihood is no smooth function of the parameters.

A spike more or less is a step, which polynomials (``gaussian``) do not follow. Here the likelihood
at a parameter set is that of measurements repeated there (``synthetic``), and particles are brought
to the posterior (``tempering``), measured anew wherever they try to go. They begin where a network
expects them, some of them anywhere in the prior: weights correct for what it says, and moves lead
to what it leaves out. Runs that share nothing else tell by their difference how large the error of
so many particles is. Shapes: K particles, R repeats, D parameters, F features.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sbi.utils.metrics import c2st
from scipy.stats import kurtosis, skew

from analog_sbi.errors import MeasurementError
from analog_sbi.likelihood.quantities import Quantity
from analog_sbi.likelihood.synthetic import log_densities
from analog_sbi.likelihood.tempering import Tempered, temper
from analog_sbi.prior import Prior

ANYWHERE = 0.1  # of the particles begin in the prior

Measure = Callable[[np.ndarray], np.ndarray]
"""Features (N, F) of one measurement at each of the parameters (N, D)."""


@dataclass(frozen=True)
class Start:
    """Samples (runs, K, D) of a posterior's approximation, and its log densities (N,) at (N, D)."""

    samples: np.ndarray
    log_density: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Effort:
    """Measurements of a particle, moves a step and at the end.

    Each feature is taken to have noise of a share ``blur`` of its standard deviation over the prior
    beside its own, since one that is the same in all repeats would have a density without one.
    """

    repeats: int
    moves: int
    last: int
    blur: float


@dataclass(frozen=True)
class Found:
    """Samples (runs, K, D), how they were found, and the number of measurements it took.

    ``spread`` (F,) are the standard deviations of the features over the prior.
    """

    samples: np.ndarray
    drawing: Tempered
    measurements: int
    spread: np.ndarray


def sample(
    measure: Measure,
    prior: Prior,
    x: np.ndarray,
    start: Start,
    effort: Effort,
    generator: np.random.Generator,
) -> Found:
    """Sample the posterior given features x (F,) of a measurement.

    Raises MeasurementError if a feature never varies over the prior.
    """
    _, count, size = start.samples.shape
    position = generator.random(start.samples.shape)
    over_prior = measure(prior.scale(position.reshape(-1, size)))
    spent, spread = len(over_prior), np.nanstd(over_prior, axis=0)
    if not (spread > 0).all():
        raise MeasurementError(
            "expected features that vary over the prior, found a standard deviation of "
            f"{np.nan_to_num(spread).min():g}"
        )
    blur = np.full(len(x), effort.blur)

    def log_target(at: np.ndarray) -> np.ndarray:
        nonlocal spent
        theta = prior.scale(at.reshape(-1, size))
        found = measure(np.repeat(theta, effort.repeats, axis=0))
        spent += len(found)
        logging.info("%d measurements", spent)
        repeats = (found / spread).reshape(len(theta), effort.repeats, -1)
        return log_densities(repeats, x / spread, blur).reshape(at.shape[:2])

    def log_proposal(at: np.ndarray) -> np.ndarray:
        theta = prior.scale(at.reshape(-1, size))
        relative = start.log_density(theta) - prior.log_prob(theta)
        found: np.ndarray = np.logaddexp(np.log1p(-ANYWHERE) + relative, np.log(ANYWHERE))
        return found.reshape(at.shape[:2])

    expected = slice(max(1, round(ANYWHERE * count)), None)
    own = start.samples[:, expected]
    position[:, expected] = prior.position(own.reshape(-1, size)).reshape(own.shape)
    drawing = temper(position, log_proposal, log_target, generator, effort.moves, effort.last)
    samples = prior.scale(drawing.position.reshape(-1, size)).reshape(drawing.position.shape)
    return Found(samples, drawing, spent, spread)


def errors(
    found: Found,
    measure: Measure,
    effort: Effort,
    points: int,
    repeats: int,
    generator: np.random.Generator,
) -> list[Quantity]:
    """What is known about the error: other runs, and measurements repeated at some samples.

    ``repeats`` of them at each of ``points`` samples.
    """
    first, *others = found.samples
    evidence = found.drawing.log_evidence
    every = found.samples.reshape(-1, first.shape[1])
    theta = generator.choice(every, points, replace=False)
    measured = measure(np.repeat(theta, repeats, axis=0)) / found.spread
    measured = measured.reshape(points, repeats, -1)
    sd = np.nanstd(measured, axis=1)
    standardized = (measured - np.nanmean(measured, axis=1)[:, None]) / np.hypot(sd, effort.blur)[
        :, None
    ]
    standardized = standardized.reshape(points * repeats, -1)
    standardized = standardized[np.isfinite(standardized).all(axis=1)]
    varying = standardized[:, standardized.std(axis=0) > 0]  # others have no shape
    return [
        Quantity("emulations", found.measurements, "emulations that the posterior rests on"),
        Quantity(
            "c2st_runs",
            max((_c2st(first, other) for other in others), default=np.nan),
            "C2ST of the first run's samples to those of another, the largest (sbi)",
        ),
        Quantity(
            "log_evidence_range",
            float(np.ptp(evidence)),
            "largest difference of the runs' logarithms of evidence",
        ),
        Quantity(
            "acceptance",
            found.drawing.acceptance,
            "share of the particles' moves that were accepted",
        ),
        Quantity(
            "distinct_share",
            len(np.unique(every, axis=0)) / len(every),
            "share of the samples that are not there twice",
        ),
        Quantity(
            "blur_share",
            float((effort.blur / np.hypot(sd, effort.blur)).mean(axis=0).max()),
            "part of a feature's sd at posterior samples that is the blur, the largest",
        ),
        Quantity(
            "skewness",
            float(np.abs(skew(varying)).max(initial=0.0)),
            "largest absolute skewness of standardized emulations at posterior samples",
        ),
        Quantity(
            "kurtosis",
            float(np.abs(kurtosis(varying)).max(initial=0.0)),
            "largest absolute excess kurtosis of the same",
        ),
    ]


def _c2st(one: np.ndarray, other: np.ndarray) -> float:
    return float(c2st(torch.tensor(one), torch.tensor(other), seed=1))
