"""Targets that the prior can produce pass; impossible ones are refused and warned of."""

import logging

import numpy as np
import pytest
import torch

from analog_sbi.checks.misspecification import check


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
        table = check(heights, targets, compared=100, alpha=0.05, seed=seed)
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
