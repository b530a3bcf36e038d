"""Networks that are too narrow or too wide, whose levels are corrected by other seeds' data."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analog_sbi.dataset import Dataset
from analog_sbi.errors import MeasurementError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior import from_plain
from analog_sbi.posterior.base import PosteriorFormatError
from analog_sbi.remedies.answering import members
from analog_sbi.remedies.conformal import corrected, quantile, repair
from tests.toys import untrained

FLOW = EstimatorSettings(transforms=2, hidden=10, permutations="reverse")
TRUE = 6.0  # standard deviation of the parameters, which features tell nothing of
LEVELS = (0.5, 0.9)


def measured(generator, seeds, count):
    theta = 50 + TRUE * generator.standard_normal((seeds, count, 2))
    return [Dataset(part, np.zeros((count, 2))) for part in theta]


def of_spread(spread, count=400):
    """Untrained networks are about twice as wide as told."""
    networks = untrained([(50.0, 50.0)] * 2, FLOW, features=2, spread=spread, seen=0.0)
    return repair(networks, measured(np.random.default_rng(1), 2, count), 3, 100_000)


@pytest.fixture(scope="module")
def narrow():
    return of_spread(1.5)


@pytest.mark.parametrize("spread", [1.5, 6.0])
def test_regions_hold_the_truth_as_often_as_they_say(spread):
    found = of_spread(spread).select([0])
    (tests,) = measured(np.random.default_rng(2), 1, 2000)
    theta = torch.tensor(tests.theta, dtype=torch.float32)

    def covered(posterior):
        samples, _ = posterior.sample(1000, [5], 100_000)
        among, own = (posterior.log_prob_at(part) for part in (samples, theta[None]))
        level = (among[0] > own[0][:, None]).double().mean(dim=1)
        return [float((level <= told).double().mean()) for told in LEVELS]

    before, after = covered(found.base), covered(found)
    assert (np.abs(np.subtract(before, LEVELS)) > 0.08).all()
    np.testing.assert_allclose(after, LEVELS, atol=0.06)


def test_it_says_what_to_ask_of_the_network(narrow):
    facts = narrow.history[0]
    assert facts["tested"] == 400
    assert facts["asked"]["0.5"] > 0.7


@pytest.mark.parametrize(("told", "level"), [(0.5, 0.5), (0.89, 0.9), (0.95, 1.0)])
def test_the_quantile_is_that_of_a_fresh_measurement(told, level):
    """Of nine levels 0.1 to 0.9 the k-th holds a tenth with probability k / 10."""
    assert quantile(np.arange(1, 10) / 10, told) == pytest.approx(level)


@pytest.mark.parametrize("levels", [np.ones(50), np.zeros(50), np.linspace(0, 1, 50)])
def test_corrected_levels_ascend_from_0_to_1(levels):
    found = corrected(levels)
    assert (np.diff(found) > 0).all()
    assert found[0] == 0
    assert found[-1] == pytest.approx(1)


def test_the_density_is_normalized_and_that_of_the_answers(narrow):
    grid = torch.cartesian_prod(*[torch.linspace(0.25, 99.75, 200)] * 2)
    density = narrow.log_prob_at(grid.expand(2, *grid.shape))
    np.testing.assert_allclose(density.exp().sum(dim=1) * 0.5**2, 1, atol=0.1)
    samples, _ = narrow.sample(2000, [5, 6], 1_000_000)
    inside, held = ((part - 50).abs().amax(dim=-1) < 6 for part in (grid, samples))
    mass = density[:, inside].exp().sum(dim=1) * 0.5**2
    np.testing.assert_allclose(held.float().mean(dim=1), mass, atol=0.06)
    assert (narrow.log_prob_at(torch.full((2, 1, 2), -1.0)) == -torch.inf).all()
    found = members(narrow, narrow.target[None], 2, 10_000, 4, 1_000_000)
    assert set(found) == {("seed", 0), ("seed", 1), ("ensemble", 0)}
    mixed = found["ensemble", 0]
    assert mixed.samples.shape == (10_000, 1, 2)
    expected = torch.logsumexp(density, dim=0) - np.log(2)
    near = expected > expected.max() - 3
    difference = (mixed.log_prob(grid, narrow.target) - expected)[near].abs()
    assert float(difference.mean()) < 0.15


def test_a_file_that_lacks_levels_is_refused(narrow):
    with pytest.raises(PosteriorFormatError, match="levels: expected 2 seeds, found 1"):
        from_plain(narrow.plain() | {"levels": narrow.plain()["levels"][:1]})


def test_few_measurements_and_later_rounds_are_refused(narrow):
    with pytest.raises(MeasurementError, match="at least 100 measurements of other seeds than 0"):
        of_spread(1.5, count=50)
    later = replace(narrow.base, round=1)
    with pytest.raises(PosteriorFormatError, match="of the first round, found round 1"):
        repair(later, measured(np.random.default_rng(1), 2, 200), 3, 1000)
