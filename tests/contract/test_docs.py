"""README and docs say what is so: paths, links, keys, modules, and every command in them.

Commands of Snakemake are planned (``--dry-run``), code in Python is run on a small study.
``BY_HAND`` lists what a test cannot run, and why; CONTRIBUTING.md shows it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from analog_sbi import study
from tests.workflow import QUICK, ROOT, SOURCES, copy_of_the_study, snakemake

PAGES = sorted(
    [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        ROOT / "config/README.md",
        ROOT / "results/README.md",
    ]
)
BY_HAND = {
    "make": "makes an environment; its targets are compared with the docs",
    "python3 -m venv": "makes an environment",
    "python3.11 -m venv": "makes an environment",
    ".venv/bin/pip": "installs packages",
    "pip install": "installs packages",
    "conda env": "needs conda",
    "srun": "needs Slurm and a chip",
    "apptainer": "needs Apptainer and the chip's image",
    "snakemake --workflow-profile profiles/slurm": "needs the plugin for Slurm",
    "snakemake sbibm": "needs the package of its tasks; tests/unit/test_sbibm.py",
    "snakemake --cores 2 sbibm": "needs the package of its tasks; tests/unit/test_sbibm.py",
    "!snakemake": "a cell of a notebook; test_dag plans the profile",
    ".venv/bin/pytest": "this is it",
    ".ci/run": "runs these tests",
    "apt install": "installs packages",
    "snakedeploy": "needs the repository at its address; test_deployment deploys a copy",
    "snakemake --cores 4 published": "needs the authors' files; test_published writes its own",
    "python examples/": "takes minutes; tests/unit/test_examples.py",
    "source .venv/bin/activate": "changes the reader's shell",
    "pre-commit install": "needs pre-commit and a repository",
    "debootstrap": "makes an empty root, as root of the machine",
    "python tests/containers.py": "installs packages into that root",
    "for serial in": "a loop around a command for Slurm",
}
CHIP = "backend=bss2"
STAND_IN = "bss2={module: analog_sbi.chip.pynn}"
STARTS = ("snakemake", "python -m", "make", "echo", *BY_HAND)
INLINE = "|".join(
    (
        "snakemake",
        "python -m",
        "pip install",
        "conda env",
        "apt install",
        "python examples/",
        r"\.ci/run",
        r"source \.venv",
        "pre-commit",
    )
)
PROGRAMS = re.compile(
    r"(apptainer|apt|awk|bash|cat|cd|conda|cp|curl|docker|echo|export|find|for|git|head|jupyter|less|"
    r"ls|make|mamba|mkdir|mv|pip|pre-commit|pytest|python3?|rm|rsync|sbatch|scp|sed|sh|singularity|"
    r"snakedeploy|snakemake|source|squeue|srun|ssh|sudo|tail|tar|touch|unzip|uv|wget|while)( |$)"
)
"""First words of lines in blocks that are commands."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[str]:
    """Lines of indented and of fenced blocks that are no Python or YAML, joined where continued."""
    fenced = re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^    +(\S.*)$", text, re.MULTILINE)
    return [*indented, *"\n".join(fenced).splitlines()]


def commands() -> list[tuple[str, str]]:
    """Page and command of all that the pages tell a reader to type, in blocks and in text."""
    found = []
    for page in PAGES:
        text = page.read_text()
        lines = re.sub(r"\\\n\s*", "", "\n".join(blocks(text))).splitlines()
        spans = [" ".join(span.split()) for span in re.findall(rf"`((?:{INLINE})[^`]*)`", text)]
        for line in [*lines, *spans]:
            command = line.split("  #")[0].strip()
            command = re.sub(r"^(cd \S+ && )?(\.venv/bin/(?=snakemake))?", "", command)
            if command.startswith(STARTS) and ("<" not in command or by_hand(command)):
                found.append((name(page), command))
    return list(dict.fromkeys(found))


def by_hand(command: str) -> bool:
    return command.startswith(tuple(BY_HAND))


