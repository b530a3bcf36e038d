"""A job ends with the run that it belongs to, and lives as long as that one does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analog_sbi import orphans

JOB = """
import time
from pathlib import Path
from analog_sbi.orphans import ending_with_the_run
with ending_with_the_run():
    Path("started").touch()
    time.sleep({seconds})
    Path("written").touch()
"""
RUN = "import subprocess, sys; subprocess.run([sys.executable, 'job.py'])"


@pytest.fixture
def run(tmp_path):
    """Start a job below a process called snakemake."""

    def start(seconds: float) -> subprocess.Popen:
        (tmp_path / "job.py").write_text(JOB.format(seconds=seconds))
        (tmp_path / "snakemake").write_text(RUN)
        return subprocess.Popen([sys.executable, str(tmp_path / "snakemake")], cwd=tmp_path)

    return start


def wait_for(path: Path, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return path.exists()


def test_a_job_ends_when_its_run_is_killed(run, tmp_path):
    process = run(6)
    assert wait_for(tmp_path / "started")
    job = psutil.Process(process.pid).children()[0]
    process.send_signal(signal.SIGKILL)
    process.wait()
    job.wait(timeout=5)
    time.sleep(0.2)
    assert not (tmp_path / "written").exists()


def test_a_job_of_a_run_that_goes_on_is_left_alone(run, tmp_path):
    process = run(2.5)
    assert process.wait(timeout=30) == 0
    assert (tmp_path / "written").exists()


def test_a_process_without_a_run_is_left_alone():
    assert not orphans.gone([])
    assert not orphans.gone([psutil.Process()])
