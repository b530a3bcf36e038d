"""A normal distribution of the observable whose moments are polynomials of the parameters.

The covariance has the modified Cholesky form of Pourahmadi (Biometrika 86, 1999): component j of
the deviation from the mean is regressed on the ones before it, what is left has the scale
sigma_j. Mean and coefficients of that regression are polynomials found by least squares, the
logarithm of sigma_j^2 is one found by a gamma regression of the squares. So every covariance is
positive definite, and the fit is convex: it has one solution and no stopping rule.
Shapes: N measurements, M parameter sets, D parameters, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from sklearn.linear_model import GammaRegressor
from sklearn.preprocessing import PolynomialFeatures

from analog_sbi.errors import ConfigurationError
from analog_sbi.space import Space

CHUNK = 20_000  # rows whose polynomials are in memory at once
LOG_2PI = np.log(2 * np.pi)


@dataclass(frozen=True)
class Degrees:
    """Total degrees of the polynomials for mean, scale, and coupling of the components."""

    mean: int
    scale: int
    coupling: int


@dataclass(frozen=True)
class Gaussian:
    """Coefficients over a region: mean (P, F), log_variance (Q, F), coupling F x (R, j)."""

    region: Space
    degrees: Degrees
    mean: np.ndarray
    log_variance: np.ndarray
    coupling: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Moments:
    """At M parameter sets: mean (M, F), scale (M, F), coupling (M, F, F), zero from j on."""

    mean: np.ndarray
    scale: np.ndarray
    coupling: np.ndarray


def fit(theta: np.ndarray, x: np.ndarray, region: Space, degrees: Degrees) -> Gaussian:
    """Fit to measurements x (N, F) of parameters (N, D) within the region.

    Raises ConfigurationError if there are fewer measurements than a polynomial has coefficients.
    """
    needed = _features(region, degrees.mean)(theta[:1]).shape[1]
    if len(theta) <= needed:
        raise ConfigurationError(
            f"{needed} coefficients need more measurements, found {len(theta)}; "
            "lower the degrees or measure more"
        )
    count = x.shape[1]
    mean = _least_squares(_features(region, degrees.mean), theta, x)
    deviation = x - _apply(_features(region, degrees.mean), theta, mean)
    linear = _features(region, degrees.coupling)
    coupling = [np.zeros((linear(theta[:1]).shape[1], 0))]
    left = deviation.copy()
    for j in range(1, count):
        before = deviation[:, :j]
        slopes = _least_squares(_products(linear, j), theta, deviation[:, [j]], before)
        coupling.append(slopes.reshape(-1, j))
        left[:, j] -= _apply(_products(linear, j), theta, slopes, before)[:, 0]
    design = _features(region, degrees.scale)(theta)
    columns = [_log_linear(design, left[:, j] ** 2) for j in range(count)]
    return Gaussian(region, degrees, mean, np.stack(columns, axis=1), tuple(coupling))


def moments(gaussian: Gaussian, theta: np.ndarray) -> Moments:
    """Moments at parameters (M, D)."""
    region, degrees = gaussian.region, gaussian.degrees
    count = gaussian.mean.shape[1]
    coupling = np.zeros((len(theta), count, count))
    linear = _features(region, degrees.coupling)(theta)
    for j, coefficients in enumerate(gaussian.coupling):
        coupling[:, j, :j] = linear @ coefficients
    return Moments(
        mean=_apply(_features(region, degrees.mean), theta, gaussian.mean),
        scale=np.exp(0.5 * _apply(_features(region, degrees.scale), theta, gaussian.log_variance)),
        coupling=coupling,
    )


def standardize(at: Moments, x: np.ndarray) -> np.ndarray:
    """Independent standard normal variables (M, F) of observations (M, F) or (F,)."""
    deviation = x - at.mean
    return (deviation - np.einsum("mjk,mk->mj", at.coupling, deviation)) / at.scale


def log_density(at: Moments, standardized: np.ndarray) -> np.ndarray:
    """Logarithm of the normal density (M,) of an observation, from its standardized form."""
    return -0.5 * (standardized**2 + LOG_2PI).sum(axis=1) - np.log(at.scale).sum(axis=1)


def simulate(at: Moments, standardized: np.ndarray) -> np.ndarray:
    """Observations (M, F) with these standardized forms (M, F): inverts ``standardize``."""
    deviation = at.scale * standardized
    for j in range(1, deviation.shape[1]):
        deviation[:, j] += np.einsum("mk,mk->m", at.coupling[:, j, :j], deviation[:, :j])
    return at.mean + deviation


Features = Callable[..., np.ndarray]


def _features(region: Space, degree: int) -> Features:
    """Function from parameters (N, D) to all monomials up to a total degree."""
    monomials = PolynomialFeatures(degree).fit(np.zeros((1, len(region))))
    return lambda theta: monomials.transform(region.centred(theta))


def _products(features: Features, count: int) -> Features:
    """Features times each of ``count`` components before: (N, R count)."""

    def function(theta: np.ndarray, before: np.ndarray) -> np.ndarray:
        return (features(theta)[:, :, None] * before[:, None, :]).reshape(len(theta), -1)

    return function


def chunks(count: int) -> Iterator[slice]:
    """Rows 0 to ``count`` in parts whose polynomials fit into memory."""
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


def _least_squares(features: Features, theta: np.ndarray, y: np.ndarray, *more) -> np.ndarray:
    """Coefficients (P, F) from the normal equations, which never hold all features at once."""
    squares = products = np.zeros(())
    for part in chunks(len(theta)):
        design = features(theta[part], *(array[part] for array in more))
        squares = squares + design.T @ design
        products = products + design.T @ y[part]
    return linalg.solve(squares, products, assume_a="pos")


def _apply(features: Features, theta: np.ndarray, coefficients: np.ndarray, *more) -> np.ndarray:
    parts = [
        features(theta[part], *(array[part] for array in more)) @ coefficients
        for part in chunks(len(theta))
    ]
    return np.concatenate(parts)


def _log_linear(design: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Coefficients of log E[squares], the first of the constant, by gamma regression."""
    scale = squares.mean()
    model = GammaRegressor(alpha=0.0, solver="newton-cholesky", tol=1e-6)
    tiny = np.finfo(float).eps  # squares are positive for the regression
    model.fit(design[:, 1:], squares / scale + tiny)
    return np.concatenate([[model.intercept_ + np.log(scale)], model.coef_])
