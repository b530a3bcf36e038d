"""Tables and posteriors on disk: what goes in comes out, what is damaged is named."""

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi.artifacts import (
    Maker,
    read_metadata,
    read_plain,
    read_table,
    replacing,
    table_schema,
    write_plain,
    write_table,
)
from analog_sbi.errors import ArtifactError

SCHEMA = table_schema(numbers=("g_leak", "tau"), integers=("seed",))
MAKER = Maker.of("measure_round", {"seed": 1, "code": "abc"})


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame({"g_leak": [1.0, 2.0], "tau": [1.1, 1.2], "seed": [0, 1]})


def test_round_trip_with_units_and_maker(tmp_path, table):
    path = tmp_path / "deep" / "table.parquet"
    write_table(table, path, SCHEMA, MAKER, {"tau": "compartments"}, missing=3)
    pd.testing.assert_frame_equal(read_table(path, SCHEMA)[list(table)], table)
    metadata = read_metadata(path)
    assert metadata["units"] == {"tau": "compartments"}
    assert metadata["maker"]["rule"] == "measure_round"
    assert metadata["missing"] == 3


def test_equal_tables_give_equal_files(tmp_path, table):
    for name in ("a", "b"):
        write_table(table, tmp_path / f"{name}.parquet", SCHEMA, MAKER)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_the_digest_of_code_is_no_setting():
    assert Maker.of("rule", {"seed": 1, "code": "x"}) == Maker.of("rule", {"seed": 1, "code": "y"})
    assert Maker.of("rule", {"seed": 1}) != Maker.of("rule", {"seed": 2})


def test_a_wrong_table_is_refused_and_nothing_is_left(tmp_path, table):
    path = tmp_path / "table.parquet"
    with pytest.raises(ArtifactError, match=r"table\.parquet.*missing: tau.*not known: height"):
        write_table(table.rename(columns={"tau": "height"}), path, SCHEMA, MAKER)
    with pytest.raises(ArtifactError, match=r"table\.parquet: column tau"):
        write_table(table.assign(tau=np.nan), path, SCHEMA, MAKER)
    assert list(tmp_path.iterdir()) == []


def test_truncated_files_are_named(tmp_path, table):
    parquet, posterior = tmp_path / "table.parquet", tmp_path / "posterior.pt"
    write_table(table, parquet, SCHEMA, MAKER)
    write_plain({"state": torch.arange(100.0)}, posterior)
    for path, read in ((parquet, read_table), (posterior, read_plain)):
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(ArtifactError, match=f"{path.name}: expected .*found"):
            read(path)
        path.unlink()
        with pytest.raises(ArtifactError, match="found no file"):
            read(path)


def test_objects_are_not_unpickled(tmp_path):
    path = tmp_path / "posterior.pt"
    torch.save({"prior": table_schema}, path)
    with pytest.raises(ArtifactError, match="expected plain data"):
        read_plain(path)


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "claims.md"
    path.write_text("old")

    def write_and_fail():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["claims.md"]
