"""What the check of calibration needs: no round but the first, no backend to test again."""

from tests.workflow import QUICK, copy_of_the_study, planned

FIGURE = "results/figures/coverage.svg"


def test_the_first_round_is_enough(tmp_path):
    folder = copy_of_the_study(tmp_path)
    jobs = planned(folder, FIGURE, "results/claims/coverage.parquet", *QUICK)
    assert jobs["measure_tests"] == 2  # for global and for individual parameters
    assert jobs["check_calibration"] == 3
    assert jobs["measure_round"] == jobs["train_round"] == 3
    assert jobs["plot_coverage"] == jobs["check_claims"] == 1
