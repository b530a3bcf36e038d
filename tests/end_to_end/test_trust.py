"""Reference posteriors, distances, calibration and other algorithms on small budgets."""

import json
import shutil

import numpy as np
import pandas as pd

from analog_sbi import algorithms, posterior
from tests.workflow import QUICK, planned, snakemake


def test_trust_ends_in_figures_and_claims(quick_study, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(quick_study, folder, copy_function=shutil.copy2)
    done = snakemake(folder, "trust", "--cores", "2", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("reference", "distances", "coverage", "pairs", "correlation", "predictive"):
        assert (folder / f"results/figures/{name}.png").stat().st_size > 10_000
    for module in ("trust", "coverage"):
        table = pd.read_parquet(folder / f"results/claims/{module}.parquet")
        assert table["holds"].notna().all()
        text = (folder / f"results/claims/{module}.md").read_text()
        assert text.count("(ours)") == len(table)
    distances = pd.read_parquet(folder / "results/bss2_sim/rounds_2d/distances.parquet")
    assert set(distances["kind"]) == {"seed", "ensemble", "floor"}
    assert distances["c2st"].between(0, 1).all()
    marginals = distances[["wasserstein_g_leak", "wasserstein_g_axial"]].mean(axis=1)
    assert (marginals - distances["wasserstein"]).abs().max() < 1e-12
    density = pd.read_parquet(folder / "results/bss2_sim/tau_2d/ensemble/density.parquet")
    area = np.prod([density[name].drop_duplicates().diff().max() for name in ("g_leak", "g_axial")])
    assert abs(np.exp(density["log_prob"]).sum() * area - 1) < 0.1
    assert planned(folder, "trust", *QUICK) == {}


def test_algorithms_end_in_a_table(quick_study, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(quick_study, folder, copy_function=shutil.copy2)
    overlay = folder / "one.yaml"
    overlay.write_text(
        "experiments: {mine: {algorithm: mcabc, parameters: global, "
        "observable: first, rounds: [60], seeds: 1, target: centre, "
        "estimator: {transforms: 2, hidden: 10}}}\n"
    )
    own = "results/bss2_sim/mine/predictive.parquet"
    done = snakemake(folder, "algorithms", own, "--cores", "2", *QUICK, str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_parquet(folder / "results/bss2_sim/comparison.parquet")
    assert set(table["algorithm"]) == set(algorithms.names())
    assert (table["emulations"] <= table["budget"]).all()
    assert table["distance"].notna().all()
    covered = table.set_index("algorithm")["expected_coverage"].notna()
    assert set(covered.index[covered]) == {
        name for name in algorithms.names() if algorithms.facts(name).amortized
    }
    text = (folder / "results/algorithms.md").read_text()
    assert text.count("\n| ") == len(algorithms.names()) + 1
    assert (folder / "results/figures/algorithms.png").stat().st_size > 10_000
    assert (folder / own).is_file()


def test_remedies_end_in_a_table_and_repaired_posteriors_in_a_certificate(quick_study, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(quick_study, folder, copy_function=shutil.copy2)
    overlay = folder / "mine.yaml"
    overlay.write_text(
        "experiment: mine\nexperiments: {mine: {parameters: global, observable: first, "
        "rounds: [100], seeds: 2, target: centre, repair: likelihood, "
        "estimator: {transforms: 2, hidden: 10}}}\n"
    )
    done = snakemake(folder, "remedies", "infer", "--cores", "2", *QUICK, str(overlay))
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_parquet(folder / "results/bss2_sim/remedies.parquet")
    ways = table[["way", "repair"]].drop_duplicates().agg("+".join, axis=1)
    assert set(ways) == {
        *("plain+none", "plain+likelihood", "default+none", "default+ensemble"),
        "bounded+conformal",
    }
    assert table.drop(columns="blind").notna().all(axis=None)
    text = (folder / "results/remedies.md").read_text()
    assert text.count("\n| global_first | ") == len(ways)
    assert (folder / "results/figures/remedies.png").stat().st_size > 10_000
    mine = folder / "results/bss2_sim/mine"
    told = json.loads((mine / "certificate.json").read_text())
    assert told["verdict"]
    samples = pd.read_parquet(mine / "samples.parquet")
    repaired = posterior.read(mine / "round_0/repaired.pt")
    assert len(repaired.log_evidence) == samples["seed"].nunique() == 2
    network = posterior.read(mine / "round_0/posterior.pt")
    assert repaired.base.history == network.history
