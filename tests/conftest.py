"""Paths and configurations that the tests share."""

from pathlib import Path

import pytest
import yaml
from xdist.scheduler import LoadFileScheduling

from tests.workflow import QUICK, copy_of_the_study, snakemake

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def config() -> dict:
    """The study's configuration, fresh for each test."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


MADE_ONCE = frozenset(
    {
        "tests/contract/test_dag.py",
        "tests/contract/test_docs.py",
        "tests/end_to_end/test_quick_study.py",
        "tests/end_to_end/test_the_chip.py",
        "tests/end_to_end/test_trust.py",
    }
)
"""Files whose tests use the quick study: one process runs them all and makes it once."""


class Files(LoadFileScheduling):
    """Files of tests beside one another, those of the quick study after one another."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "quick_study" if file in MADE_ONCE else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Files | None:
    """Schedule by files as above where files are what is asked for."""
    return Files(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse tests of the quick study in files that are not named above."""
    files = {
        item.path.relative_to(ROOT).as_posix()
        for item in items
        if "quick_study" in getattr(item, "fixturenames", ())
    }
    if files - MADE_ONCE:
        raise pytest.UsageError(f"tests/conftest.py: MADE_ONCE lacks {sorted(files - MADE_ONCE)}")


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory) -> Path:
    """A copy of the study that has run on small budgets, all of it."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("quick"))
    done = snakemake(folder, "all", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
