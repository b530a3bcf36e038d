"""Seeds that stay as they are when others are added."""

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi import members, posterior
from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.errors import ArtifactError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.posterior.joining import join
from analog_sbi.posterior.networks import states
from tests.toys import untrained

SCHEMA = table_schema(numbers=("a",), integers=("seed",))
KEY = "of a seed"


def table(*seeds, shift=0.0):
    values = [shift + 10 * seed + row for seed in seeds for row in range(2)]
    return pd.DataFrame({"a": values, "seed": np.repeat(seeds, 2).astype(np.int64)})


@pytest.fixture
def written(tmp_path):
    """A table of seeds 0 and 1, made from the parameters of these."""
    path, found = tmp_path / "table.parquet", members.digests(table(0, 1))
    maker = Maker("measure", "settings", "key", of_a_seed=KEY)
    write_table(table(0, 1, shift=0.5), path, SCHEMA, maker, members=members.plain(found))
    return path


@pytest.mark.parametrize(
    ("wanted", "key", "staying"),
    [
        (table(0, 1, 2), KEY, {0, 1}),
        (table(1), KEY, {1}),
        (table(0, 1), KEY, set()),  # asked for just what is there: made again
        (table(0, 1, 2), "another", set()),
        (table(0, 1, 2), "", set()),
        (pd.concat([table(0, 2), table(1, shift=1e-9)]), KEY, {0}),
    ],
    ids=["added", "fewer", "again", "other settings", "no key", "other parameters"],
)
def test_members_stay_that_would_be_made_from_the_same(written, wanted, key, staying):
    assert members.stay(written, key, members.digests(wanted)) == staying


def test_nothing_stays_of_what_is_not_there_or_damaged(written):
    wanted = members.digests(table(0, 1, 2))
    written.write_bytes(b"")
    assert members.stay(written, KEY, wanted) == set()
    written.unlink()
    assert members.stay(written, KEY, wanted) == set()


def test_rows_of_members_that_stay_are_those_of_before(written):
    new = table(0, 1, 2)
    found = members.kept(new, written, KEY, members.digests(new))
    pd.testing.assert_frame_equal(
        found, pd.concat([table(0, 1, shift=0.5), table(2)]).reset_index(drop=True)
    )
    assert members.kept(new, written, "another", members.digests(new)) is new


def test_networks_of_some_seeds_are_joined_by_number():
    whole = untrained([(20.0, 30.0), (40.0, 50.0), (60.0, 70.0)], EstimatorSettings(1, 4))
    again = join([whole.of([2]), whole.of([0, 1])])
    assert isinstance(again, posterior.Networks)
    assert again.seeds == whole.seeds
    assert again.history == whole.history
    assert all(torch.equal(again.state[name], whole.state[name]) for name in whole.state)
    assert list(states(whole)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("rule", "first", "inputs", "left"),
    [
        ("run_2_rounds", "key", {}, False),
        ("run_2_rounds", "other", {}, True),
        ("train_round", "other", {"results/b/e/round_0/posterior.pt": "other"}, False),
        ("train_round", "other", {"results/b/e/round_0/posterior.pt": "key"}, True),
    ],
)
def test_a_round_that_an_earlier_run_left_behind_is_refused(tmp_path, rule, first, inputs, left):
    networks = untrained([(20.0, 30.0)], EstimatorSettings(1, 4))
    paths = [tmp_path / f"round_{number}/posterior.pt" for number in (0, 1)]
    posterior.write(networks, paths[0], Maker(rule, "settings", first))
    posterior.write(networks, paths[1], Maker(rule, "settings", "key", inputs))
    assert posterior.read(paths[0]).seeds == (0,)
    if left:
        with pytest.raises(ArtifactError, match="an earlier run left behind"):
            posterior.read(paths[1])
    else:
        assert posterior.read(paths[1]).seeds == (0,)
    assert posterior.read_networks(paths[1], replaced=True).seeds == (0,)
