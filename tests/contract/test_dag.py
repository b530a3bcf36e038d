"""What a change reruns, by dry-runs on a copy of the study that has run on small budgets."""

import re
from pathlib import Path

import pytest
import yaml

from tests.workflow import QUICK, STAND_IN, planned, snakemake


@pytest.fixture
def study(quick_study):
    """The finished study; what a test edits is put back."""
    saved = {
        path: path.read_text()
        for part in ("workflow", "config")
        for path in (quick_study / part).rglob("*.*")
        if path.suffix in {".py", ".yaml", ".smk"}
    }
    yield quick_study
    for path, text in saved.items():
        if path.read_text() != text:
            path.write_text(text)


def plan(folder: Path, target: str = "all", overlay: dict | None = None) -> dict[str, int]:
    """Jobs that are planned with an overlay on the quick configuration."""
    files = list(QUICK)
    if overlay:
        path = folder / "overlay.yaml"
        path.write_text(yaml.safe_dump(overlay))
        files.append(str(path))
    return planned(folder, target, *files)


def append(path: Path) -> None:
    path.write_text(path.read_text() + "\n_edited = 1\n")


def test_nothing_to_do_and_a_touch_changes_nothing(study):
    for path in (study / "workflow").rglob("*.py"):
        path.touch()
    assert plan(study) == {}


def test_a_comment_changes_nothing(study):
    for name in ("errors", "chip/circuit", "paper/figure5"):
        path = study / f"workflow/analog_sbi/{name}.py"
        path.write_text(path.read_text() + "\n# edited\n")
    assert plan(study) == {}


def test_a_module_of_the_paper_redoes_only_its_figure_and_claims(study):
    append(study / "workflow/analog_sbi/paper/figure5.py")
    told = {"collect_claims": 1, "write_report": 1}
    assert plan(study) == {"plot_figure5": 1, "check_claims": 1, **told}


def test_figure9_is_drawn_by_the_code_of_figure3(study):
    append(study / "workflow/analog_sbi/paper/figure3.py")
    alone = {"plot_figure3": 1, "check_claims": 1, "write_report": 1}
    assert plan(study, "figure3") == alone
    assert plan(study) == {**alone, "plot_figure9": 1, "check_claims": 2, "collect_claims": 1}


def test_the_circuit_is_remeasured(study):
    append(study / "workflow/analog_sbi/chip/circuit.py")
    jobs = plan(study)
    for rule in ("calibrate", "search_grid", "measure_target", "run_2_rounds", "plot_figure3"):
        assert jobs.get(rule), f"{rule} is not among {jobs}"


def test_the_trainer_leaves_measurements_of_grid_and_target_alone(study):
    append(study / "workflow/analog_sbi/estimators/training.py")
    jobs = plan(study)
    assert jobs["run_2_rounds"] >= 2
    assert not {"calibrate", "search_grid", "measure_target", "record_traces"} & set(jobs)


def test_posterior_samples_leave_grid_target_and_rounds_alone(study):
    jobs = plan(study, "all", {"predictive": {"samples": 2000}})
    assert jobs["sample_posterior"] >= 2
    assert jobs["check_predictive"] >= 1
    kept = {"calibrate", "search_grid", "measure_target", "run_1_round", "run_2_rounds"}
    assert not kept & set(jobs)


def test_one_experiment_leaves_the_others_alone(study):
    jobs = plan(study, "figure3", {"experiments": {"tau_2d": {"estimator": {"hidden": 20}}}})
    assert jobs["run_2_rounds"] == 1
    assert jobs["sample_posterior"] == 1
    assert not {"search_grid", "measure_target"} & set(jobs)


def test_another_chip_is_measured_anew(study):
    jobs = plan(study, "figure3", {"chip": {"serial": 7}})
    assert jobs["calibrate"] == 1
    assert jobs["search_grid"] == 1


@pytest.mark.parametrize(
    "settings", [["backend=bss2_sim"], ["backend=arbor"], ["backend=bss2", STAND_IN]]
)
def test_every_backend_plans_a_figure(study, settings):
    done = snakemake(study, "figure3", "--dry-run", "--forceall", "--config", *settings)
    assert done.returncode == 0, done.stderr
    told = "Searching the grid on bss2, about 37 s of chip time" in done.stdout + done.stderr
    assert told == (settings[0] == "backend=bss2")
    assert ("All jobs together: about 9 min of chip time" in done.stderr) == told


def test_the_profile_for_ebrains_asks_for_its_variables(study, monkeypatch):
    plan = ("figure3", "--dry-run", "--workflow-profile", "profiles/ebrains", "--config", STAND_IN)
    missing = snakemake(study, *plan)
    assert missing.returncode != 0
    assert "QUIGGELDY_IP" in missing.stdout + missing.stderr
    for name in ("QUIGGELDY_ENABLED", "QUIGGELDY_IP", "QUIGGELDY_PORT"):
        monkeypatch.setenv(name, "1")
    assert snakemake(study, *plan).returncode == 0


def test_the_profile_for_slurm_sends_to_the_chip_what_touches_it(study, config):
    profile = yaml.safe_load((study / "profiles/slurm/profile.yaml").read_text())
    text = "".join(path.read_text() for path in (study / "workflow/rules").glob("*.smk"))
    parts = re.split(r"^(?:use )?rule (?:(\w+) as )?(\w+)(?: with)?:", text, flags=re.MULTILINE)
    touching: set[str] = set()
    for parent, name, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        inherited = parent in touching and "resources:" not in body
        if "chip=chip_of" in body.split("\nfor ")[0] or inherited:
            touching.add(name)
    rounds = {len(part["rounds"]) for part in config["experiments"].values() if "rounds" in part}
    rounds |= {len(part) for part in config["compare_algorithms"]["rounds"]}
    touching |= {f"run_{n}_round{'s' if n > 1 else ''}" for n in rounds | {1}}
    elsewhere = {"survey_reference", "measure_reference", "repeat_reference"}  # millions of them
    assert set(profile["set-resources"]) == touching - elsewhere
    # a job in a group has one partition, so none that touches the chip is in one
    rules = set(parts[2::3]) | {f"plot_figure{number}" for number in range(2, 10)}
    assert set(profile["groups"]) <= rules - touching
    assert set(profile["groups"].values()) == set(profile["group-components"])


def test_figure9_does_not_touch_the_chip_and_figure4_not_arbor(study):
    for target, other in (("figure9", "bss2_sim"), ("figure4", "arbor")):
        done = snakemake(study, target, "--dry-run", "--forceall", *QUICK)
        assert done.returncode == 0, done.stderr
        assert f"on {other}" not in done.stdout + done.stderr
        assert "Calibrating" in done.stdout + done.stderr


def test_every_figure_is_a_target(study):
    for number in range(2, 10):
        assert snakemake(study, f"figure{number}", "--dry-run", *QUICK).returncode == 0


@pytest.mark.parametrize("target", ["benchmark", "claims"])
def test_other_targets_plan(study, target):
    assert snakemake(study, target, "--dry-run", *QUICK).returncode == 0


@pytest.mark.parametrize(
    ("setting", "parts"),
    [
        ("backend=bss3", ["backend", "arbor, bss2, bss2_sim", "bss3"]),
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
