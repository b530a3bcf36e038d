"""The rules of reference posteriors: what they plan, and what they load."""

import os
import subprocess
import sys

import pytest

from tests.workflow import QUICK, ROOT, copy_of_the_study, planned


def test_the_target_plans_every_reference_posterior_once(tmp_path):
    jobs = planned(copy_of_the_study(tmp_path), "reference", *QUICK)
    assert jobs["survey_reference"] == 2
    assert jobs["locate_reference"] == jobs["measure_reference"] == 4
    assert jobs["evaluate_reference"] == 2
    assert jobs["sample_reference"] == jobs["repeat_reference"] == jobs["check_reference"] == 4
    assert jobs["plot_reference"] == 1


@pytest.mark.parametrize("script", ["survey_reference", "measure_reference", "repeat_reference"])
def test_measuring_needs_no_torch(script):
    program = (
        f"import sys, {script}; print(sorted({{'torch', 'sbi', 'sklearn'}} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "workflow" / "scripts",
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
