"""What a change reruns, by dry-runs on a copy of the study with finished results.

Results are stood in for by Snakemake's ``--touch``: it records params and inputs of every job.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests.workflow import copy_of_the_study, planned, snakemake

TOUCHED = "results"


def make_up_results(folder: Path) -> None:
    """Create every output of ``all`` empty and record it as made by the present study."""
    done = snakemake(folder, "all", "--dry-run", "--quiet", "host")
    for line in re.findall(r"^    output: (.*)$", done.stdout + done.stderr, re.MULTILINE):
        for name in line.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    done = snakemake(folder, "--touch", "--cores", "1", "all")
    assert done.returncode == 0, done.stderr
    assert planned(folder, "all") == {}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = copy_of_the_study(tmp_path_factory.mktemp("study"))
    make_up_results(folder)
    return folder


@pytest.fixture
def study(finished):
    """The finished study; what a test edits is put back."""
    saved = {
        path: path.read_text()
        for part in ("workflow", "config")
        for path in (finished / part).rglob("*.*")
        if path.suffix in {".py", ".yaml", ".smk"}
    }
    yield finished
    for path, text in saved.items():
        path.write_text(text)


def append(path: Path) -> None:
    path.write_text(path.read_text() + "\n# edited\n")


def change(folder: Path, overlay: dict) -> str:
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    return str(path)


def test_nothing_to_do_and_a_touch_changes_nothing(study):
    for path in (study / "workflow").rglob("*.py"):
        path.touch()
    assert planned(study, "all") == {}


def test_a_plot_module_redraws_only_its_figure(study):
    append(study / "workflow/analog_sbi/plots/figure3.py")
    assert planned(study, "all") == {"plot_figure3": 1}


def test_the_circuit_is_remeasured(study):
    append(study / "workflow/analog_sbi/chip/circuit.py")
    jobs = planned(study, "all")
    for rule in ("calibrate", "search_grid", "measure_target", "measure_round", "plot_figure3"):
        assert jobs.get(rule), f"{rule} is not among {jobs}"


def test_the_trainer_leaves_measurements_of_grid_and_target_alone(study):
    append(study / "workflow/analog_sbi/inference/training.py")
    jobs = planned(study, "all")
    assert jobs["train_round"] >= 2
    assert not {"calibrate", "search_grid", "measure_target", "record_traces"} & set(jobs)


def test_posterior_samples_leave_grid_target_and_rounds_alone(study):
    overlay = change(study, {"predictive": {"samples": 2000}})
    jobs = planned(study, "all", "--configfile", overlay)
    assert jobs["sample_posterior"] >= 2
    assert jobs["check_predictive"] >= 2
    kept = {"calibrate", "search_grid", "measure_target", "measure_round", "train_round"}
    assert not kept & set(jobs)


def test_one_experiment_leaves_the_others_alone(study):
    overlay = change(study, {"experiments": {"tau_2d": {"estimator": {"hidden": 20}}}})
    jobs = planned(study, "figure3", "--configfile", overlay)
    assert jobs["train_round"] == 3
    assert jobs["sample_posterior"] == 1
    assert not {"search_grid", "measure_target"} & set(jobs)


def test_another_chip_is_measured_anew(study):
    overlay = change(study, {"chip": {"serial": 7}})
    jobs = planned(study, "figure3", "--configfile", overlay)
    assert jobs["calibrate"] == 1
    assert jobs["search_grid"] == 1


@pytest.mark.parametrize("backend", ["bss2_sim"])
def test_every_backend_plans_a_figure(study, backend):
    done = snakemake(
        study, "figure3", "--dry-run", "--forceall", "--config", f"backend={backend}"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("backend=bss3", ["backend", "bss2_sim, arbor, bss2", "bss3"]),
        ("sed=3", ["sed", "unknown key", "did you mean seed?"]),
        ("backend=bss2", ["backend", "pynn_brainscales", "found none"]),
    ],
)
def test_bad_configurations_stop_before_any_job(study, setting, parts):
    done = snakemake(study, "figure3", "--cores", "1", "--config", setting)
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if "configuration:" in line]
    assert len(errors) == 1
    for part in parts:
        assert part in errors[0]
    assert "rule " not in done.stderr
    assert "Traceback" not in done.stderr
