"""Distances to a known posterior, and of the members of an experiment."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi.diagnostics import reference_distance
from analog_sbi.diagnostics.reference_distance import (
    Members,
    Reference,
    compare,
    distances,
    distances_schema,
    ensembles_blind,
    floors,
)
from analog_sbi.errors import ArtifactError
from analog_sbi.space import Space

SPACE = Space(("a", "b"), ("code", "code"), np.zeros(2), np.array([1000.0, 200.0]))


def normal(generator, count, shift=0.0, r=0.0):
    """Samples with standard deviations of 50 and 10, the first mean moved by ``shift`` of them."""
    x = generator.standard_normal((count, 2))
    x[:, 1] = r * x[:, 0] + np.sqrt(1 - r**2) * x[:, 1]
    return np.array([500.0, 100.0]) + (x + np.array([shift, 0])) * np.array([50.0, 10.0])


@pytest.fixture(scope="module")
def reference():
    return Reference(normal(np.random.default_rng(0), 2000), SPACE)


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
    scaled = Space(SPACE.names, SPACE.units, SPACE.low, SPACE.high * scale)
    other = Reference(reference.samples * scale, scaled)
    expected = distances(samples, reference, 3)
    assert distances(samples * scale, other, 3) == pytest.approx(expected)
    assert distances(samples, reference, 3) == expected


def test_the_floor_compares_disjoint_parts(reference):
    found = floors(Reference(reference.samples[:500], SPACE), 150, 1)
    assert found["member"].tolist() == [0, 1]
    assert (found["kind"] == "floor").all()
    assert found["c2st"].between(0.35, 0.65).all()
    assert floors(reference, 1500, 1).empty
    # Parts that are unlike each other show.
    parts = np.concatenate([normal(np.random.default_rng(1), 100, shift=s) for s in (0, 9)])
    assert floors(Reference(parts, SPACE), 100, 1)["c2st"].iloc[0] > 0.99


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
    assert found["ensemble"].tolist() == [0, 1, 2]
    assert found["blind"].tolist() == [False, True, False]


def test_sets_of_different_sizes_are_not_told_apart_by_their_sizes():
    """A classifier that always says samples is right for three in four of 900 against 300."""
    few = Reference(normal(np.random.default_rng(0), 300), SPACE)
    found = distances(normal(np.random.default_rng(1), 900), few, 1)
    assert abs(found["c2st"] - 0.5) < 0.06
    assert abs(found["mmd"]) < 0.01
    with pytest.raises(ArtifactError, match="at least 5 samples to compare, found 3"):
        distances(few.samples[:3], few, 1)


def members(kind, generator, counts):
    """Samples of members of a kind, whose measurements are 3 and 4 away from the target."""
    samples = pd.concat(
        pd.DataFrame(normal(generator, count), columns=["a", "b"]).assign(
            **{kind: number, "round": r}
        )
        for number, count in enumerate(counts)
        for r in range(2)
    )
    predictive = samples[[kind, "round"]].assign(x=3.0, y=-4.0)
    blind = pd.DataFrame({kind: [0, 0, 1, 1], "round": [0, 1, 0, 1], "blind": [0, 0, 0, 1]})
    return Members(kind, samples, predictive, blind.astype({"blind": bool}))


def test_seeds_and_ensembles_are_compared_by_their_own_numbers(reference):
    generator = np.random.default_rng(4)
    groups = [members("seed", generator, (80, 80)), members("ensemble", generator, (80, 60))]
    target = pd.DataFrame({"x": [-1.0, 1.0], "y": [0.0, 0.0]})
    table = compare(groups, reference, target, ["x", "y"], [1], 70, 1)
    distances_schema(SPACE.names).validate(table[list(distances_schema(SPACE.names).columns)])
    assert table.groupby("kind")["member"].apply(list).to_dict() == {
        "ensemble": [0, 1],
        "floor": [0, 1, 2, 3, 4],
        "seed": [0, 1],
    }
    own = table[table["kind"] != "floor"]
    assert own["round"].eq(1).all()
    assert own["distance"].eq(5.0).all()
    assert own["blind"].tolist() == [False, True, False, True]
    assert table.loc[table["kind"] == "floor", "distance"].isna().all()


def test_a_reference_of_few_samples_is_not_compared_with_itself(reference):
    generator = np.random.default_rng(5)
    groups = [members("seed", generator, (80, 80)), members("ensemble", generator, (80, 80))]
    target = pd.DataFrame({"x": [-1.0, 1.0], "y": [0.0, 0.0]})
    few = Reference(reference.samples[:159], SPACE)
    table = compare(groups, few, target, ["x", "y"], [1], 80, 1)
    distances_schema(SPACE.names).validate(table)
    assert set(table["kind"]) == {"seed", "ensemble"}


def test_a_reference_that_has_come_to_one_place_is_far_from_others(reference):
    place = Reference(np.tile([500.0, 100.0], (200, 1)), SPACE)
    found = distances(normal(np.random.default_rng(1), 200), place, 1)
    assert found["c2st"] > 0.95
    assert np.isfinite(list(found.values())).all()
