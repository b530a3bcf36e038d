"""What checks of coverage need: no round but the first, no backend to test again."""

from tests.workflow import QUICK, copy_of_the_study, planned

FIGURE = "results/figures/coverage.svg"
SINGLE_JOBS = ("--config", "rounds_as=jobs")


def test_the_first_round_is_enough(tmp_path):
    folder = copy_of_the_study(tmp_path)
    jobs = planned(folder, FIGURE, "results/claims/coverage.parquet", *SINGLE_JOBS, *QUICK)
    assert jobs["measure_tests"] == 2  # for global and for individual parameters
    assert jobs["check_coverage"] == 3
    assert jobs["measure_round"] == jobs["train_round"] == jobs["draw_prior"] == 3
    assert "propose_round" not in jobs
    assert jobs["check_claims"] == 1


def test_only_targets_whose_parameters_are_known_are_asked_for(tmp_path):
    folder = copy_of_the_study(tmp_path)
    trials = "h_00,h_10,h_20,h_30\n" + "".join(f"{i},5,3,2\n" for i in (10, 11, 12))
    (folder / "slice.csv").write_text(trials)
    (folder / "more.yaml").write_text(
        "targets: {slice: {file: slice.csv}}\nexperiments: {first_2d: {target: slice}}\n"
    )
    jobs = planned(folder, "results/bss2_sim/amortized.parquet", *QUICK, "more.yaml")
    assert jobs["check_amortized"] == jobs["read_target"] == 1
    assert jobs["measure_target"] == 2  # at random positions


def test_repairs_of_an_estimator_share_its_networks(tmp_path):
    jobs = planned(copy_of_the_study(tmp_path), "remedies", *QUICK)
    assert jobs["run_1_round"] == 3  # a way
    assert jobs["judge_remedy"] == 5  # and each of its repairs
    assert jobs["compare_remedies"] == jobs["check_claims"] == jobs["measure_tests"] == 1
    assert "repair_posterior" not in jobs
