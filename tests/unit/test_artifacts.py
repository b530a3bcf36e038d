"""Artifacts are written wholly or not at all, and damage of any kind is named in one line."""

import errno
import os
import subprocess
import sys

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
    write_text,
)
from analog_sbi.errors import ArtifactError

SCHEMA = table_schema(numbers=("g_leak", "tau"), integers=("seed",), strings=("name",))
MAKER = Maker.of("measure_round", {"seed": 1, "code": "abc"})
CONTENT = {"state": {"w": torch.arange(100.0)}, "seeds": [0, 1], "shape": (2, 3), "none": None}


@pytest.fixture
def table():
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "g_leak": random.random(200),
            "tau": random.random(200),
            "seed": np.arange(200),
            "name": [f"row {i}" for i in range(200)],
        }
    )


@pytest.fixture
def files(tmp_path, table):
    """A table and a posterior, each with the function that reads it."""
    write_table(table, tmp_path / "table.parquet", SCHEMA, MAKER)
    write_plain(CONTENT, tmp_path / "posterior.pt", MAKER)
    return ((tmp_path / "table.parquet", read_table), (tmp_path / "posterior.pt", read_plain))


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert len(text) < 400
    return text


def test_equal_content_gives_equal_bytes_whatever_the_name(tmp_path):
    shared = torch.arange(3.0)
    word = "".join(["m", "af"])
    for name, content in {
        "a": {"x": shared, "y": shared, "names": [word, word]},
        "b": {"x": torch.arange(6.0)[:3], "y": shared.clone(), "names": ["maf", "".join("maf")]},
    }.items():
        write_plain(content, tmp_path / f"{name}.pt")
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_plain_data_comes_back_with_its_metadata(tmp_path):
    path = tmp_path / "posterior.pt"
    write_plain(CONTENT, path, MAKER, problem="abc")
    found = read_plain(path)
    assert list(found) == list(CONTENT)
    assert found["state"]["w"].equal(CONTENT["state"]["w"])
    assert found["shape"] == (2, 3)
    metadata = read_metadata(path)
    assert metadata["maker"]["rule"] == "measure_round"
    assert metadata["problem"] == "abc"
    assert list(torch.load(path, weights_only=True)) == list(CONTENT)


