"""The house: arrows point one way, and the words of the chain stay where the chain is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analog_sbi import backends

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow" / "analog_sbi"
SCRIPTS = ROOT / "workflow" / "scripts"

# Each part of the library imports from its own floor and from those before it.
FLOORS = (
    (
        *("errors", "space", "prior", "restricted", "dataset"),
        *("randomness", "code_cache", "decorated", "provenance", "imprint"),
        "weights",
        "artifacts",
        "cells",
        *(
            "logs",
            "reasons",
            "threads",
            "garbage",
            "ownership",
            "orphans",
            "lineage",
            "members",
            "jobs",
            "__main__",
        ),
    ),
    ("models", "judging"),
    ("chip",),
    ("hardware",),
    ("backends",),
    ("torch_prior", "problem", "features", "plans", "measuring", "trials", "tables"),
    ("estimators",),
    ("posterior",),
    ("algorithms", "restricting"),
    ("likelihood", "diagnostics", "sbibm"),
    ("remedies",),
    ("page",),
    ("study",),
    ("plots", "paper", "studies", "benchmarks"),
    ("report", "published"),
)
FLOOR = {part: number for number, parts in enumerate(FLOORS) for part in parts}

WORDS = {"leak", "axial", "centre", "first_2d", "size_2d"}
# Where the chain is: its model, the chip, and what the paper says of it.
OF_THE_CHAIN = (
    "models/chain.py",
    "models/adex.py",
    "chip",
    "hardware",
    "backends",
    "paper",
    "studies",
    "published",
)
# Sections of the configuration that are the chain's, and what their keys are called.
OF_THE_CONFIGURATION = ("study/sections.py", "study/experiments.py", "study/typed.py")

MODULES = sorted(LIBRARY.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def part_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def parts_imported(path: Path) -> set[str]:
    """Parts of the library that a file imports from."""
    names = {name.split(".")[1] for name in imports(path) if name.startswith("analog_sbi.")}
    return {
        name for name in names if (LIBRARY / name).is_dir() or (LIBRARY / f"{name}.py").is_file()
    }


def words(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, text and word of the chain of all identifiers and strings but docstrings."""
    tree = ast.parse(path.read_text())
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        texts = [
            getattr(node, field)
            for field in ("id", "attr", "arg", "name", "asname", "module")
            if isinstance(getattr(node, field, None), str)
        ]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            texts.append(node.value)
        for text in texts:
            for word in sorted(WORDS & tokens(text)):
                yield getattr(node, "lineno", 0), text, word


def tokens(text: str) -> set[str]:
    """Words of a text: of ``g_leak_0`` g, leak and 0; and what stands between other characters."""
    whole = set(re.findall(r"\w+", text.lower()))
    parts = {part for word in whole for part in word.split("_")}
    pairs = {word for word in WORDS if "_" in word and any(word in other for other in whole)}
    return parts | pairs


# --- arrows


def test_every_part_has_its_floor():
    parts = {part_of(path) for path in MODULES} - {"__init__"}
    assert parts <= set(FLOOR), "add a part to FLOORS, above all that it imports"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_down(path):
    own = part_of(path)
    if own in FLOOR:
        above = {part for part in parts_imported(path) if FLOOR.get(part, 0) > FLOOR[own]}
        assert not above


@pytest.mark.parametrize("floor", FLOORS, ids=lambda parts: parts[0])
def test_parts_of_a_floor_import_each_other_one_way(floor):
    arrows = {
        part: {
            other
            for path in MODULES
            if part_of(path) == part
            for other in parts_imported(path)
            if other in floor and other != part
        }
        for part in floor
    }
    while arrows:
        lowest = [part for part, below in arrows.items() if not below & set(arrows)]
        assert lowest, f"a circle among {', '.join(arrows)}"
        for part in lowest:
            del arrows[part]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_does_not_know_snakemake(path):
    assert "snakemake" not in packages(path)


def test_the_stand_in_knows_nothing_of_the_study():
    """It stands for PyNN's module of the chip, which knows of no study either."""
    allowed = {"chip", "randomness", "errors"}
    for path in (LIBRARY / "chip").rglob("*.py"):
        assert parts_imported(path) <= allowed, path
        assert not packages(path) & {"torch", "sbi", "snakemake"}, path


def test_what_measures_needs_no_network_and_what_trains_no_chip():
    for part in (
        "models",
        "chip",
        "hardware",
        "backends",
        "measuring",
        "plans",
        "trials",
        "features",
    ):
        for path in MODULES:
            if part_of(path) == part:
                assert not packages(path) & {"torch", "sbi", "zuko", "nflows"}, path
    for part in ("estimators", "posterior", "likelihood"):
        for path in MODULES:
            if part_of(path) == part:
                assert not parts_imported(path) & {"chip", "hardware", "backends"}, path


def test_backends_are_imported_by_name_only():
    for path in [*MODULES, *SCRIPTS.glob("*.py")]:
        if not {"backends", "benchmarks"} & set(path.parts):
            assert not any(is_a_backend(name) for name in imports(path)), path


def is_a_backend(name: str) -> bool:
    parts = name.split(".")
    return (
        parts[:2] == ["analog_sbi", "backends"]
        and parts[2:3] != []
        and (parts[2] in backends.names())
    )


def test_software_of_a_backend_is_imported_by_it_alone():
    homes = {"arbor": ("backends/arbor/",), "calix": ("hardware/",)}
    for package, places in homes.items():
        for path in MODULES:
            if package in packages(path):
                assert name_of(path).startswith(places), path


def test_scripts_name_snakemake_only_in_their_last_block():
    for path in SCRIPTS.glob("*.py"):
        body, _, last = path.read_text().partition('if __name__ == "__main__":')
        assert "snakemake" not in body, path
        assert "snakemake" in last, path


def test_only_scripts_that_measure_build_a_backend():
    measuring = {"calibrate", "characterize", "record_traces", "measure", "run_rounds"}
    measuring |= {"run_benchmark", "temper_reference"}
    building = {
        path.stem for path in SCRIPTS.glob("*.py") if "analog_sbi.backends.make" in imports(path)
    }
    assert building <= measuring


# --- words


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if not name_of(path).startswith((*OF_THE_CHAIN, *OF_THE_CONFIGURATION))
    ],
    ids=name_of,
)
def test_words_of_the_chain_stay_where_the_chain_is(path):
    found = [f"line {line}: {word} in {text!r}" for line, text, word in words(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("g_leak_0", {"leak"}),
        ("leakage", set()),
        ("Leak, axial", {"leak", "axial"}),
        ("centred", set()),
        ("_first_2d", {"first_2d"}),
        ("size_2d_5x10", {"size_2d"}),
        ("first of 2d", set()),
    ],
)
def test_words_are_told_apart(text, found):
    assert tokens(text) & WORDS == found


def test_exceptions_are_files_that_need_them():
    for name in (*OF_THE_CHAIN, *OF_THE_CONFIGURATION):
        place = LIBRARY / name
        files = [place] if place.suffix else sorted(place.rglob("*.py"))
        if files:
            assert any(True for path in files for _ in words(path)), name
