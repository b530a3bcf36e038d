"""The crate of a run: what it holds, and that its metadata tell of nothing else."""

import json
import zipfile

import pytest

from analog_sbi.report import crate

FACTS = {"version": "1.2", "commit": "abc", "backend": "arbor", "budgets": "small"}
OUTPUTS = {
    "report": ["results/report.html"],
    "claims": ["results/claims.md", "results/claims.parquet"],
}


@pytest.fixture
def written(root, tmp_path, monkeypatch):
    """A crate of a run of empty results."""
    monkeypatch.chdir(tmp_path)
    for paths in OUTPUTS.values():
        for path in paths:
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(path)
    source = {name: str(root / name) for name in (crate.WORKFLOW, crate.README, "LICENSE")}
    crate.write_crate("results/crate.zip", OUTPUTS, "seed: 1\n", source, FACTS)
    return tmp_path / "results/crate.zip"


def _references(value):
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def test_it_holds_the_files_that_it_tells_of(written):
    with zipfile.ZipFile(written) as file:
        names = set(file.namelist())
        graph = {part["@id"]: part for part in json.loads(file.read(crate.METADATA))["@graph"]}
        assert file.read(crate.SETTINGS) == b"seed: 1\n"
        assert file.read("results/claims.md") == b"results/claims.md"
    files = {name for name, part in graph.items() if "File" in part["@type"]}
    assert files == names - {crate.METADATA}
    assert {part["@id"] for part in graph["./"]["hasPart"]} == files


def test_what_it_refers_to_is_told(written):
    with zipfile.ZipFile(written) as file:
        graph = json.loads(file.read(crate.METADATA))["@graph"]
    told = {part["@id"] for part in graph}
    assert len(told) == len(graph)
    assert set(_references(graph)) - told == {crate.VERSION}


def test_the_run_ties_configuration_and_results():
    described = crate.describe(OUTPUTS, [crate.WORKFLOW], FACTS, "2026-01-02T03:04:05+00:00")
    graph = {part["@id"]: part for part in described["@graph"]}
    run = graph["#run"]
    assert run["object"] == {"@id": crate.SETTINGS}
    assert len(run["result"]) == 3
    assert run["endTime"].startswith("2026-01-02")
    assert graph["./"]["datePublished"] == "2026-01-02"
    assert "small budgets" in graph["./"]["description"]
    assert graph["results/claims.md"]["exampleOfWork"] == {"@id": "#claims"}


def test_a_crate_without_the_workflow_is_refused():
    with pytest.raises(ValueError, match="expected workflow/Snakefile"):
        crate.describe(OUTPUTS, ["LICENSE"], FACTS, "2026-01-02T03:04:05+00:00")