# Their commands need the files that they write: tests/contract/test_extend.py,
# tests/end_to_end/test_own_question.py.
TRIED = ("docs/extend.md", "docs/own-question.md")
TYPED = [pair for pair in commands() if not by_hand(pair[1]) and pair[0] not in TRIED]


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Path:
    """A copy of the study as a reader has it, with the examples and the files that docs write."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("reader"))
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "mine.yaml").write_text(
        yaml.safe_dump(
            {
                "experiment": "mine",
                "experiments": {
                    "mine": {
                        "algorithm": "snle",
                        "parameters": "global",
                        "observable": "first",
                        "rounds": [500, 250, 250],
                        "seeds": 3,
                        "estimator": {"transforms": 5, "hidden": 10},
                        "target": "centre",
                    }
                },
            }
        )
    )
    return folder


def planned(command: str) -> list[str]:
    """Arguments of the dry-run of a command of Snakemake."""
    words = shlex.split(command)[1:]
    if CHIP in words and not any("module" in word for word in words):
        words.insert(words.index(CHIP) + 1, STAND_IN)  # the chip's own module is not here
    return [word for word in words if word not in ("-n", "--dry-run")]


def test_what_cannot_be_tried_is_listed_for_readers():
    shown = re.findall(r"^\| `(.+?)` \| (.+?) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.M)
    assert {start: why for start, why in shown if start in BY_HAND} == BY_HAND


@pytest.mark.parametrize("start", BY_HAND)
def test_what_cannot_be_tried_is_told_somewhere(start):
    assert any(command.startswith(start) for _, command in commands())


def untried(page: str, lines: list[str]) -> list[str]:
    """Lines that begin with a program, or lie in ``.venv/bin``, and are in no list of commands."""
    known = [command for where, command in commands() if where == page]
    typed = [re.sub(r"^(cd \S+ && )?(\.venv/bin/(?=snakemake))?", "", line) for line in lines]
    return [
        line
        for line in typed
        if (PROGRAMS.match(line) or line.startswith((".venv/bin", ".ci/")))
        and line.split("  #")[0].strip() not in known
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) not in TRIED], ids=name)
def test_every_command_is_tried_or_listed(page):
    lines = re.sub(r"\\\n\s*", "", "\n".join(blocks(page.read_text()))).splitlines()
    assert untried(name(page), lines) == []


def test_a_command_that_nobody_tries_is_found():
    assert untried("README.md", ["git clone x", "a sentence", ".venv/bin/new"]) == [
        "git clone x",
        ".venv/bin/new",
    ]


def test_there_are_commands_to_try():
    assert len(TYPED) > 15
    assert any("infer" in command for _, command in TYPED)


def wishes() -> dict[tuple[str, ...], list[str]]:
    """Targets to plan by the other arguments: those that differ in nothing else are one plan."""
    found: dict[tuple[str, ...], list[str]] = {}
    for _, command in TYPED:
        if command.startswith("snakemake"):
            words = planned(re.sub(r"--cores \d+", "", command))
            simple = not any(word.startswith("-") for word in words)
            options = () if simple else tuple(words)
            asked = [word for word in words if word != "infer"]  # of no experiment by itself
            found.setdefault(options, []).extend(asked if simple else [])
    return found


@pytest.mark.parametrize(
    ("options", "goals"), wishes().items(), ids=lambda part: " ".join(part)[:60] or "plain"
)
def test_every_command_of_snakemake_can_be_typed(reader, options, goals):
    goals = ["--", *dict.fromkeys(goals)] if goals else []
    done = snakemake(reader, *options, "--dry-run", "--quiet", "all", *goals)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", sorted({c.split()[2] for _, c in TYPED if "python -m" in c}))
def test_every_module_that_is_run_is_there(module):
    folder = ROOT / "workflow" / module.replace(".", "/")
    assert (folder / "__main__.py").is_file()


def test_the_makefile_knows_every_target_that_docs_name():
    for page in PAGES:
        for target in re.findall(r"`make (\w+)|^    make (\w+)", page.read_text(), re.MULTILINE):
            goal = target[0] or target[1]
            done = subprocess.run(
                ["make", "--dry-run", goal, f"PYTHON={sys.executable}"],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{name(page)}: make {goal}\n{done.stderr}"


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("", "expected Python 3.11, 3.12 or 3.13, found none of them"),
        ("/nowhere/python3.12", "found no program at PYTHON=/nowhere/python3.12"),
        ("old", "expected Python 3.11, 3.12 or 3.13, found Python 3.10.1 at PYTHON="),
        ("bare", "has no venv; install it (Ubuntu, Debian: apt install bare-venv)"),
    ],
    ids=["none", "missing", "old", "without-venv"],
)
def test_make_says_what_to_install(tmp_path, python, said):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for part in ("envs", "pyproject.toml"):
        source = ROOT / part
        shutil.copytree(source, tmp_path / part) if source.is_dir() else shutil.copy(
            source, tmp_path
        )
    (tmp_path / "old").write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.1\n')
    (tmp_path / "bare").write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1; esac\n')
    for name in ("old", "bare"):
        (tmp_path / name).chmod(0o755)
    path = tmp_path / python if python in ("old", "bare") else python
    done = subprocess.run(
        ["make", "env", f"PYTHON={path}"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_takes_the_first_python_that_runs(tmp_path):
    for version, runs in (("3.11", False), ("3.12", True), ("3.13", True)):
        shim = tmp_path / f"python{version}"
        shim.write_text(f"#!/bin/sh\nexit {0 if runs else 127}\n")
        shim.chmod(0o755)
    path = os.pathsep.join((str(tmp_path), os.environ["PATH"]))
    # Within another make, as in make test, it would tell of its folder.
    options = ["--no-print-directory", "--eval", "tell: ; @echo $(PYTHON)", "tell"]
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), *options],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "python3.12")


def test_make_refuses_a_path_with_spaces(tmp_path):
    folder = tmp_path / "a path"
    folder.mkdir()
    for part in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / part, folder)
    shutil.copytree(ROOT / "envs", folder / "envs")
    done = subprocess.run(["make", "env"], cwd=folder, capture_output=True, text=True)
    assert done.returncode != 0
    assert "expected a path without spaces, found " in done.stdout + done.stderr
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), f"{name(page)}: {link}"


def configurations(text: str) -> list[dict]:
    """What blocks of YAML and spans such as ``chip: {serial: 7}`` set of the configuration."""
    known = yaml.safe_load((ROOT / "config/config.yaml").read_text()).keys()
    fenced = r"^( *)```yaml\n(.*?)^ *```"
    blocks = [textwrap.dedent(block) for _, block in re.findall(fenced, text, re.M | re.S)]
    rest = re.sub(fenced, "", text, flags=re.M | re.S)
    spans = [" ".join(span.split()) for span in re.findall(r"`([a-z_]+: \{[^`]+\})`", rest)]
    found = [
        yaml.safe_load(part) for part in [*blocks, *(span for span in spans if "..." not in span)]
    ]
    return [part for part in found if isinstance(part, dict) and part.keys() <= known]


def merged(base: dict, changed: dict) -> dict:
    """Nested values of one mapping over those of another."""
    both = {
        key: merged(base[key], value)
        if isinstance(value, dict) and isinstance(base.get(key), dict)
        else value
        for key, value in changed.items()
    }
    return {**base, **both}


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) not in TRIED], ids=name)
def test_what_docs_set_can_be_set(page, config):
    for changed in configurations(page.read_text()):
        study.load(merged(config, changed))


def test_settings_of_docs_are_found():
    text = "`chip: {serial: 7}` and `units: {a: b}`\n  ```yaml\n  grid: {steps: 3}\n  ```\n"
    assert configurations(text) == [{"grid": {"steps": 3}}, {"chip": {"serial": 7}}]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_and_module_that_is_named_exists(page):
    text = page.read_text()
    library = ROOT / "workflow"
    shown = set(re.findall(r"^# (workflow/[\w./]+)$", text, re.MULTILINE))  # files of examples
    stems = {Path(path).stem for path in shown}
    for path in re.findall(r"`((?:tests|workflow|config|docs|profiles|envs)/[\w./-]+)`", text):
        if Path(path).stem in stems:
            continue
        assert (ROOT / path).exists(), f"{name(page)}: {path}"
    for path in re.findall(r"`(?:workflow/)?analog_sbi/([\w./-]+)`", text):
        assert (library / "analog_sbi" / path).exists(), f"{name(page)}: {path}"
    for dotted in re.findall(r"`analog_sbi((?:\.\w+)+)[`(]", text):
        parts = dotted.strip(".").split(".")
        found = any(
            (library / "analog_sbi" / Path(*parts[:count])).with_suffix(".py").exists()
            or (library / "analog_sbi" / Path(*parts[:count])).is_dir()
            for count in range(1, len(parts) + 1)
        )
        assert found, f"{name(page)}: analog_sbi{dotted}"


def test_every_key_that_is_named_exists(config):
    generated = ROOT / "config/README.md"
    for page in [page for page in PAGES if page != generated]:
        for section, key in re.findall(r"`([a-z_0-9]+)\.([a-z_]+)`", page.read_text()):
            named = section in ("targets", "experiments") or key in ("parquet", "md", "pt")
            if isinstance(config.get(section), dict) and not named:
                assert key in config[section], f"{name(page)}: {section}.{key}"


def test_results_that_are_named_are_made_by_a_rule(reader):
    """Every path of results without a placeholder that the README names can be asked for."""
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/posteriors.md").read_text()
    paths = sorted(set(re.findall(r"results/[\w./]+\.(?:png|md|parquet|pt)", text)))
    own = [path for path in paths if not path.endswith("README.md")]
    assert len(own) > 5
    done = snakemake(reader, "--dry-run", "--quiet", "all", "--", *own)
    assert done.returncode == 0, done.stdout + done.stderr


def code(page: str) -> str:
    """All code in Python of a page but what needs more than the environment."""
    text = (ROOT / page).read_text()
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def test_code_of_readme_and_docs_runs(quick_study, tmp_path):
    """On the small study, where the last round of an experiment is another one."""
    done = snakemake(
        quick_study, "--cores", "2", *QUICK, "--", "results/bss2_sim/chain/tests/global.parquet"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for page in ("README.md", "docs/posteriors.md"):
        script = (
            code(page)
            .replace("round_10", "round_1")
            .replace("posterior.nc", str(tmp_path / "p.nc"))
        )
        done = subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", script],
            cwd=quick_study,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.nc").stat().st_size > 1000


def test_lineage_is_told_of_what_the_commands_name(quick_study):
    command = next(c for p, c in TYPED if p == "docs/commands.md" and "lineage" in c)
    done = subprocess.run(
        [sys.executable, *shlex.split(command)[1:]], cwd=quick_study, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "calibration.parquet" in done.stdout


def test_sources_of_a_copy_are_those_of_the_readme():
    assert set(SOURCES) <= {path.name for path in ROOT.iterdir()}
