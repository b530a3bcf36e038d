"""A normal likelihood of few measurements, whose moments are smooth functions of the parameters.

The reference's likelihood (``gaussian``) has plenty of measurements; here the same few serve that a
network was trained on. The mean is a sum of Legendre polynomials over the unit cube of the prior's
quantiles, with a penalty on each that the measurements themselves tell (``relevance``): along some
parameters a feature is smooth, of others it hardly depends. The strength of the penalty on a
feature is that of the smallest squared error of measurements that are left out one by one, which
least squares has in closed form (Allen, Technometrics 16, 1974). Spread and correlation are those
of the left-out residuals, so they hold the error of the mean as well as the noise; the spread is
widened by what it lacks for residuals that it was not fitted to. Last, all variances are multiplied
by what the score of the parameters has too much in such residuals (magnitude adjustment: Pauli,
Racugno and Ventura, Statistica Sinica 21, 2011), since it is along the mean's tangents that errors
make a posterior over-confident.
Shapes: N measurements, M parameter sets, D parameters, F features, P polynomials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy import linalg
from scipy.stats import kurtosis
from sklearn.linear_model import GammaRegressor

from analog_sbi.errors import MeasurementError
from analog_sbi.likelihood.polynomials import basis, up_to
from analog_sbi.likelihood.relevance import Relevance, learn

STRENGTHS = 10.0 ** np.arange(-2, 4.5, 0.5)  # of the penalty on a feature, common ones being 1
SCALE_DEGREE = 2  # of the logarithm of the variance
# of the prior of its coefficients, whose polynomials have variance 1
PRECISIONS = (5.0, 50.0, 500.0)
FOLDS = 3  # in which that precision, and how much too small such variances are, is found
LEAST = 20  # measurements
STEP = 1e-4  # of positions, to find slopes
CHUNK = 5_000  # parameter sets whose polynomials are in memory at once
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Smooth:
    """Degrees (P, D) of the mean's terms and their coefficients (P, F); log_variance (Q, F).

    ``correlation`` (F, F) is of residuals, ``explained`` (F,) the share of each feature's variance
    that the mean explains of left-out measurements, ``kurtosis`` (F,) the excess of their
    standardized residuals.
    """

    powers: np.ndarray
    mean: np.ndarray
    log_variance: np.ndarray
    correlation: np.ndarray
    explained: np.ndarray
    kurtosis: np.ndarray

    def plain(self) -> dict[str, Any]:
        """Arrays by name, which ``smooth_of`` reads."""
        return dict(vars(self))

    def log_likelihood(self, position: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Log likelihoods (M,) at positions (M, D) of one observation (F,) or as many (M, F)."""
        root = np.linalg.cholesky(self.correlation)
        constant = -np.log(np.diag(root)).sum() - 0.5 * len(root) * LOG_2PI
        found = np.empty(len(position))
        for start in range(0, len(position), CHUNK):
            part = slice(start, start + CHUNK)
            mean, scale = moments(self, position[part])
            standard = (((x[part] if x.ndim == 2 else x) - mean) / scale).T
            independent = linalg.solve_triangular(root, standard, lower=True, check_finite=False)
            density = constant - 0.5 * (independent**2).sum(axis=0)
            found[part] = density - np.log(scale).sum(axis=1)
        return found


ARRAYS = tuple(field.name for field in fields(Smooth))


def smooth_of(content: Mapping[str, Any]) -> Smooth:
    """Likelihood of arrays by name."""
    return Smooth(**{name: np.asarray(content[name]) for name in ARRAYS})


def fit(position: np.ndarray, x: np.ndarray) -> Smooth:
    """Fit to measurements x (N, F) at positions (N, D) in the unit cube of the prior.

    Raises MeasurementError if there are fewer than ``LEAST`` or a feature never varies.
    """
    expect_varying(x)
    spread = x.std(axis=0)
    middle = x.mean(axis=0)
    standard = (x - middle) / spread
    relevance = learn(position, standard)
    mean, residuals = _ridge(position, standard, relevance)
    explained = 1 - (residuals**2).mean(axis=0)
    mean, residuals = mean * spread, residuals * spread
    mean[0] += middle
    design = _scale_terms(position).T
    spreads = [_spread(design, part**2) for part in residuals.T]
    log_variance = np.stack(
        [_raised(design, part**2, how) for part, how in zip(residuals.T, spreads, strict=True)],
        axis=1,
    )
    standardized = residuals * np.exp(-0.5 * design @ log_variance)
    found = Smooth(
        relevance.powers,
        mean,
        log_variance,
        _correlation(standardized),
        explained,
        np.asarray(kurtosis(standardized), dtype=float),
    )
    log_variance[0] += np.log(max(1.0, _excess(found, position, residuals, spreads)))
    return found


def expect_varying(x: np.ndarray) -> None:
    """Raise MeasurementError unless ``LEAST`` measurements (N, F) differ in each feature."""
    spread = x.std(axis=0) if len(x) else np.zeros(1)
    if len(x) < LEAST or not (spread > 0).all():
        raise MeasurementError(
            f"likelihood: expected at least {LEAST} measurements of features that vary, found "
            f"{len(x)} with standard deviations from {spread.min():g}"
        )


