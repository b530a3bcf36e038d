"""Keys follow everything upstream; trees tell where results came from."""

import io
import json
import zlib

import pandas as pd
import pytest
import torch

from analog_sbi.__main__ import main
from analog_sbi.artifacts import (
    Maker,
    read_metadata,
    table_schema,
    write_bytes,
    write_plain,
    write_table,
    write_text,
)
from analog_sbi.errors import ArtifactError
from analog_sbi.imprint import imprinted
from analog_sbi.lineage import Job, Lineage, check_inputs, check_unmixed, foreign, stored_key

SCHEMA = table_schema(numbers=("tau",))


def jobs(**changed):
    """Jobs of a small study: a calibration, two rounds, a figure from both and a file."""
    params = {"serial": 1, "code": "a"} | changed
    return {
        "calibration": Job("calibrate", {}, params, []),
        "round_0": Job("measure", {"round": "0"}, {"count": 3}, ["calibration"]),
        "round_1": Job("measure", {"round": "1"}, {"count": 3}, ["calibration", "round_0"]),
        "figure": Job("draw", {}, {}, ["round_0", "round_1", "data.csv"]),
        "other": Job("draw", {"figure": "2"}, {}, ["data.csv"]),
    }


def keys(known) -> dict[str, str]:
    lineage = Lineage(known.get)
    return {name: lineage.key(name) for name in known}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a\n1\n")
    return tmp_path


