"""Distances to a known posterior, and how ensembles and claims see them."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi.checks import reference_distance, trust
from analog_sbi.checks.reference_distance import Reference, distances, ensembles_blind, floors

WIDTH = np.array([1000.0, 200.0])
NAMES = ("a", "b")


def normal(generator, count, shift=0.0, r=0.0):
    """Samples with standard deviations of 50 and 10, the first mean moved by ``shift`` of them."""
    x = generator.standard_normal((count, 2))
    x[:, 1] = r * x[:, 0] + np.sqrt(1 - r**2) * x[:, 1]
    return np.array([500.0, 100.0]) + (x + np.array([shift, 0])) * np.array([50.0, 10.0])


@pytest.fixture(scope="module")
def reference():
    return Reference(normal(np.random.default_rng(0), 2000), WIDTH, NAMES)


def test_equal_distributions_cannot_be_told_apart(reference):
    found = distances(normal(np.random.default_rng(1), 300), reference, 1)
    assert abs(found["c2st"] - 0.5) < 0.06
    assert abs(found["mmd"]) < 0.01
    assert found["wasserstein"] < 0.01


def test_a_moved_posterior_is_as_far_as_it_was_moved(reference):
    far = distances(normal(np.random.default_rng(1), 300, shift=10.0), reference, 1)
    assert far["c2st"] > 0.99
    assert far["mmd"] > 0.8
    # 500 of 1000 in one of two parameters
    assert far["wasserstein_a"] == pytest.approx(0.5, abs=0.01)
    assert far["wasserstein_b"] < 0.01
    assert far["wasserstein"] == pytest.approx(0.25, abs=0.01)


def test_a_correlation_that_no_marginal_shows_is_seen(reference):
    found = distances(normal(np.random.default_rng(1), 300, r=0.95), reference, 1)
    assert found["c2st"] > 0.65
    assert found["mmd"] > 0.02
    assert found["wasserstein"] < 0.01


def test_units_do_not_matter(reference):
    samples, scale = normal(np.random.default_rng(1), 100, shift=1.0), np.array([1e-6, 1.0])
    other = Reference(reference.samples * scale, WIDTH * scale, NAMES)
    expected = distances(samples, reference, 3)
    assert distances(samples * scale, other, 3) == pytest.approx(expected)
    assert distances(samples, reference, 3) == expected


def test_the_floor_compares_disjoint_parts(reference):
    found = floors(Reference(reference.samples[:500], WIDTH, NAMES), 150, 1)
    assert found["member"].tolist() == [0, 1]
    assert (found["kind"] == "floor").all()
    assert found["c2st"].between(0.35, 0.65).all()
    assert floors(reference, 1500, 1).empty
    # Parts that are unlike each other show.
    parts = np.concatenate([normal(np.random.default_rng(1), 100, shift=s) for s in (0, 9)])
    assert floors(Reference(parts, WIDTH, NAMES), 100, 1)["c2st"].iloc[0] > 0.99


def test_rows_are_of_their_seed_and_round(reference):
    generator = np.random.default_rng(2)
    shifts = {(0, 0): 10.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 10.0}
    parts = [
        pd.DataFrame(normal(generator, 120, shift), columns=["a", "b"]).assign(seed=s, round=r)
        for (s, r), shift in shifts.items()
    ]
    table = reference_distance.of_members("seed", pd.concat(parts), reference, 60, 1)
    far = table.set_index(["member", "round"])["c2st"] > 0.9
    assert {key for key, value in far.items() if value} == {(0, 0), (1, 1)}


def test_an_ensemble_is_blind_if_a_member_is():
    table = pd.DataFrame({"seed": [3, 0, 1, 2, 4], "round": 0, "blind": [True, *[False] * 4]})
    found = ensembles_blind(table, 2)
    assert found["seed"].tolist() == [0, 1, 2]
    assert found["blind"].tolist() == [False, True, False]


@pytest.mark.parametrize(("ensembles", "holds"), [([0.55, 0.60], True), ([0.55, 0.61], False)])
def test_every_ensemble_must_be_near(tmp_path, ensembles, holds):
    rows = [("ensemble", m, 1, c) for m, c in enumerate(ensembles)]
    rows += [("ensemble", 0, 0, 0.9), ("seed", 0, 1, 0.95), ("floor", 0, -1, 0.51)]
    table = pd.DataFrame(rows, columns=["kind", "member", "round", "c2st"]).assign(blind=False)
    verdict = trust.near(table)
    assert verdict.holds is holds
    for part in ("0.55", "single seeds median 0.95", "itself 0.51"):
        assert part in verdict.value
