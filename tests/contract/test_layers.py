"""Dependencies point one way: scripts -> library -> libraries."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "workflow" / "analog_sbi"
SCRIPTS = ROOT / "workflow" / "scripts"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: p.stem)
def test_the_library_does_not_know_snakemake(path):
    assert "snakemake" not in packages(path)


def test_the_chip_knows_nothing_of_inference_and_the_other_way_round():
    for path in (LIBRARY / "chip").rglob("*.py"):
        assert not packages(path) & {"torch", "sbi"}, path
        assert not any(name.startswith("analog_sbi.inference") for name in imports(path)), path
    for path in (LIBRARY / "inference").rglob("*.py"):
        assert not any(
            name.startswith(("analog_sbi.chip", "analog_sbi.backends")) for name in imports(path)
        ), path


def test_backends_are_imported_by_name_only():
    for path in [*LIBRARY.rglob("*.py"), *SCRIPTS.glob("*.py")]:
        if not {"backends", "benchmarks"} & set(path.parts):
            assert not any(n.startswith("analog_sbi.backends.") for n in imports(path)), path


def test_scripts_name_snakemake_only_in_their_last_block():
    for path in SCRIPTS.glob("*.py"):
        body, _, last = path.read_text().partition('if __name__ == "__main__":')
        assert "snakemake" not in body, path
        assert "snakemake" in last, path
