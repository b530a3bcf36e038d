"""Terms of several parameters, and what measurements tell of them."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from analog_sbi.likelihood import polynomials, relevance


def test_polynomials_are_orthonormal_over_the_cube():
    nodes, weights = np.polynomial.legendre.leggauss(6)
    grid = np.stack(np.meshgrid(*[(nodes + 1) / 2] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    mass = np.outer(weights, weights).ravel() / 4
    products = polynomials.basis(grid, polynomials.up_to(2, 4))
    np.testing.assert_allclose((products * mass) @ products.T, np.eye(15), atol=1e-12)


@pytest.mark.parametrize("highest", [3, 9])
def test_the_cheapest_terms_are_those_of_all_that_cost_least(highest):
    a_degree, entry = np.array([0.3, 1.1, 2.0]), np.array([0.0, 2.0, 0.5])
    whole = np.stack(np.meshgrid(*[np.arange(highest + 1)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cost = np.sort(whole @ a_degree + (whole > 0) @ entry)
    found = polynomials.cheapest(a_degree, entry, 50, highest)
    assert found.max() <= highest
    assert len(np.unique(found, axis=0)) == 50
    np.testing.assert_allclose(found @ a_degree + (found > 0) @ entry, cost[:50])


def test_there_are_no_more_terms_than_the_highest_degree_gives():
    assert len(polynomials.cheapest(np.ones(2), np.zeros(2), 400, 3)) == 16


def test_any_closed_set_gives_the_terms_it_names():
    powers = polynomials.cheapest(np.array([0.4, 1.5]), np.array([0.0, 3.0]), 12, 9)
    position = np.random.default_rng(0).random((5, 2))
    single = [
        [
            np.sqrt(2 * n + 1) * np.polynomial.Legendre.basis(n)(2 * column - 1)
            for n in range(powers.max() + 1)
        ]
        for column in position.T
    ]
    expected = [single[0][first] * single[1][second] for first, second in powers]
    np.testing.assert_allclose(polynomials.basis(position, powers), expected, rtol=1e-12)


def wavy(count, generator):
    """Measurements (N, 2): rough along the first of four parameters, even along the last."""
    position = generator.random((count, 4))
    rough = np.sin(8 * position[:, 0]) + position[:, 1] * position[:, 2]
    y = np.stack([rough, position[:, 1] ** 2], axis=1) + 0.1 * generator.standard_normal((count, 2))
    return position, (y - y.mean(axis=0)) / y.std(axis=0)


def test_terms_are_of_parameters_that_matter_as_high_as_they_are_rough():
    found = relevance.learn(*wavy(400, np.random.default_rng(1)))
    first, fourth = (along(found, degree) for degree in (1, 4))
    assert fourth[0] > 1e3 * max(fourth[1:])
    assert min(first[:3]) > 1e3 * first[3]


def along(found, degree):
    """Variance (4,) of the terms of a degree in one parameter alone, 0 of those left out."""
    rows = degree * np.eye(4, dtype=int)
    return [found.variance[(found.powers == row).all(axis=1)].sum() for row in rows]


def test_evidence_climbs_along_its_gradient():
    position, y = wavy(60, np.random.default_rng(2))
    powers = polynomials.up_to(4, 3)
    design = polynomials.basis(position, powers)
    facts = (powers, design @ design.T, design @ y, (y**2).sum(axis=0), len(y))
    at = np.array([0.1, 0.5, -0.3, 0.9, 1.0, 0.2, 2.0, 0.6, 4.0])

    def cost(at):
        return relevance._cost(at, *facts)[0]

    def slope(at):
        return relevance._cost(at, *facts)[1]

    assert check_grad(cost, slope, at) < 1e-6


def test_evidence_is_that_of_the_normal_density():
    """Of values whose noise is the best for a prior; the cost leaves constants out."""
    position, y = wavy(30, np.random.default_rng(3))
    powers = polynomials.up_to(4, 2)
    design = polynomials.basis(position, powers)
    facts = (powers, design @ design.T, design @ y, (y**2).sum(axis=0), len(y))

    def exact(at):
        spread = np.exp(relevance._log_variance(at, powers))
        shape = np.eye(len(y)) + design.T @ (spread[:, None] * design)
        noise = np.diag(y.T @ np.linalg.solve(shape, y)) / len(y)
        return (2 * np.linalg.slogdet(shape)[1] + len(y) * np.log(noise).sum()) / (2 * y.size)

    first, second = np.full(9, 0.5), np.linspace(0, 2, 9)
    found = relevance._cost(first, *facts)[0] - relevance._cost(second, *facts)[0]
    assert found == pytest.approx(exact(first) - exact(second), abs=1e-10)