@pytest.mark.parametrize("kind", ["parquet", "pt"])
def test_what_another_program_wrote_is_told_from_what_was_damaged(folder, kind):
    path = folder / f"x.{kind}"
    assert not foreign(path)
    table = pd.DataFrame({"tau": [1.0]})
    if kind == "parquet":
        write_table(table, path, SCHEMA, Maker("search_grid", "settings", "key"))
    else:
        write_plain({"a": 1}, path, Maker("train_round", "settings", "key"))
    whole = path.read_bytes()
    assert not foreign(path)
    for damaged in (whole[: len(whole) // 2], whole[:7], b""):
        path.write_bytes(damaged)
        assert not foreign(path)
    for other in (b"h_00,h_10\n100,50\n", bytes(100)):
        path.write_bytes(other)
        assert foreign(path)
    if kind == "parquet":
        table.to_parquet(path)
        assert foreign(path)


@pytest.mark.parametrize(
    ("kind", "whole"),
    [("md", b"# Claims\n"), ("json", b'{"a": 1}'), ("svg", b"<svg></svg>\n"), ("html", b"<p>\n")],
)
def test_figures_and_texts_of_others_are_told_from_those_of_the_study(folder, kind, whole):
    path = folder / f"x.{kind}"
    assert not foreign(path)
    path.write_bytes(imprinted(whole, path.suffix, {"maker": {"rule": "collect_claims"}}))
    assert not foreign(path)
    path.write_bytes(path.read_bytes().replace(whole[:3], b" " + whole[:3]))  # edited
    assert not foreign(path)
    path.write_bytes(b"")
    assert not foreign(path)
    for other in (whole, b"mine"):
        path.write_bytes(other)
        assert foreign(path)


def test_keys_are_told_apart_and_told_again():
    first = keys(jobs())
    assert len(set(first.values())) == len(first)
    assert first == keys(jobs())


@pytest.mark.parametrize("change", [{"serial": 2}, {"code": "b"}, {"serial": "1"}, {"more": None}])
def test_a_change_reaches_everything_below_and_nothing_else(change):
    before, after = keys(jobs()), keys(jobs(**change))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"calibration", "round_0", "round_1", "figure"}


def test_the_order_of_settings_is_no_change():
    first, second = jobs(a={"x": 1, "y": 2}), jobs(a={"y": 2, "x": 1})
    assert keys(first) == keys(second)


def test_a_file_that_nothing_makes_counts_by_its_content(folder):
    before = keys(jobs())
    (folder / "data.csv").touch()
    assert keys(jobs()) == before
    (folder / "data.csv").write_text("a\n2\n")
    after = keys(jobs())
    assert {name for name in before if before[name] != after[name]} == {"figure", "other"}
    (folder / "data.csv").unlink()
    assert Lineage(lambda path: None).key("data.csv") == "none"


def test_params_that_are_no_plain_data_have_no_key():
    with pytest.raises(TypeError, match="found object"):
        keys(jobs(setting=object()))


def write(path, key, inputs=None):
    maker = Maker.of("measure", {"key": key, "input_keys": inputs or {}})
    if path.endswith(".pt"):
        write_plain({"w": torch.zeros(2)}, path, maker)
    elif path.endswith(".parquet"):
        write_table(pd.DataFrame({"tau": [1.0]}), path, SCHEMA, maker)
    elif path.endswith((".svg", ".png")):
        from matplotlib.figure import Figure

        file = io.BytesIO()
        Figure(dpi=10).savefig(file, format=path[-3:])
        write_bytes(file.getvalue(), path, maker)
    else:
        write_text(
            '{"verdict": "-->"}' if path.endswith(".json") else "# Claims -->\n", path, maker
        )


KINDS = ["a.parquet", "a.pt", "a.svg", "a.png", "a.md", "a.html", "a.json"]


@pytest.mark.parametrize("name", KINDS)
def test_artifacts_of_every_kind_carry_their_key(name):
    assert stored_key(name) is None
    write(name, "k1", {"b.parquet": "k0"})
    assert stored_key(name) == "k1"
    assert read_metadata(name)["lineage"]["inputs"] == {"b.parquet": "k0"}
    check_inputs({name: "k1", "data.csv": "x", "missing.pt": "y"})
    with pytest.raises(ArtifactError, match=f"^{name}: expected the lineage k2, found k1"):
        check_inputs({name: "k2"})
    with open(name, "wb") as file:
        file.write(b"damaged")
    assert stored_key(name) is None


@pytest.mark.parametrize("name", KINDS)
def test_a_tree_begins_with_an_artifact_of_any_kind(name, capsys):
    write("root.parquet", "k0")
    write(name, "k1", {"root.parquet": "k0"})
    assert main(["lineage", name]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{name}: k1, by measure of version ")
    assert second.startswith("  root.parquet: k0, by measure of version ")


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.md", "a.html", "a.json"])
def test_figures_and_texts_that_were_edited_are_told_from_others(name, folder, capsys):
    path = folder / name
    write(name, "k1")
    content = path.read_bytes()
    if name.endswith(".png"):  # a chunk that any program may add
        more = b"tEXtTitle\0mine"
        edited = content[:33] + len(more[4:]).to_bytes(4) + more + zlib.crc32(more).to_bytes(4)
        edited += content[33:]
    else:
        edited = (
            content.replace(b"a", b"b", 1) if name != "a.json" else content.replace(b"-->", b"x")
        )
    path.write_bytes(edited)
    assert main(["lineage", name]) == 1
    assert "damaged or edited" in capsys.readouterr().err
    assert stored_key(name) is None


def test_an_imprint_is_no_part_of_what_is_read(folder):
    write("a.json", "k1")
    assert json.loads((folder / "a.json").read_text())["verdict"] == "-->"
    write("a.md", "k1")
    assert (folder / "a.md").read_text().startswith("# Claims -->\n<!-- ")
    write_text("# Claims\n", "plain.md")
    assert (folder / "plain.md").read_text() == "# Claims\n"
    assert read_metadata("plain.md") == {}
    assert stored_key("plain.md") is None


def test_artifacts_without_a_key_are_told_from_those_with_one():
    pd.DataFrame({"tau": [1.0]}).to_parquet("a.parquet")
    torch.save({"w": 1}, "a.pt")
    for name in ("a.parquet", "a.pt"):
        assert stored_key(name) == ""
        with pytest.raises(ArtifactError, match=f"^{name}: expected the lineage k1, found none"):
            check_inputs({name: "k1"})


def test_the_key_is_no_setting():
    first = Maker.of("rule", {"seed": 1, "key": "a", "input_keys": {"b": "c"}})
    assert first.digest == Maker.of("rule", {"seed": 1}).digest
    assert (first.key, first.inputs) == ("a", {"b": "c"})


def test_a_tree_tells_where_a_result_came_from(capsys):
    write("calibration.parquet", "k0")
    write("round.pt", "k1", {"calibration.parquet": "k0"})
    inputs = {"round.pt": "k1", "calibration.parquet": "old", "gone.pt": "k9", "data.csv": "zz"}
    write("figure.png", "k2", inputs)
    assert main(["lineage", "figure.png"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("figure.png: k2, by measure of version ")
    assert lines[1].startswith("  calibration.parquet: k0, was old when it was used, by measure")
    assert lines[2].startswith("  data.csv: ")
    assert lines[2].endswith(", was zz")
    assert lines[3] == "  gone.pt: not there, was k9"
    assert lines[4].startswith("  round.pt: k1, by measure")
    assert lines[5].startswith("    calibration.parquet: k0, by measure")
    assert lines[5].endswith("see above")


def test_wrong_calls_and_damage_end_in_one_line(folder, capsys):
    assert main([]) == 2
    (folder / "a.parquet").write_text("damaged")
    assert main(["lineage", "a.parquet"]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("a.parquet: expected ")


def mixed(calibration="k0", again="k0"):
    """A grid and a target, and what the calibration that they were made from was then and is."""
    write("calibration.parquet", again)
    write("grid.parquet", "k1", {"calibration.parquet": "k0"})
    write("target.parquet", "k2", {"calibration.parquet": calibration})


def test_what_was_made_from_one_calibration_goes_together():
    mixed()
    check_unmixed(["grid.parquet", "target.parquet", "calibration.parquet", "data.csv", "no.pt"])


def test_a_mixture_is_refused_however_far_up_it_is():
    mixed(calibration="other")
    with pytest.raises(
        ArtifactError, match=r"^target\.parquet: .* lineage other, grid\.parquet from"
    ):
        check_unmixed(["grid.parquet", "target.parquet"])
    write("samples.parquet", "k3", {"target.parquet": "k2"})
    with pytest.raises(ArtifactError, match=r"^target\.parquet: expected to be made from"):
        check_unmixed(["grid.parquet", "samples.parquet"])
    write("target.parquet", "k2 again", {"calibration.parquet": "k0"})
    check_unmixed(["grid.parquet", "samples.parquet"])  # what the samples came from is gone


def test_a_file_beside_what_was_made_from_an_older_one_is_a_mixture():
    mixed(again="new")
    check_unmixed(["grid.parquet", "target.parquet"])
    with pytest.raises(ArtifactError, match=r"^grid\.parquet: .* of the lineage k0, it has new"):
        check_unmixed(["grid.parquet", "calibration.parquet"])
