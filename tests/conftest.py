"""Paths and configurations that the tests share."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def config() -> dict:
    """The study's configuration, fresh for each test."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.fixture(scope="session")
def schema() -> dict:
    return yaml.safe_load((ROOT / "config" / "schema.yaml").read_text())
