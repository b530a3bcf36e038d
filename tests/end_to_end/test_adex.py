"""The second study on small budgets, as a user runs it."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.workflow import QUICK, copy_of_the_study, planned, snakemake


def test_the_second_study_ends_in_figures_and_decided_claims(tmp_path):
    folder = copy_of_the_study(tmp_path)
    done = snakemake(folder, "adex", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in (
        "patterns",
        "posteriors",
        "predictive",
        "summaries",
        "traces",
        "coverage",
        "restricted",
    ):
        path = folder / f"results/figures/adex_{name}.png"
        assert path.stat().st_size > 10_000
    for module in ("patterns", "posteriors", "summaries", "traces", "coverage", "restricted"):
        table = pd.read_parquet(folder / f"results/claims/adex.{module}.parquet")
        assert table["holds"].notna().all()
        assert module != "patterns" or table["holds"].all()
    assert planned(folder, "adex", *QUICK) == {}


def test_it_is_compared_with_a_reference_of_repeated_emulations(tmp_path):
    """Few particles: the tables are there, of the right shape, and come out the same again."""
    folder, name = copy_of_the_study(tmp_path), "results/bss2_sim/adex_transient_once"
    goals = (f"{name}/distances.parquet",)
    done = snakemake(folder, "--cores", "2", *QUICK, "--", *goals)
    assert done.returncode == 0, done.stdout + done.stderr
    samples, predictive, error = (
        pd.read_parquet(folder / name / f"reference/{part}.parquet")
        for part in ("samples", "predictive", "error")
    )
    assert samples.groupby("run").size().to_dict() == {0: 20, 1: 20}
    assert len(predictive) == 40
    told = error.set_index("quantity")["value"]
    assert told["emulations"] > 40 * 15
    assert told.notna().all()
    kinds = pd.read_parquet(folder / name / "distances.parquet")["kind"].value_counts()
    assert kinds["seed"] == 2
    assert kinds["ensemble"] == 1
    again = ("--forcerun", "temper_reference", "--cores", "2", *QUICK, "--")
    done = snakemake(folder, *again, f"{name}/reference/samples.parquet")
    assert done.returncode == 0, done.stdout + done.stderr
    found = pd.read_parquet(folder / name / "reference/samples.parquet")
    pd.testing.assert_frame_equal(found, samples, check_exact=True)


def test_the_neuron_is_measured_in_arbor(tmp_path):
    """Features, and trace and spikes: the posteriors are there, and what they predict."""
    pytest.importorskip("arbor")
    folder = copy_of_the_study(tmp_path)
    few = folder / "few.yaml"
    few.write_text("predictive: {samples: 20, shown: 20}\nensemble: {size: 2}\n")
    goals = [
        f"results/arbor/{name}/ensemble/predictive.parquet"
        for name in ("adex_two", "adex_seven_summaries")
    ]
    options = ("--cores", "2", *QUICK, str(few), "--config", "backend=arbor", "--")
    done = snakemake(folder, *options, *goals)
    assert done.returncode == 0, done.stdout + done.stderr
    for goal, column in zip(goals, ("spike_count", "v_50"), strict=True):
        assert pd.read_parquet(folder / goal)[column].std() > 0
