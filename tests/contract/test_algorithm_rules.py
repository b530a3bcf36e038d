"""What the comparison of algorithms plans: one problem, and tests for amortized algorithms only."""

from analog_sbi.algorithms import ALGORITHMS, AMORTIZED
from tests.workflow import QUICK, copy_of_the_study, planned, snakemake

TABLE = "results/bss2_sim/comparison.parquet"


def test_every_algorithm_is_compared_with_the_reference_of_its_problem(tmp_path):
    folder = copy_of_the_study(tmp_path)
    assert planned(folder, TABLE, *QUICK)["run_algorithm"] == len(ALGORITHMS)
    overlay = folder / "overlay.yaml"
    overlay.write_text("compare_algorithms: {experiment: tau_2d}\n")
    for problem, files in (("global_first", QUICK), ("global_tau", (*QUICK, str(overlay)))):
        told = snakemake(folder, TABLE, "--dry-run", *files).stdout
        references = {f"reference/{name}/samples" for name in ("global_first", "global_tau")}
        assert {name for name in references if name in told} == {f"reference/{problem}/samples"}


def test_only_amortized_algorithms_are_put_to_tests(tmp_path):
    folder = copy_of_the_study(tmp_path)
    for algorithm in ("fmpe", "snle"):
        samples = f"results/bss2_sim/compare_{algorithm}_60/samples.parquet"
        assert ("measure_tests" in planned(folder, samples, *QUICK)) == (algorithm in AMORTIZED)
