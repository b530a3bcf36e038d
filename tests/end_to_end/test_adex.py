"""The second study on small budgets, as a user runs it."""

from __future__ import annotations

import pandas as pd

from tests.workflow import QUICK, copy_of_the_study, planned, snakemake


def test_the_second_study_ends_in_figures_and_decided_claims(tmp_path):
    folder = copy_of_the_study(tmp_path)
    done = snakemake(folder, "adex", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("patterns", "posteriors", "predictive", "summaries", "coverage", "restricted"):
        path = folder / f"results/figures/adex_{name}.png"
        assert path.stat().st_size > 10_000
    for module in ("patterns", "posteriors", "summaries", "coverage", "restricted"):
        table = pd.read_parquet(folder / f"results/claims/adex.{module}.parquet")
        assert table["holds"].notna().all()
        assert module != "patterns" or table["holds"].all()
    assert planned(folder, "adex", *QUICK) == {}
