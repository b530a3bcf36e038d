"""Targets that the prior can produce pass; impossible ones are refused and warned of."""

import logging
from itertools import product

import numpy as np
import pytest
import torch

from analog_sbi.diagnostics.misspecification import SCHEMA, check
from analog_sbi.errors import ArtifactError


@pytest.fixture(scope="module")
def heights():
    """Heights of three compartments that fall as exponentials, with noise (LSB)."""
    generator = np.random.default_rng(0)
    first = generator.uniform(80, 160, (400, 1))
    rate = generator.uniform(0.3, 1.5, (400, 1))
    return first * np.exp(-rate * np.arange(3)) + generator.normal(0, 2, (400, 3))


@pytest.fixture(scope="module")
def found(heights):
    """Verdicts on an observation of the prior's, one ten times too high, one upside down."""
    targets = {"own": heights[-1], "high": 10 * heights[-1], "upside-down": heights[-1, ::-1]}
    return verdicts(heights[:-1], targets)


def verdicts(heights, targets, seed=1):
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logging.getLogger().addHandler(handler)
    try:
        names = [f"h_{i}0" for i in range(heights.shape[1])]
        table = check(heights, targets, names, compared=100, alpha=0.05, seed=seed)
    finally:
        logging.getLogger().removeHandler(handler)
    return table.set_index(["target", "method"]), [record.getMessage() for record in records]


def test_an_observation_of_the_prior_passes(found):
    table, warnings = found
    assert not table.loc["own", "misspecified"].any()
    assert not any("target own" in text for text in warnings)


def test_heights_ten_times_too_high_are_refused_by_both_tests(found):
    table, warnings = found
    assert table.loc["high", "misspecified"].all()
    assert (table.loc["high", "p_value"] < 0.01).all()
    assert sum("target high looks unlike" in text for text in warnings) == 2


def test_possible_heights_in_an_impossible_order_are_refused(found):
    assert found[0].loc[("upside-down", "density"), "misspecified"]


def test_it_repeats_and_leaves_global_randomness_and_missing_observations_alone(heights, found):
    before = torch.get_rng_state()
    holes = np.concatenate([np.full((1, 3), np.nan), heights[:-1]])
    again, _ = verdicts(holes, {"own": heights[-1]})
    assert torch.equal(before, torch.get_rng_state())
    assert again.loc[("own", "density"), "p_value"] == found[0].loc[("own", "density"), "p_value"]


def test_a_single_feature_is_tested(heights):
    own = heights[:, :1]
    targets = {"middle": np.median(own, axis=0), "high": own.max(axis=0) + 200}
    table, _ = verdicts(own, targets)
    assert (table.loc["middle", "p_value"] > 0.3).all()
    assert table.loc["high", "misspecified"].all()


def test_a_constant_feature_tells_only_its_own_value(heights, found):
    both = np.column_stack([np.full(len(heights), 7.0), heights])
    targets = {
        f"{name}-{first:g}": np.array([first, *rest])
        for first, (name, rest) in product(
            (7.0, 8.0), {"own": heights[-1], "high": 10 * heights[-1]}.items()
        )
    }
    table, warnings = verdicts(both[:-1], targets)
    SCHEMA.validate(table.reset_index())
    for name in ("own", "high"):
        alone = found[0].loc[(name, "density"), "p_value"]
        assert table.loc[(f"{name}-7", "density"), "p_value"] == alone
        assert (table.loc[f"{name}-8", "p_value"] == 0).all()
        assert table.loc[f"{name}-8", "misspecified"].all()
    assert "the prior always gives the same h_00" in warnings[0]


def test_observations_that_never_differ_are_compared_by_value():
    table, _ = verdicts(np.full((50, 2), 3.0), {"same": np.full(2, 3.0), "other": np.ones(2)})
    assert (table.loc["same", "p_value"] == 1).all()
    assert (table.loc["other", "p_value"] == 0).all()


def test_a_test_that_cannot_tell_says_so():
    """Most observations are at the limit of the readout: their median distance is 0."""
    values = np.random.default_rng(0).uniform(0, 1, (100, 1))
    values[:80] = 1.0
    shuffled = np.random.default_rng(1).permutation(values)
    table, warnings = verdicts(shuffled, {"limit": np.ones(1)})
    assert np.isnan(table.loc[("limit", "mmd"), "p_value"])
    assert not table.loc[("limit", "mmd"), "misspecified"]
    assert any("target limit cannot be tested (mmd)" in text for text in warnings)
    SCHEMA.validate(table.reset_index())


def test_incomplete_targets_and_too_few_observations_are_refused(heights):
    with pytest.raises(ArtifactError, match=r"target gap: .* missing h_10$"):
        verdicts(heights, {"gap": np.array([100.0, np.nan, 20.0])})
    with pytest.raises(ArtifactError, match=r"at least 10 complete observations .* found 9"):
        verdicts(heights[:9], {"own": heights[-1]})
