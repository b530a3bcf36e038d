"""How experiments run: as jobs or in one job by backend; and what the comparison plans."""

import pytest

from analog_sbi import algorithms
from tests.workflow import QUICK, copy_of_the_study, planned, snakemake

TABLE = "results/bss2_sim/comparison.parquet"
SAMPLES = "results/{}/first_2d/samples.parquet"
JOBS = {"draw_prior", "propose_round", "train_round", "measure_round"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return copy_of_the_study(tmp_path_factory.mktemp("study"))


def test_every_algorithm_is_compared_with_the_reference_of_its_problem(folder):
    jobs = planned(folder, TABLE, *QUICK)
    runs = sum(count for name, count in jobs.items() if name.startswith("run_"))
    assert runs == len(algorithms.names())
    assert jobs["rank_tests"] == len(algorithms.names())
    overlay = folder / "overlay.yaml"
    overlay.write_text("compare_algorithms: {experiment: tau_2d}\n")
    for problem, files in (("global_first", QUICK), ("global_tau", (*QUICK, str(overlay)))):
        output = snakemake(folder, TABLE, "--dry-run", *files).stdout
        references = {f"reference/{name}/samples" for name in ("global_first", "global_tau")}
        assert {name for name in references if name in output} == {f"reference/{problem}/samples"}


@pytest.mark.parametrize("name", ["fmpe", "snle"])
def test_only_amortized_algorithms_are_put_to_tests(folder, name):
    positions = f"results/bss2_sim/compare_{name}_60/positions.parquet"
    amortized = algorithms.facts(name).amortized
    assert ("measure_tests" in planned(folder, positions, *QUICK)) == amortized


def test_rounds_are_jobs_on_the_chip_and_one_job_elsewhere(folder):
    jobs = planned(folder, SAMPLES.format("bss2_sim"), *QUICK)
    assert jobs["run_2_rounds"] == 1
    assert not JOBS & set(jobs)
    jobs = planned(folder, SAMPLES.format("bss2"), *QUICK)
    assert {name: jobs[name] for name in JOBS} == {
        "draw_prior": 1,
        "propose_round": 1,
        "train_round": 2,
        "measure_round": 2,
    }
    assert "run_2_rounds" not in jobs


def test_backends_run_differently_side_by_side(folder):
    jobs = planned(folder, SAMPLES.format("bss2_sim"), SAMPLES.format("bss2"), *QUICK)
    assert (jobs["run_2_rounds"], jobs["train_round"], jobs["sample_posterior"]) == (1, 2, 2)


@pytest.mark.parametrize(("how", "jobs"), [("jobs", True), ("one_job", False)])
def test_the_configuration_may_choose(folder, how, jobs):
    for backend in ("bss2_sim", "bss2"):
        target = SAMPLES.format(backend)
        found = planned(folder, target, *QUICK, "--config", f"rounds_as={how}")
        assert ("train_round" in found) == jobs
        assert ("run_2_rounds" in found) == (not jobs)


def test_one_experiment_may_choose(folder):
    overlay = folder / "own.yaml"
    overlay.write_text("experiments: {first_2d: {rounds_as: jobs}}\n")
    targets = [SAMPLES.format("bss2_sim"), "results/bss2_sim/tau_2d/samples.parquet"]
    jobs = planned(folder, *targets, *QUICK, str(overlay))
    assert (jobs["run_2_rounds"], jobs["train_round"]) == (1, 2)


def test_messages_read_well(folder):
    target = "results/bss2_sim/first_2d/samples.parquet"
    assert "Inferring first_2d in 11 rounds on bss2_sim\n" in snakemake(folder, target, "-n").stdout
    target = "results/bss2_sim/compare_fmpe_60/samples.parquet"
    output = snakemake(folder, target, "--dry-run", *QUICK).stdout
    assert "Inferring compare_fmpe_60 in 1 round on bss2_sim\n" in output


def test_algorithms_without_rounds_are_refused_more_than_one(folder):
    overlay = folder / "wrong.yaml"
    overlay.write_text("experiments: {first_2d: {algorithm: fmpe}}\n")
    done = snakemake(folder, SAMPLES.format("bss2_sim"), "-n", *QUICK, str(overlay))
    assert done.returncode != 0
    expected = "experiments.first_2d.rounds: expected one number, since fmpe has no rounds"
    assert expected in done.stdout + done.stderr
