"""Plans: which parameters a job measures."""

import numpy as np
import pandas as pd
import pytest

from analog_sbi import plans
from analog_sbi.errors import ArtifactError
from analog_sbi.plans import PLANS, planned
from analog_sbi.prior import Box
from analog_sbi.randomness import generator
from analog_sbi.space import Space

BOX = Space(("a", "b"), ("mV", "ms"), [-1.0, 10.0], [1.0, 30.0])
NAMES = list(BOX.names)
ROWS = pd.DataFrame({"a": [0.0, 0.5, 1.0], "b": [10.0, 20.0, 30.0], "seed": [0, 0, 1]})


def plan(kind, rows=None, seed=7, **settings):
    return planned({"kind": kind, **settings}, BOX, rows, seed, np.random.default_rng(1))


def test_a_grid():
    table = plan("grid", steps=3)
    assert list(table) == NAMES
    np.testing.assert_array_equal(table.to_numpy(), BOX.grid(3))


def test_repeats_of_one_position():
    table = plan("repeat", position=[0.5, 0.25], count=3)
    np.testing.assert_array_equal(table[NAMES].to_numpy(), [[0, 15]] * 3)
    assert table["trial"].tolist() == [0, 1, 2]


def test_points_are_counted_from_one():
    table = plan("points", positions=[[0, 0], [1, 1]])
    np.testing.assert_array_equal(table[NAMES].to_numpy(), [[-1, 10], [1, 30]])
    assert table["point"].tolist() == [1, 2]


def test_draws_take_the_numbers_of_the_job_or_of_their_purpose():
    own = np.random.default_rng(1)
    table = planned({"kind": "draw", "count": 5}, BOX, None, 7, own)
    np.testing.assert_array_equal(table.to_numpy(), BOX.draw(5, np.random.default_rng(1)))
    state = own.bit_generator.state
    table = planned({"kind": "draw", "count": 5, "purpose": ["tests", "global"]}, BOX, None, 7, own)
    np.testing.assert_array_equal(table.to_numpy(), BOX.draw(5, generator(7, "tests", "global")))
    assert own.bit_generator.state == state


def test_the_first_round_of_a_seed_depends_on_its_number_alone():
    table = plan("prior", count=4, seeds=[2, 0])
    assert table["seed"].tolist() == [2] * 4 + [0] * 4
    assert table["seed"].dtype == np.int64
    for seed in (0, 2):
        expected = BOX.draw(4, generator(7, "prior", seed))
        np.testing.assert_array_equal(table.loc[table["seed"] == seed, NAMES], expected)
    assert not table.equals(plan("prior", seed=8, count=4, seeds=[2, 0]))
    narrow = Box(Space(BOX.names, BOX.units, [-1.0, 10.0], [0.0, 20.0]))
    table = plan("prior", count=4, seeds=[2], prior=narrow.plain())
    np.testing.assert_array_equal(table[NAMES], narrow.draw(4, generator(7, "prior", 2)))


def test_rows_keep_their_keys_only():
    table = plan("rows", ROWS.assign(round=1, ensemble=3, log_prob=0.5))
    assert list(table) == [*NAMES, "seed", "ensemble", "round"]
    assert table["a"].tolist() == ROWS["a"].tolist()


def test_first_rows_many_times():
    table = plan("rows", ROWS, points=2, repeats=3)
    assert table["point"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["a"].tolist() == [0.0] * 3 + [0.5] * 3
    assert list(table) == [*NAMES, "point"]
    assert len(plan("rows", ROWS, points=9, repeats=1)) == 3  # no more than there are


def test_rows_that_lack_a_parameter_are_refused():
    with pytest.raises(ArtifactError, match="columns of all parameters, missing b"):
        plan("rows", ROWS[["a", "seed"]])


def test_a_box_within_the_space():
    region = pd.DataFrame({"parameter": ["b", "a"], "low": [15.0, 0.0], "high": [20.0, 0.5]})
    table = plan("box", region, count=200)
    assert ((table["a"] >= 0) & (table["a"] <= 0.5)).all()
    assert ((table["b"] >= 15) & (table["b"] <= 20)).all()
    np.testing.assert_allclose(table.mean(), [0.25, 17.5], rtol=0.1)


def test_every_kind_is_described():
    assert all(f"{{kind: {kind}" in (plans.__doc__ or "") for kind in PLANS)
