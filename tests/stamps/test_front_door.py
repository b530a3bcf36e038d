"""What machines can check of the front door: version, manifest, crate, and continuous integration.

``make stamps`` runs these with the tests of deployment, docs and report.
"""

import json
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from analog_sbi.paper.places import DEFAULT
from analog_sbi.paper.targets import targets
from analog_sbi.provenance import version
from analog_sbi.report import crate
from tests.workflow import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def read(name: str) -> str:
    return (ROOT / name).read_text()


# --- one version


def test_every_file_that_names_the_version_names_this_one():
    assert version() == VERSION
    assert yaml.safe_load(read("CITATION.cff"))["version"] == VERSION
    assert yaml.safe_load(read("codecheck.yml"))["source"] == f"analog-sbi {VERSION}"
    assert re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[0] == VERSION
    graph = json.loads(read("ro-crate-metadata.json"))["@graph"]
    assert VERSION in [part.get("version") for part in graph]
    assert f"--tag v{VERSION}" in read("docs/deployment.md")


def test_the_installed_library_is_told_by_the_same_version(monkeypatch, tmp_path):
    from analog_sbi import provenance

    monkeypatch.setattr(provenance, "WORKFLOW", tmp_path / "elsewhere")
    assert provenance.version() == metadata.version("analog-sbi")


# --- manifest and crate


def test_the_manifest_is_what_the_target_all_makes():
    every = {target.name: target.files for target in targets(DEFAULT)}["all"]
    pictures = {path for path in every if path.endswith(".png")}
    manifest = [part["file"] for part in yaml.safe_load(read("codecheck.yml"))["manifest"]]
    assert len(manifest) == len(set(manifest))
    assert set(manifest) == pictures | {
        "results/claims.md",
        "results/claims.parquet",
        "results/report.html",
    }


def test_the_crate_describes_files_that_there_are():
    graph = {part["@id"]: part for part in json.loads(read("ro-crate-metadata.json"))["@graph"]}
    assert graph["./"]["mainEntity"]["@id"] == "workflow/Snakefile"
    assert "ComputationalWorkflow" in graph["workflow/Snakefile"]["@type"]
    parts = [part["@id"] for part in graph["./"]["hasPart"]]
    assert len(parts) > 5
    for part in parts:
        assert (ROOT / part).exists(), part


VALIDATOR = (ROOT / ".crate/bin/python", ROOT / "tests/stamps/valid_crate.py")
needs_validator = pytest.mark.skipif(
    not VALIDATOR[0].is_file(), reason="no environment of envs/crate.txt: make stamps makes it"
)
OF_A_WORKFLOW = ("ro-crate-1.1", "workflow-ro-crate")
OF_A_RUN = (*OF_A_WORKFLOW, "process-run-crate", "workflow-run-crate")


def complaints(place: Path, profiles: Sequence[str]) -> str:
    """What roc-validator finds wrong with a crate; it is given no network."""
    done = subprocess.run(
        [*map(str, VALIDATOR), str(place), *profiles], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert bool(done.returncode) == bool(done.stdout)
    return done.stdout


@pytest.fixture(scope="module")
def crate_of_a_run(tmp_path_factory) -> Path:
    """The crate of a run whose results are empty."""
    folder = tmp_path_factory.mktemp("run")
    kinds = {"figures": ("figures/figure3.svg", "figures/figure3.png"), "report": ("report.html",)}
    for name in sum(kinds.values(), ()):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    source = {name: str(ROOT / name) for name in (crate.WORKFLOW, crate.README, "LICENSE")}
    facts = {"version": VERSION, "commit": "abc", "backend": "bss2_sim", "budgets": "full"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        crate.write_crate("crate.zip", kinds, "seed: 1\n", source, facts)
    return folder / "crate.zip"


@needs_validator
def test_the_crate_of_the_repository_is_valid():
    assert complaints(ROOT, OF_A_WORKFLOW) == ""


@needs_validator
def test_the_crate_of_a_run_is_valid(crate_of_a_run):
    assert complaints(crate_of_a_run, OF_A_RUN) == ""


@needs_validator
def test_a_crate_whose_run_has_no_instrument_is_not(crate_of_a_run, tmp_path):
    with zipfile.ZipFile(crate_of_a_run) as whole:
        whole.extractall(tmp_path)
    file = tmp_path / crate.METADATA
    file.write_text(file.read_text().replace('"instrument"', '"agent"'))
    assert "instrument" in complaints(tmp_path, OF_A_RUN)


def test_citation_and_readme_say_the_same_year():
    year = yaml.safe_load(read("CITATION.cff"))["preferred-citation"]["year"]
    assert f"Kaiser et al., {year}" in read("README.md")


# --- the site


def test_every_page_has_its_place_on_the_site():
    text = read("mkdocs.yml")
    nav = re.findall(r": ([\w-]+\.md)$", text[text.index("nav:") :], re.MULTILINE)
    taken = re.findall(r'^    "([\w-]+\.md)": "([\w./]+)"', read("docs/hooks.py"), re.MULTILINE)
    made = {page for page, _ in taken} | {"library.md"}
    assert len(nav) == len(set(nav))
    assert set(nav) == made | {path.name for path in (ROOT / "docs").glob("*.md")}
    for _, source in taken:
        assert (ROOT / source).is_file(), source


# --- continuous integration for everybody


def steps() -> list[tuple[str, str, dict]]:
    """Job, command and matrix of all steps that run one."""
    found = []
    for path in sorted((ROOT / ".github/workflows").glob("*.yml")):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            matrix = job.get("strategy", {}).get("matrix", {})
            found += [
                (f"{path.stem}:{name}", line.strip(), matrix)
                for step in job["steps"]
                for line in step.get("run", "").splitlines()
                if line.strip()
            ]
    return found


BY_NETWORK = ("pip install", "python -m venv", "make env", "apt-get", "make test-slurm", "docker")
HOURS = (".ci/run", ".venv/bin/pytest", "sed ", "touch ")  # these tests, and what prepares them


def test_every_step_is_run_here_or_has_a_reason_not_to():
    commands = [command for _, command, _ in steps()]
    assert len(commands) > 8
    known = ("make ", ".venv/bin/snakemake", ".venv/bin/python", ".venv/bin/mkdocs", *HOURS)
    for command in commands:
        assert command.startswith(known) or any(part in command for part in BY_NETWORK), command


def runnable() -> list[str]:
    """Commands that need neither network nor hours, for each value of a matrix."""
    found = []
    for _, command, matrix in steps():
        if command.startswith(HOURS) or any(part in command for part in BY_NETWORK):
            continue
        for value in matrix.get("backend", [""]):
            found.append(command.replace("${{ matrix.backend }}", value))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("command", runnable())
def test_steps_without_network_can_be_run(command, tmp_path):
    """Snakemake's are planned, make's too (the suite runs behind ``make lint``); scripts run."""
    words = shlex.split(command)
    if "--directory" in words:
        words[words.index("--directory") + 1] = str(tmp_path)
    if words[0] == "make":
        words = ["make", "--dry-run", *words[1:], f"PYTHON={sys.executable}"]
    elif words[0].endswith("snakemake"):
        words = [sys.executable, "-m", "snakemake", *words[1:], "--dry-run", "--quiet", "all"]
    elif words[0].endswith("python"):
        words = [sys.executable, *words[1:], "--only", "figure3"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
