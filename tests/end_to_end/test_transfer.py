"""Targets of another backend on small budgets: `snakemake transfer`, as a user runs it."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.workflow import QUICK, copy_of_the_study, planned, snakemake

FEW = "calibration: {tests: 40, samples: 59, trials: 1}\npredictive: {samples: 60, shown: 40}\n"
INFERRED = {
    "transfer": ("h_00", "h_10", "h_20", "h_30"),
    "transfer_relative": ("r_10", "r_20", "r_30"),
}


@pytest.fixture(scope="module")
def transferred(tmp_path_factory):
    folder = copy_of_the_study(tmp_path_factory.mktemp("transfer"))
    done = snakemake(folder, "transfer", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_it_ends_in_a_figure_a_table_and_an_answer_to_each_target(transferred):
    assert (transferred / "results/figures/transfer.png").stat().st_size > 10_000
    told = (transferred / "results/transfer.md").read_text()
    for name in INFERRED:
        folder = transferred / "results/bss2_sim" / name
        verdict = json.loads((folder / "certificate.json").read_text())["verdict"]
        assert f"## {name}, measured by arbor\n\n{verdict}.\n" in told
        assert (folder / "page.png").stat().st_size > 10_000
        assert "on arbor, " in (folder / "page.html").read_text()


def test_targets_are_scaled_or_have_no_scale(transferred):
    chain = transferred / "results/{backend}/chain/targets/{name}.parquet"
    there = pd.read_parquet(str(chain).format(backend="arbor", name="simulated"))
    here = pd.read_parquet(str(chain).format(backend="bss2_sim", name="simulated"))
    names = list(INFERRED["transfer"])
    np.testing.assert_allclose(here[names], 3.4 * there[names])
    relative = pd.read_parquet(str(chain).format(backend="bss2_sim", name="simulated_relative"))
    expected = there[names[1:]].div(there["h_00"], axis=0)
    np.testing.assert_allclose(relative[list(INFERRED["transfer_relative"])], expected)


def test_both_backends_predict_and_the_scale_is_inferred(transferred):
    table = pd.read_parquet(transferred / "results/bss2_sim/transfer.parquet")
    assert set(table["experiment"]) == set(INFERRED)
    for name, features in INFERRED.items():
        folder = transferred / "results/bss2_sim" / name
        predicted = pd.read_parquet(folder / "transferred/predictive.parquet")
        assert len(predicted) == 100
        assert set(INFERRED["transfer"]) <= set(predicted)
        rows = table[table["experiment"] == name]
        assert np.isfinite(rows.select_dtypes("number").to_numpy()).any(axis=1).all()
        assert all(rows.astype(str).eq(feature).any(axis=None) for feature in features)


def test_nothing_is_left_to_do(transferred):
    assert planned(transferred, "transfer", *QUICK) == {}
