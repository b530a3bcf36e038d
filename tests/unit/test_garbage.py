"""Garbage is collected seldom, and not at the end of a process."""

import subprocess
import sys

import pytest

SELDOM = "import analog_sbi.garbage"


@pytest.mark.parametrize("program", [SELDOM, ""], ids=["seldom", "as usual"])
def test_nothing_is_collected_at_the_end_of_a_process(program):
    asked = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count() > 0)); "
    command = [sys.executable, "-c", asked + program]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(bool(program))]


@pytest.mark.parametrize("program", [SELDOM, ""], ids=["seldom", "as usual"])
def test_imports_collect_nothing(program):
    asked = "; import gc, pandas; print(gc.get_stats()[2]['collections'] > 0)"
    command = [sys.executable, "-c", (program or "pass") + asked]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(not program)]


def test_a_job_collects_as_usual_what_it_makes_itself(tmp_path):
    program = f"""
import gc
usual = gc.get_threshold()
from types import SimpleNamespace
from analog_sbi.jobs import job

seldom = gc.get_threshold()
with job(SimpleNamespace(rule="own", input=[], params={{}}, log=["{tmp_path}/own.log"])):
    print(seldom > usual, gc.get_threshold() == usual, gc.get_freeze_count() > 0)
"""
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True"] * 3
