"""Effective numbers and powers of weights."""

import numpy as np
import pytest

from analog_sbi.weights import log_effective, longest_power

NONE = -np.inf


@pytest.mark.parametrize(
    ("weights", "effective"),
    [([0.0, 0.0, 0.0, 0.0], 4), ([7.0, NONE, NONE, NONE], 1), ([1.0, 1.0, NONE, NONE], 2)],
)
def test_effective_numbers(weights, effective):
    assert np.exp(log_effective(np.array(weights))) == pytest.approx(effective)


def test_no_weight_is_no_particle():
    rows = np.array([[NONE, NONE], [0.0, 0.0]])
    np.testing.assert_allclose(log_effective(rows), [NONE, np.log(2)])


def test_powers_leave_the_share_and_no_more():
    weights = 10 * np.random.default_rng(0).standard_normal((3, 500))
    powers = longest_power(weights, np.array([1.0, 0.01, 0.5]), 0.5, 40)
    shares = np.exp(log_effective(powers[:, None] * weights)) / 500
    np.testing.assert_allclose(shares[[0, 2]], 0.5, rtol=1e-6)
    assert powers[1] == 0.01
    assert shares[1] > 0.5
