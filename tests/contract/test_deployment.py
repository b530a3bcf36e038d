"""Used from elsewhere: as a module, deployed by snakedeploy from a tag, and without the library."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.containers import DEFINITION, DOCKERFILE, Copy, Run, steps
from tests.workflow import ROOT, SNAKEMAKE, SOURCES, copy_of_the_study

# What `snakedeploy deploy-workflow` writes (0.17, template use_module.smk.jinja); of a repository
# on GitHub the declaration is github("owner/name", path=..., tag=...) instead of gitfile.
DEPLOYED = """from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


# declare {repository} as a module
module analog_sbi:
    snakefile:
        {declaration}
    config:
        config


# use all rules from {repository}
use rule * from analog_sbi
"""
NO_LIBRARY = """
import importlib.util as imported
find = imported.find_spec
imported.find_spec = lambda name, *rest: None if name == "analog_sbi" else find(name, *rest)
"""


def dry_run(folder: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess:
    """Plan in a folder; the library is only that which is installed, or is in ``path``."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        own["PYTHONPATH"] = str(path)
    own["XDG_CACHE_HOME"] = str(folder / "cache")
    return subprocess.run(
        [str(SNAKEMAKE), "--dry-run", "--quiet", "rules", *arguments],
        cwd=folder,
        env=own,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """The study as a repository with a tag."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("repository"))
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "all")
    _git(folder, "tag", "v1")
    return folder


def _git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def deploy(repository: Path, folder: Path, tag: str) -> Path:
    """Write what snakedeploy writes."""
    for part in ("config", "profiles"):
        shutil.copytree(repository / part, folder / part)
    (folder / "workflow").mkdir()
    declaration = f'gitfile("{repository}", path="workflow/Snakefile", tag="{tag}")'
    text = DEPLOYED.format(repository=repository, declaration=declaration)
    (folder / "workflow/Snakefile").write_text(text)
    return folder


def count(done: subprocess.CompletedProcess) -> dict[str, int]:
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    return {rule: int(number) for rule, number in rows}


def test_a_workflow_of_another_folder_uses_it_as_a_module(tmp_path):
    (tmp_path / "Snakefile").write_text(
        f'configfile: "small.yaml"\n\nmodule study:\n    snakefile: "{ROOT}/workflow/Snakefile"\n'
        "    config: config\n\nuse rule * from study as study_*\n"
    )
    (tmp_path / "small.yaml").write_text(yaml.safe_dump({"seed": 7, "grid": {"steps": 12}}))
    jobs = count(dry_run(tmp_path, "--", "study_figure3"))
    assert jobs["study_plot_figure3"] == 1
    assert jobs["study_run_3_rounds"] == 1


def test_what_snakedeploy_writes_plans_a_figure(repository, tmp_path):
    deploy(repository, tmp_path, "v1")
    quick = ("--configfile", "config/quick.yaml", "--", "figure3")
    assert count(dry_run(tmp_path, *quick, path=repository / "workflow"))["plot_figure3"] == 1


def test_without_the_library_it_says_what_to_install(repository, tmp_path):
    deploy(repository, tmp_path, "v1")
    (tmp_path / "sitecustomize.py").write_text(NO_LIBRARY)
    done = dry_run(tmp_path, "--", "figure3", path=tmp_path)
    assert done.returncode != 0
    told = [line for line in (done.stdout + done.stderr).splitlines() if "analog-sbi" in line]
    assert re.match(
        r"expected the library analog-sbi .*, found no analog_sbi in .*pip install", told[0]
    )


def test_another_version_of_the_library_is_refused(repository, tmp_path):
    file = repository / "pyproject.toml"
    file.write_text(re.sub(r'^version = ".*"', 'version = "9.9"', file.read_text(), flags=re.M))
    _git(repository, "commit", "--quiet", "--all", "--message", "next")
    _git(repository, "tag", "v9.9")
    deploy(repository, tmp_path, "v9.9")
    done = dry_run(tmp_path, "--", "figure3", path=ROOT / "workflow")
    assert done.returncode != 0
    assert "expected the library analog-sbi 9.9, as these rules, found" in done.stdout + done.stderr


@pytest.mark.parametrize("method", ["conda", "apptainer"])
def test_deployment_methods_plan_and_conda_says_that_it_makes_nothing(tmp_path, method):
    done = dry_run(
        tmp_path, "--snakefile", str(ROOT / "Snakefile"), "--sdm", method, "--", "figure3"
    )
    assert count(done)["plot_figure3"] == 1
    said = "--sdm conda makes no environment" in done.stdout + done.stderr
    assert said == (method == "conda")


# --- images


@pytest.fixture(params=[DOCKERFILE, DEFINITION])
def recipe(request) -> list[Copy | Run]:
    return steps(request.param)


def test_images_hold_the_packages_of_the_lock_and_no_others(recipe):
    commands = "\n".join(step.command for step in recipe if isinstance(step, Run))
    words = [command.split() for command in re.findall(r"pip install [^;&\n]*", commands)]
    pinned = "$(grep '^torch==' envs/requirements.lock)"
    asked = [" ".join(part for part in each[2:] if part != "--no-cache-dir") for each in words]
    assert len(asked) == 3
    assert asked[0].endswith(f'"{pinned}"')  # of another index, the version of the lock
    assert asked[1] == "--requirement envs/requirements.lock"
    assert asked[2] == "--no-build-isolation --no-deps --editable ."


def test_images_hold_the_study(recipe):
    copies = {step.source: step.place for step in recipe if isinstance(step, Copy)}
    needed = {"README.md", "LICENSE", "envs/requirements.lock", *SOURCES} - {"article"}
    assert set(copies) == needed
    for source, place in copies.items():
        assert (ROOT / source).exists()
        assert place == f"/opt/analog-sbi/{source}"


def test_the_lock_has_no_cuda():
    lock = (ROOT / "envs/requirements.lock").read_text()
    assert "nvidia" not in lock
    assert "triton" not in lock


def test_conda_takes_the_lock():
    listed = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())["dependencies"]
    assert listed[-1] == {"pip": ["--requirement requirements.lock", "--editable .."]}


def test_the_catalogue_promises_what_there_is():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"] == {
        "conda": False,
        "apptainer": False,
        "apptainer+conda": False,
    }
    assert (ROOT / "workflow/Snakefile").is_file()
    assert (ROOT / "config/README.md").is_file()