def moments(smooth: Smooth, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (M, F) at positions (M, D) in the unit cube."""
    mean = basis(position, smooth.powers).T @ smooth.mean
    return mean, np.exp(0.5 * _scale_terms(position).T @ smooth.log_variance)


def simulate(smooth: Smooth, position: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Observations (M, F) at positions (M, D) in the unit cube."""
    mean, scale = moments(smooth, position)
    root = np.linalg.cholesky(smooth.correlation)
    return mean + scale * (generator.standard_normal(mean.shape) @ root.T)


def _scale_terms(position: np.ndarray) -> np.ndarray:
    """Polynomials (Q, M) of the logarithm of the variance."""
    return basis(position, up_to(position.shape[1], SCALE_DEGREE))


def _ridge(
    position: np.ndarray, y: np.ndarray, relevance: Relevance
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (P, F) and left-out residuals (N, F) of the best strength a feature."""
    scale = np.sqrt(relevance.variance)
    design = basis(position, relevance.powers).T * scale
    values, vectors = linalg.eigh(design.T @ design)
    rotated = design @ vectors
    products, squares = rotated.T @ y, rotated**2
    best = np.full(y.shape[1], np.inf)
    coefficients, residuals = np.zeros_like(products), np.zeros_like(y)
    for strength in STRENGTHS:
        inverse = 1 / (np.maximum(values, 0) + strength)
        leverage = squares @ inverse
        found = inverse[:, None] * products
        left_out = (y - rotated @ found) / np.maximum(1 - leverage, 1e-9)[:, None]
        error = (left_out**2).mean(axis=0)
        better = error < best
        best = np.where(better, error, best)
        coefficients[:, better], residuals[:, better] = found[:, better], left_out[:, better]
    return scale[:, None] * (vectors @ coefficients), residuals


def _excess(
    smooth: Smooth,
    position: np.ndarray,
    residuals: np.ndarray,
    spreads: Sequence[tuple[float, float]],
) -> float:
    """Mean square of the score at the truth in units of its information, which should be 1.

    Of left-out residuals (N, F) whitened by spread and correlation of the other folds, the part
    along the tangents of the mean: of as many dimensions as there are parameters or features.
    """
    design, slopes = _scale_terms(position).T, _slopes(smooth, position)
    folds, found = np.arange(len(position)) % FOLDS, []
    for fold in range(FOLDS):
        own, other = folds == fold, folds != fold
        log_variance = np.stack(
            [
                _raised(design[other], part[other] ** 2, how)
                for part, how in zip(residuals.T, spreads, strict=True)
            ],
            axis=1,
        )
        spread = np.exp(0.5 * design @ log_variance)
        standardized = residuals / spread
        root = np.linalg.cholesky(_correlation(standardized[other]))
        white = np.linalg.inv(root)
        tangents, _, _ = np.linalg.svd(
            white @ (slopes[own] / spread[own, :, None]), full_matrices=False
        )
        along = np.einsum("nfd,nf->nd", tangents, standardized[own] @ white.T)
        found.append((along**2).mean(axis=1))
    return float(np.concatenate(found).mean())


def _slopes(smooth: Smooth, position: np.ndarray) -> np.ndarray:
    """Derivatives (N, F, D) of the mean by positions (N, D)."""
    columns = []
    for step in STEP * np.eye(position.shape[1]):
        ends = [basis(position + way * step, smooth.powers).T @ smooth.mean for way in (1, -1)]
        columns.append((ends[0] - ends[1]) / (2 * STEP))
    return np.stack(columns, axis=2)


def _correlation(standardized: np.ndarray) -> np.ndarray:
    """Correlation (F, F) of residuals (N, F)."""
    share, size = 1 / len(standardized), standardized.shape[1]
    correlation = np.atleast_2d(np.corrcoef(standardized.T))
    found: np.ndarray = (1 - share) * correlation + share * np.eye(size)  # definite, come what may
    return found


def _spread(design: np.ndarray, squares: np.ndarray) -> tuple[float, float]:
    """How to find log E[squares] for squares (N,) of normal variables: precision, what is lacking.

    The precision of the coefficients' prior is the best for squares of a fold that they were not
    fitted to; these have too much of the logarithm of the second number.
    """
    folds = np.arange(len(squares)) % FOLDS
    best = (np.inf, 0.0, 0.0)
    for precision in PRECISIONS:
        predicted = np.empty(len(squares))
        for fold in range(FOLDS):
            inside = folds != fold
            own = _log_linear(design[inside], squares[inside], precision)
            predicted[~inside] = design[~inside] @ own
        lacking = float(np.log(np.mean(squares * np.exp(-predicted))))
        best = min(best, (float(predicted.mean()) + lacking, precision, lacking))
    return best[1:]


def _raised(design: np.ndarray, squares: np.ndarray, how: tuple[float, float]) -> np.ndarray:
    """Coefficients (Q,) of log E[squares], the constant raised by what is lacking."""
    precision, lacking = how
    coefficients = _log_linear(design, squares, precision)
    coefficients[0] += max(0.0, lacking)
    return coefficients


def _log_linear(design: np.ndarray, squares: np.ndarray, precision: float) -> np.ndarray:
    """Coefficients of log E[squares], the first of the constant, by penalized gamma regression."""
    scale = squares.mean()
    # The deviance of the gamma regression is twice the normal log likelihood of the residuals.
    model = GammaRegressor(alpha=2 * precision / len(squares), solver="newton-cholesky")
    model.fit(design[:, 1:], squares / scale + np.finfo(float).eps)
    return np.concatenate([[model.intercept_ + np.log(scale)], model.coef_])
