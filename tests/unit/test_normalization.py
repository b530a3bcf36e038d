"""What a density integrates to, against what is known."""

import numpy as np
import pytest
from scipy.stats import norm

from analog_sbi.posterior.normalization import FEW, log_evidence
from analog_sbi.space import Space


def space(count, low=0.0, high=1000.0):
    names = tuple(f"p{i}" for i in range(count))
    return Space(names, ("",) * count, np.full(count, low), np.full(count, high))


def gaussian(mean, sd):
    return lambda theta: -(((theta - mean) / sd) ** 2).sum(axis=1) / 2 + 7.0


@pytest.mark.parametrize(
    ("count", "mean", "sd", "low", "high"),
    [
        (2, 500.0, 3.0, 0.0, 1000.0),
        (7, 600.0, 20.0, 0.0, 1000.0),
        (2, 1000.0, 50.0, 0.0, 1000.0),  # half of it in each direction is beyond the bounds
        (7, 500.0, 2000.0, 0.0, 1000.0),  # hardly narrower than the prior
        (3, 4.0, 1.0, 0.0, np.inf),
        (2, -3.0, 2.0, -np.inf, np.inf),
    ],
)
def test_gaussians_have_the_integral_that_is_known(count, mean, sd, low, high):
    where, generator = space(count, low, high), np.random.default_rng(0)
    start = generator.random((2000, count)) * min(high, 1000.0) if low == 0 else None
    start = generator.normal(0, 30, (2000, count)) if start is None else start
    found = log_evidence(gaussian(mean, sd), where, start, generator, "seed 0")
    inside = norm.cdf(high, mean, sd) - norm.cdf(low, mean, sd)
    expected = 7.0 + count * np.log(np.sqrt(2 * np.pi) * sd * inside)
    assert found.log == pytest.approx(expected, abs=0.05)
    assert found.effective > 10 * FEW


def test_an_estimate_from_few_draws_is_warned_of(caplog):
    def far_apart(theta):
        return np.where((np.abs(theta - 500) < 1e-3).all(axis=1), 0.0, -np.inf)

    generator = np.random.default_rng(0)
    start = 1000 * generator.random((2000, 2))
    found = log_evidence(far_apart, space(2), start, generator, "seed 3")
    assert found.effective < FEW
    assert np.isnan(found.log)
    assert "seed 3: its density is normalized by" in caplog.text
