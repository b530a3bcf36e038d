"""Paths and configurations that the tests share."""

from pathlib import Path

import pytest
import yaml

from tests.workflow import QUICK, copy_of_the_study, snakemake

ROOT = Path(__file__).parents[1]


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, for runs on several cores, what shares a fixture that takes minutes."""
    for item in items:
        shared = "quick_study" in item.fixturenames
        path = item.path.relative_to(ROOT)
        together = path.parent if "weather" in path.parts else path
        group = "quick study" if shared else together.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def config() -> dict:
    """The study's configuration, fresh for each test."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory) -> Path:
    """A copy of the study that has run on small budgets, all of it."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("quick"))
    done = snakemake(folder, "all", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
