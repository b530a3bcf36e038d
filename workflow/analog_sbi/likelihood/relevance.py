"""How smooth a function is along each parameter, and how much it depends on it.

Coefficients of the terms of a polynomial have a normal prior of mean 0. Its variance falls by a
factor for every degree in a parameter, and by another for every parameter that a term depends on;
both are a parameter's own and common to all features. They are those of the largest evidence of
the measurements (automatic relevance determination: MacKay, Neural Computation 4, 1992), with
normal noise of each feature, of any size.
Shapes: N measurements, D parameters, F features, P terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analog_sbi.likelihood import polynomials

HIGHEST = 14  # degree in one parameter
MOST = 400  # terms; twice as many change left-out errors of the chain's heights by less than 0.1 %
ROUNDS = 2  # in which terms are chosen by what the last round found
STEPS = 60  # of the search, a round
A_DEGREE = 4.0  # ASSUME where the search starts: by which variances fall a degree,
ENTRY = 3.0  # ASSUME a parameter that a term depends on,
STRENGTH = 3000.0  # ASSUME and the variance of the constant, relative to the noise's
ROUNDING = 1e-12  # of the squares: what is left of them where there is no noise
RANGES = ((-2.0, 3.0), (0.0, 8.0), (-10.0, 25.0))  # of the logarithms that are searched


@dataclass(frozen=True)
class Relevance:
    """Degrees (P, D) of terms and the prior variance (P,) of coefficients, the noise's being 1."""

    powers: np.ndarray
    variance: np.ndarray


def learn(position: np.ndarray, y: np.ndarray) -> Relevance:
    """What measurements y (N, F) at positions (N, D) of the unit cube tell."""
    from scipy.optimize import minimize

    parameters = position.shape[1]
    found = np.repeat(np.log([np.log(A_DEGREE), ENTRY, STRENGTH]), (parameters, parameters, 1))
    ranges = np.repeat(np.array(RANGES), (parameters, parameters, 1), axis=0)
    squares = (y**2).sum(axis=0)
    for _ in range(ROUNDS):
        a_degree, entry, _ = np.split(found, [parameters, 2 * parameters])
        powers = polynomials.cheapest(np.exp(a_degree), entry, MOST, HIGHEST)
        design = polynomials.basis(position, powers)
        products, projected = design @ design.T, design @ y
        found = minimize(
            _cost,
            found,
            args=(powers, products, projected, squares, len(y)),
            jac=True,
            method="L-BFGS-B",
            bounds=ranges,
            options={"maxiter": STEPS},
        ).x
    return Relevance(powers, np.exp(_log_variance(found, powers)))


def _log_variance(at: np.ndarray, powers: np.ndarray) -> np.ndarray:
    """Log variance (P,) at the logs of a degree's cost (D,), of entry's (D,), and of strength."""
    parameters = powers.shape[1]
    a_degree, entry, strength = np.split(at, [parameters, 2 * parameters])
    found: np.ndarray = strength - powers @ np.exp(a_degree) - (powers > 0) @ entry
    return found


def _cost(
    at: np.ndarray,
    powers: np.ndarray,
    products: np.ndarray,
    projected: np.ndarray,
    squares: np.ndarray,
    count: int,
) -> tuple[float, np.ndarray]:
    """Minus the log evidence per value, the noise's variances being the best, and its gradient.

    ``products`` (P, P) and ``projected`` (P, F) are of terms with each other and with values, whose
    squares sum to ``squares`` (F,).
    """
    scale = np.exp(0.5 * _log_variance(at, powers))
    root = scale[:, None] * products * scale
    root[np.diag_indices_from(root)] += 1
    root = linalg.cholesky(root, lower=True, overwrite_a=True, check_finite=False)
    explained = linalg.solve_triangular(
        root, scale[:, None] * projected, lower=True, check_finite=False
    )
    rest = np.maximum(squares - (explained**2).sum(axis=0), ROUNDING * squares)
    values = count * len(squares)
    cost = len(squares) * np.log(np.diag(root)).sum() + 0.5 * count * np.log(rest).sum()
    coefficients = linalg.solve_triangular(root, explained, lower=True, trans="T")
    covariance, _ = linalg.lapack.dpotri(root, lower=1)
    slope = 0.5 * len(squares) * (1 - np.diag(covariance))
    slope -= 0.5 * count * (coefficients**2 / rest).sum(axis=1)
    a_degree = np.exp(at[: powers.shape[1]])
    gradient = [-(slope @ powers) * a_degree, -(slope @ (powers > 0)), [slope.sum()]]
    return float(cost / values), np.concatenate(gradient) / values