def test_objects_are_refused_where_they_are_written(tmp_path):
    with pytest.raises(ArtifactError, match=r"posterior\.pt: expected plain data, found function"):
        write_plain({"prior": table_schema}, tmp_path / "posterior.pt")
    write_plain({"number": np.float64(1.5)}, tmp_path / "posterior.pt")
    assert read_plain(tmp_path / "posterior.pt") == {"number": 1.5}


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_files_have_the_rights_that_the_umask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_text("text", tmp_path / "claims.md")
    finally:
        os.umask(before)
    assert (tmp_path / "claims.md").stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_full_disk_is_named_in_one_line(tmp_path, table, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for path, write in (
        (tmp_path / "a.parquet", lambda path: write_table(table, path, SCHEMA, MAKER)),
        (tmp_path / "a.pt", lambda path: write_plain(CONTENT, path)),
    ):
        with pytest.raises(ArtifactError, match=f"{path.name}: .*no space left on device") as error:
            write(path)
        one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_full_while_parquet_is_written(tmp_path, table, monkeypatch):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    real = os.open

    def to_full(path, flags, *rest, **named):
        if flags & os.O_CREAT:
            os.symlink("/dev/full", path)
            return real("/dev/null", os.O_RDONLY)
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", to_full)
    with pytest.raises(ArtifactError, match=r"a\.parquet: .*no space left") as error:
        write_table(table, tmp_path / "a.parquet", SCHEMA, MAKER)
    one_line(error)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_written_to_are_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.md").mkdir()
    for path in (tmp_path / "file" / "a.md", tmp_path / "folder.md"):
        with pytest.raises(ArtifactError, match=f"^{path}: expected to write it, found: ") as error:
            write_text("text", path)
        one_line(error)

    def denied(*arguments, **named):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(ArtifactError, match=r"claims\.md: .*permission denied"):
        write_text("text", tmp_path / "claims.md")


def test_what_dead_processes_began_is_removed_and_never_taken_for_a_table(tmp_path):
    code = (
        "import os, sys\nfrom analog_sbi.artifacts import replacing\n"
        "with replacing(sys.argv[1]) as path:\n    path.write_text('half')\n    os._exit(9)\n"
    )
    path = tmp_path / "claims.md"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    (left,) = tmp_path.iterdir()
    assert not list(tmp_path.glob("*.md"))
    with replacing(path) as mine, replacing(path) as other:
        assert mine != other
        assert mine.exists()
        mine.write_text("new")
    assert not left.exists()
    assert [found.name for found in tmp_path.iterdir()] == ["claims.md"]


@pytest.mark.parametrize("read", [read_table, read_plain, read_metadata])
@pytest.mark.parametrize("suffix", [".parquet", ".pt"])
def test_missing_empty_foreign_files_and_folders_are_named(tmp_path, read, suffix):
    path = tmp_path / f"a{suffix}"
    with pytest.raises(ArtifactError, match=f"^{path}: expected .*, found no file$"):
        read(path)
    path.mkdir()
    with pytest.raises(ArtifactError, match=f"^{path}: expected .*, found: is a directory$"):
        read(path)
    path.rmdir()
    path.touch()
    with pytest.raises(ArtifactError, match=f"^{path}: expected .*, found an empty file$"):
        read(path)
    path.write_bytes(b"something else\n" * 100)
    with pytest.raises(ArtifactError, match=f"^{path}: expected ") as error:
        read(path)
    one_line(error)


def test_a_refused_pickle_gets_no_advice_to_trust_it(tmp_path):
    path = tmp_path / "posterior.pt"
    torch.save({"prior": table_schema}, path)
    with pytest.raises(ArtifactError) as error:
        read_plain(path)
    assert "objects" in one_line(error)
    assert not {"weights_only", "trust", "pickle"} & set(one_line(error).split())


def test_single_flipped_bits_are_noticed_or_harmless(files):
    random = np.random.default_rng(2)
    for path, read in files:
        stored = path.read_bytes()
        whole = read(path)
        noticed = 0
        for _ in range(150):
            damaged = bytearray(stored)
            damaged[random.integers(len(stored))] ^= 1 << random.integers(8)
            path.write_bytes(damaged)
            try:
                found = read(path)
            except ArtifactError:
                noticed += 1
                continue
            if isinstance(whole, pd.DataFrame):
                pd.testing.assert_frame_equal(found, whole, check_exact=True)
            else:
                assert found["state"]["w"].equal(whole["state"]["w"])
                assert {**found, "state": 0} == {**whole, "state": 0}
        assert noticed > 50


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table.assign(tau=table["tau"].where(table.index != 7, 0.5)),
        lambda table: table.iloc[:100],
        lambda table: table.assign(tau=np.nan),
        lambda table: table[["tau", "g_leak", "seed", "name"]],
        lambda table: table.assign(name=table["name"].where(table.index != 7, "other")),
    ],
)
def test_an_edited_table_is_refused_with_its_metadata_or_without(files, edit):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, _ = files[0]
    metadata = pq.read_schema(path).metadata
    table = edit(pd.read_parquet(path))
    table.to_parquet(path)
    with pytest.raises(ArtifactError, match="found none of its checksums"):
        read_table(path)
    content = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(content.replace_schema_metadata(metadata), path)
    with pytest.raises(ArtifactError, match="damaged or edited") as error:
        read_table(path)
    one_line(error)


def test_edited_metadata_and_weights_are_refused(files):
    import pyarrow.parquet as pq

    (path, _), (posterior, _) = files
    content = pq.read_table(path)
    metadata = dict(content.schema.metadata)
    metadata[b"analog_sbi"] = metadata[b"analog_sbi"].replace(b"measure_round", b"measure_other")
    pq.write_table(content.replace_schema_metadata(metadata), path)
    with pytest.raises(ArtifactError, match="damaged or edited"):
        read_table(path)
    plain = torch.load(posterior, weights_only=True)
    plain["state"]["w"] += 0.5
    torch.save(plain, posterior)
    with pytest.raises(ArtifactError, match="found none of its checksums"):
        read_plain(posterior)


@pytest.mark.parametrize("kind", ["float32", "bool", "missing", "texts"])
def test_columns_of_every_kind_come_back(tmp_path, kind):
    values = {
        "float32": np.arange(3, dtype=np.float32),
        "bool": [True, False, True],
        "missing": [1.0, np.nan, 3.0],
        "texts": ["a", None, "c"],
    }[kind]
    table = pd.DataFrame({"value": values})
    schema = table_schema(strings=("value",), nullable=True)
    write_table(table, tmp_path / "a.parquet", schema, MAKER)
    found = read_table(tmp_path / "a.parquet", schema)["value"]
    assert found.isna().tolist() == table["value"].isna().tolist()
    assert found.dropna().tolist() == table["value"].dropna().tolist()
