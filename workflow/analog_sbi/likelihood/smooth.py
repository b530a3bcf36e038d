"""A normal likelihood of few measurements, whose moments are smooth functions of the parameters.

The reference's likelihood (``gaussian``) has plenty of measurements; here the same few serve that a
network was trained on. The mean is a sum of Legendre polynomials over the unit cube of the prior's
quantiles, with a penalty that grows with degree and with the number of parameters of a term: rough
functions and interactions of many parameters need evidence. Degree and strength of the penalty are
those of the smallest squared error of measurements that are left out one by one, which least
squares has in closed form (Allen, Technometrics 16, 1974). Spread and correlation are those of the
left-out residuals, so they hold the error of the mean as well as the noise; the spread is widened
by what it lacks for residuals that it was not fitted to. Last, all variances are multiplied by what
the score of the parameters has too much in such residuals (magnitude adjustment: Pauli, Racugno and
Ventura, Statistica Sinica 21, 2011), since it is along the mean's tangents that errors make a
posterior over-confident.
Shapes: N measurements, M parameter sets, D parameters, F features, P polynomials.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from scipy import linalg
from scipy.stats import kurtosis
from sklearn.linear_model import GammaRegressor

from analog_sbi.errors import MeasurementError

LARGEST_DEGREE = 12
MOST = 800  # polynomials: an eigenvalue problem of a second
ROUGHNESS = 4.0  # ASSUME of the penalty, a degree
INTERACTION = 3.0  # ASSUME of the penalty, a parameter that a term depends on
STRENGTHS = 10.0 ** np.arange(-4, 3, 0.5)
SCALE_DEGREE = 2  # of the logarithm of the variance
PRECISIONS = (
    5.0,
    50.0,
    500.0,
)  # of the prior of its coefficients, whose polynomials have variance 1
FOLDS = 3  # in which that precision, and how much too small such variances are, is found
LEAST = 20  # measurements
STEP = 1e-4  # of positions, to find slopes
CHUNK = 5_000  # parameter sets whose polynomials are in memory at once
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Smooth:
    """Coefficients: mean (P, F), log_variance (Q, F); correlation (F, F) of residuals.

    ``explained`` (F,) is the share of each feature's variance that the mean explains of left-out
    measurements, ``kurtosis`` (F,) the excess of their standardized residuals.
    """

    parameters: int
    degree: int
    mean: np.ndarray
    log_variance: np.ndarray
    correlation: np.ndarray
    explained: np.ndarray
    kurtosis: np.ndarray

    def plain(self) -> dict[str, Any]:
        """Plain data that ``smooth_of`` reads: numbers and arrays."""
        return {"parameters": self.parameters, "degree": self.degree} | {
            name: getattr(self, name) for name in ARRAYS
        }


ARRAYS = ("mean", "log_variance", "correlation", "explained", "kurtosis")


def smooth_of(content: Mapping[str, Any]) -> Smooth:
    """Likelihood of plain data."""
    arrays = {name: np.asarray(content[name]) for name in ARRAYS}
    return Smooth(int(content["parameters"]), int(content["degree"]), **arrays)


def fit(position: np.ndarray, x: np.ndarray) -> Smooth:
    """Fit to measurements x (N, F) at positions (N, D) in the unit cube of the prior.

    Raises MeasurementError if there are fewer than ``LEAST`` or a feature never varies.
    """
    count, parameters = position.shape
    spread = x.std(axis=0)
    if count < LEAST or not (spread > 0).all():
        raise MeasurementError(
            f"likelihood: expected at least {LEAST} measurements of features that vary, found "
            f"{count} with standard deviations from {spread.min() if count else 0:g}"
        )
    middle = x.mean(axis=0)
    standard = (x - middle) / spread
    fits = [_ridge(position, standard, degree) for degree in _degrees(count, parameters)]
    degree, mean, residuals = min(fits, key=lambda found: np.log((found[2] ** 2).mean(0)).sum())
    explained = 1 - (residuals**2).mean(axis=0)
    mean, residuals = mean * spread, residuals * spread
    mean[0] += middle
    design = basis(position, SCALE_DEGREE).T
    spreads = [_spread(design, part**2) for part in residuals.T]
    log_variance = np.stack(
        [_raised(design, part**2, how) for part, how in zip(residuals.T, spreads, strict=True)],
        axis=1,
    )
    standardized = residuals * np.exp(-0.5 * design @ log_variance)
    found = Smooth(
        parameters,
        degree,
        mean,
        log_variance,
        _correlation(standardized),
        explained,
        np.asarray(kurtosis(standardized), dtype=float),
    )
    log_variance[0] += np.log(max(1.0, _excess(found, position, residuals, spreads)))
    return found


def log_likelihood(smooth: Smooth, position: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log likelihoods (M,) at positions (M, D) of an observation (F,), or of one each (M, F)."""
    root = np.linalg.cholesky(smooth.correlation)
    constant = -np.log(np.diag(root)).sum() - 0.5 * len(root) * LOG_2PI
    found = np.empty(len(position))
    for start in range(0, len(position), CHUNK):
        part = slice(start, start + CHUNK)
        mean, scale = moments(smooth, position[part])
        standardized = ((x[part] if x.ndim == 2 else x) - mean) / scale
        independent = linalg.solve_triangular(root, standardized.T, lower=True, check_finite=False)
        found[part] = constant - 0.5 * (independent**2).sum(axis=0) - np.log(scale).sum(axis=1)
    return found


