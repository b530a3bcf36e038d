"""The rules of reference posteriors: what they plan, load and refuse."""

import os
import subprocess
import sys

import pytest

from tests.workflow import QUICK, ROOT, copy_of_the_study, planned, snakemake

DISTANCES = "results/bss2_sim/{}/distances.parquet"
EDGE = """
targets: {edge: [0.1, 0.9]}
reference: {target: edge}
experiments: {first_2d: {target: edge}}
"""
RESTRICTED = """
experiments: {adex_transient_once: {restriction: {measurements: 3000}}}
"""
NARROW = "experiments: {tau_2d: {prior: {g_leak: [0, 500]}}}"


def test_the_target_plans_every_reference_posterior_once(tmp_path):
    jobs = planned(copy_of_the_study(tmp_path), "reference", *QUICK)
    assert jobs["survey_reference"] == 2
    assert jobs["locate_reference"] == jobs["measure_reference"] == 5
    assert jobs["evaluate_reference"] == 2
    assert jobs["sample_reference"] == jobs["repeat_reference"] == jobs["check_reference"] == 5


def test_a_model_whose_likelihood_is_not_smooth_has_a_reference_of_its_own(tmp_path):
    jobs = planned(copy_of_the_study(tmp_path), DISTANCES.format("adex_transient_once"), *QUICK)
    assert jobs["temper_reference"] == jobs["measure_distances"] == 1
    assert "survey_reference" not in jobs


def test_measuring_needs_no_torch():
    program = "import sys, measure; print(sorted({'torch', 'sbi', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "workflow" / "scripts",
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def study_with(folder, text):
    copy_of_the_study(folder)
    (folder / "more.yaml").write_text(text)
    return folder, (*QUICK, "more.yaml")


@pytest.mark.parametrize("goal", [DISTANCES.format("first_2d"), "results/algorithms.md"])
def test_reference_and_experiment_may_have_another_target(tmp_path, goal):
    folder, arguments = study_with(tmp_path, EDGE)
    jobs = planned(folder, goal, *arguments)
    assert jobs["sample_reference"] == 1
    assert "measure_distances" in jobs or "compare_algorithms" in jobs
    assert jobs["measure_target"] == 1


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (
            EDGE,
            "first_7d",
            "configuration: experiments.first_7d.target: expected edge, the target of the "
            "reference posterior (reference.target), found 'centre'",
        ),
        (
            RESTRICTED,
            "adex_transient_once",
            "configuration: experiments.adex_transient_once.restriction: expected null for a "
            "reference posterior, which is sampled from the whole prior, found a restriction",
        ),
        (NARROW, "tau_2d", "configuration: experiments.tau_2d: reference posterior: expected the "),
    ],
)
def test_distances_between_problems_are_refused_in_one_line(tmp_path, text, name, line):
    folder, arguments = study_with(tmp_path, text)
    done = snakemake(folder, DISTANCES.format(name), "--cores", "1", *arguments)
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert sum(line in part for part in output.splitlines()) == 1
    assert "Traceback" not in output
    assert not (folder / "results").exists()
    assert not list((folder / ".snakemake" / "locks").glob("*"))
