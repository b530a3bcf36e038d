"""Finished small studies to disturb, and the table of what was tried."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.weather import amounts
from tests.weather.studies import OTHER_CHIP, run
from tests.workflow import copy_of_the_study


@dataclass(frozen=True)
class Finished:
    """A finished study, and how long it took in s."""

    folder: Path
    seconds: float


def finished(folder: Path, overlay: dict | None = None) -> Finished:
    started = time.monotonic()
    copy_of_the_study(folder)
    done = run(folder, overlay)
    assert done.returncode == 0, done.stdout + done.stderr
    return Finished(folder, time.monotonic() - started)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Finished:
    """A study that nobody disturbed."""
    return finished(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="session")
def other_chip(tmp_path_factory) -> Finished:
    """The same of another chip."""
    return finished(tmp_path_factory.mktemp("other"), OTHER_CHIP)


def pytest_generate_tests(metafunc):
    """Number the trials of the kind that a test names with ``@pytest.mark.kind``."""
    marker = metafunc.definition.get_closest_marker("kind")
    if marker is not None and "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(amounts.KINDS[marker.args[0]].count))


@pytest.fixture(autouse=True)
def counted(request):
    """Count a trial of a numbered test; it has survived if the test passes."""
    yield
    marker = request.node.get_closest_marker("kind")
    if marker is not None and "number" in request.fixturenames:
        kind = amounts.KINDS[marker.args[0]]
        kind.tried += 1
        kind.survived += int(getattr(request.node, "passed", False))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tell fixtures whether the test itself has passed."""
    report = yield
    if call.when == "call":
        item.passed = report.passed
    return report


def pytest_terminal_summary(terminalreporter):
    """Show the table, and write it to the path that WEATHER_TABLE names."""
    if any(kind.tried for kind in amounts.KINDS.values()):
        terminalreporter.section("weather")
        terminalreporter.write(amounts.table())
        if path := os.environ.get("WEATHER_TABLE"):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(amounts.table())