def moments(smooth: Smooth, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (M, F) at positions (M, D) in the unit cube."""
    polynomials = basis(position, max(smooth.degree, SCALE_DEGREE))
    mean = polynomials[: len(smooth.mean)].T @ smooth.mean
    log_variance = polynomials[: len(smooth.log_variance)].T @ smooth.log_variance
    return mean, np.exp(0.5 * log_variance)


def simulate(smooth: Smooth, position: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Observations (M, F) at positions (M, D) in the unit cube."""
    mean, scale = moments(smooth, position)
    root = np.linalg.cholesky(smooth.correlation)
    return mean + scale * (generator.standard_normal(mean.shape) @ root.T)


def basis(position: np.ndarray, degree: int) -> np.ndarray:
    """Products of Legendre polynomials up to a total degree, of mean square 1: (P, M).

    They ascend in degree: those of a lower one are the first of those of a higher one.
    """
    place = 2 * np.asarray(position, dtype=float).T - 1
    single = np.ones((len(place), degree + 1, place.shape[1]))
    if degree:
        single[:, 1] = place
    for n in range(1, degree):
        single[:, n + 1] = ((2 * n + 1) * place * single[:, n] - n * single[:, n - 1]) / (n + 1)
    single *= np.sqrt(2 * np.arange(degree + 1) + 1)[:, None]
    terms = _terms(len(place), degree)
    products = np.ones((len(terms), place.shape[1]))
    for row, (parent, parameter, power) in enumerate(terms[1:], start=1):
        np.multiply(products[parent], single[parameter, power], out=products[row])
    return products


def powers(parameters: int, degree: int) -> np.ndarray:
    """Degree of each polynomial in each parameter (P, D), ascending in total degree."""
    rows = np.zeros((_count(parameters, degree), parameters), dtype=int)
    row = 1
    for total in range(1, degree + 1):
        for chosen in combinations_with_replacement(range(parameters), total):
            np.add.at(rows[row], list(chosen), 1)
            row += 1
    return rows


@lru_cache(maxsize=32)
def _terms(parameters: int, degree: int) -> Sequence[tuple[int, int, int]]:
    """Of each product the one without its last parameter, that parameter, and its power."""
    rows = powers(parameters, degree)
    place = {tuple(row): index for index, row in enumerate(rows.tolist())}
    terms = [(0, 0, 0)]
    for row in rows[1:].tolist():
        last = max(index for index, power in enumerate(row) if power)
        terms.append((place[(*row[:last], 0, *row[last + 1 :])], last, row[last]))
    return tuple(terms)


def _count(parameters: int, degree: int) -> int:
    from math import comb

    return comb(parameters + degree, degree)


def _degrees(count: int, parameters: int) -> list[int]:
    """Degrees that are tried: the highest two with not many more polynomials than measurements."""
    most = min(MOST, count + count // 5)
    degrees = [n for n in range(1, LARGEST_DEGREE + 1) if _count(parameters, n) <= most]
    return degrees[-2:] or [1]


def _ridge(position: np.ndarray, y: np.ndarray, degree: int) -> tuple[int, np.ndarray, np.ndarray]:
    """Degree, coefficients (P, F) and left-out residuals (N, F) of the best penalty a feature."""
    own = powers(position.shape[1], degree)
    penalty = ROUGHNESS ** own.sum(axis=1) * INTERACTION ** (own > 0).sum(axis=1)
    design = basis(position, degree).T / np.sqrt(penalty)
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
    return degree, (vectors @ coefficients) / np.sqrt(penalty)[:, None], residuals


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
    design, slopes = basis(position, SCALE_DEGREE).T, _slopes(smooth, position)
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
    for step in STEP * np.eye(smooth.parameters):
        ends = [basis(position + way * step, smooth.degree).T @ smooth.mean for way in (1, -1)]
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
