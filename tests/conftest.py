"""Paths and configurations that the tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml

from tests.workflow import QUICK, copy_of_the_study, snakemake

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def config() -> dict:
    """The study's configuration, fresh for each test."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let torch use one thread, as jobs do, in the tests of a module."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def quick_study(tmp_path_factory) -> Path:
    """A copy of the study that has run on small budgets, all of it."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("quick"))
    done = snakemake(folder, "all", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
