"""The study on the backend of the chip, whose program runs on the model's PyNN module."""

import os
import re
import shutil
import signal
import sys

import pandas as pd
import pytest
import torch

from analog_sbi.artifacts import read_metadata
from analog_sbi.paper.chain import correlation
from analog_sbi.paper.seeds import per_seed
from analog_sbi.posterior import read_networks
from tests.workflow import QUICK, STAND_IN, copy_of_the_study, snakemake, start, wait_for

ON_THE_CHIP = ("--config", "backend=bss2", STAND_IN)


@pytest.fixture(scope="module")
def chip_study(tmp_path_factory):
    """Figure 3 on small budgets."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("chip"))
    done = snakemake(folder, "figure3", "--cores", "2", *QUICK, *ON_THE_CHIP)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "200 measurements of 4 runs, about 5 s of chip time" in done.stderr
    return folder


def claims(folder, place="results"):
    table = pd.read_parquet(folder / place / "claims/figure3.parquet").set_index("id")
    assert table["holds"].notna().all()
    return table


def test_claims_are_those_of_the_model(quick_study, chip_study):
    """Other noise, the same verdicts; one claim is a hair's breadth from its bound of 0.85."""
    model, chip = claims(quick_study)["holds"], claims(chip_study, "results/bss2")["holds"]
    differing = model.index[model != chip]
    assert set(differing) <= {"tau-correlation"}


def correlations(folder, backend):
    samples = pd.read_parquet(folder / f"results/{backend}/tau_2d/samples.parquet")
    return per_seed(samples, correlation)


@pytest.fixture(scope="module")
def eight_seeds(chip_study, tmp_path_factory):
    """Both backends asked with eight seeds, where single networks of few measurements scatter."""
    folder = shutil.copytree(chip_study, tmp_path_factory.mktemp("eight") / "study", symlinks=True)
    more = folder / "eight.yaml"
    more.write_text("experiments: {tau_2d: {seeds: 8}}\n")
    for backend, options in (("bss2", ON_THE_CHIP), ("bss2_sim", ())):
        samples = f"results/{backend}/tau_2d/samples.parquet"
        done = snakemake(folder, samples, "--cores", "2", *QUICK, str(more), *options)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_posteriors_are_alike(eight_seeds):
    ours, models = (correlations(eight_seeds, backend) for backend in ("bss2", "bss2_sim"))
    assert ours.median() == pytest.approx(models.median(), abs=0.1)
    assert (ours > 0.7).sum() >= 7


def test_tables_say_where_they_come_from(chip_study):
    folder = chip_study / "results/bss2"
    for name in (
        "chain/calibration",
        "chain/grid",
        "chain/targets/centre",
        "tau_2d/round_1/observations",
    ):
        found = read_metadata(folder / f"{name}.parquet")["provenance"]
        assert found["chip"] == "model-59"
        assert found["module"] == "analog_sbi.chip.pynn"
        assert {"date", "version of PyNN"} <= set(found)


def test_an_interrupted_measurement_goes_on(chip_study, tmp_path):
    target, parts = "results/bss2/chain/grid.parquet", "results/parts"
    folder = copy_of_the_study(tmp_path)
    process = start(folder, target, "--cores", "1", *QUICK, *ON_THE_CHIP)
    wait_for(folder / parts, process)
    wait_for(next((folder / parts).iterdir()), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = next((folder / parts).iterdir()).read_text().count("\n") - 1
    done = snakemake(folder, target, "--cores", "1", *QUICK, *ON_THE_CHIP)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        f"going on after {kept} measurements"
        in (folder / "results/logs/search_grid/bss2_chain.log").read_text()
    )
    found, whole = (pd.read_parquet(root / target) for root in (folder, chip_study))
    pd.testing.assert_frame_equal(found, whole)
    assert not list((folder / parts).iterdir())


def options(folder, name, seeds, *more):
    """Options of Snakemake for so many seeds of two rounds of 20 measurements."""
    few = folder / "few.yaml"
    few.write_text(
        f"experiments: {{{name}: {{seeds: {seeds}, rounds: [20, 20]}}}}\n"
        "predictive: {samples: 20, shown: 20}\nensemble: {size: 1}\n"
        "inference: {stop_after_epochs: 1}\n"
    )
    return ("--cores", "1", *QUICK, str(few), *ON_THE_CHIP, *more)


def counts_of(words):
    """Numbers of measurements that jobs told of."""
    return sorted(map(int, re.findall(r"(\d+) measurements of 4 runs", words)))


def test_an_interrupted_measurement_of_the_neuron_goes_on(tmp_path):
    """The process dies while it measures, and the table is that of a run that lived."""
    name, parts = "results/bss2/adex/tests/seven.parquet", "results/parts"
    command = (name, "--cores", "1", *QUICK, *ON_THE_CHIP)
    roots = [tmp_path / part for part in ("whole", "killed")]
    for root in roots:
        root.mkdir()
    whole, folder = map(copy_of_the_study, roots)
    done = snakemake(whole, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    process = start(folder, *command)
    wait_for(folder / parts, process)
    wait_for(next((folder / parts).iterdir()), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = next((folder / parts).iterdir()).read_text().count("\n") - 1
    done = snakemake(folder, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    log = (folder / "results/logs/measure_tests/bss2_adex_seven.log").read_text()
    assert f"going on after {kept} measurements" in log
    pd.testing.assert_frame_equal(*(pd.read_parquet(root / name) for root in (folder, whole)))
    assert not list((folder / parts).iterdir())


def test_one_more_seed_measures_that_seed_only(tmp_path):
    """Those that are there stay, bit for bit, and it is as if all had been measured at once."""
    before = 1
    folder, name = copy_of_the_study(tmp_path), "results/bss2/tau_2d"
    tables = ("round_0/observations", "round_1/observations", "samples", "predictive")

    def measured(seeds, *more):
        """Tables, the numbers of measurements of every job, and what was said."""
        goals = (f"{name}/samples.parquet", f"{name}/predictive.parquet")
        done = snakemake(folder, *options(folder, "tau_2d", seeds, *more), "--", *goals)
        words = done.stdout + done.stderr
        assert done.returncode == 0, words
        found = {table: pd.read_parquet(folder / name / f"{table}.parquet") for table in tables}
        return found, counts_of(words), words

    first, counts, words = measured(before)
    assert counts == sorted([20, 20 * before, 20 * before, 20 * before])  # the target has 20
    more, counts, words = measured(before + 1)
    assert counts == [20, 20, 20]
    assert "Measuring round 0 of tau_2d on bss2, about 0 s of chip time" in words
    log = folder / "results/logs/train_round/bss2_tau_2d_1.log"
    stayed = ", ".join(map(str, range(before)))
    assert f"seed {stayed} stay" in log.read_text()
    for table in tables:
        kept = more[table][more[table]["seed"] < before].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, first[table], check_exact=True)
    again, counts, words = measured(before + 1, "--forcerun", "measure_round")
    assert 20 * (before + 1) in counts
    for table in tables[:2]:
        pd.testing.assert_frame_equal(again[table], more[table])


def test_one_more_seed_stays_alone_where_rounds_are_one_job(tmp_path):
    folder, name = copy_of_the_study(tmp_path), "results/bss2/tau_2d"
    goal, tables = f"{name}/round_1/posterior.pt", [f"round_{r}/observations" for r in (0, 1)]

    def measured(seeds):
        """Tables, networks of the first seed, and the numbers of measurements of every job."""
        done = snakemake(folder, *options(folder, "tau_2d", seeds, "rounds_as=one_job"), "--", goal)
        words = done.stdout + done.stderr
        assert done.returncode == 0, words
        found = {table: pd.read_parquet(folder / name / f"{table}.parquet") for table in tables}
        return found, read_networks(folder / goal), counts_of(words), words

    first, networks, counts, words = measured(1)
    assert counts == [20, 20, 20]  # the target has 20
    assert "Inferring tau_2d in 2 rounds on bss2, about 1 s of chip time" in words
    more, both, counts, words = measured(2)
    assert counts == [20, 20]
    assert "Inferring tau_2d in 2 rounds on bss2, about 1 s of chip time" in words  # not 2 s
    assert "seed 0 stay" in (folder / "results/logs/run_rounds/bss2_tau_2d.log").read_text()
    for table in tables:
        assert more[table]["seed"].value_counts().to_dict() == {0: 20, 1: 20}
        pd.testing.assert_frame_equal(more[table][:20], first[table], check_exact=True)
    assert all(torch.equal(networks.state[key][0], both.state[key][0]) for key in both.state)
    cost = pd.read_parquet(folder / name / "cost.parquet")
    assert cost[["seed", "emulations"]].to_numpy().tolist() == [[0, 40], [1, 40]]
    fewer, _, counts, _ = measured(1)
    assert counts == []
    pd.testing.assert_frame_equal(fewer[tables[0]], first[tables[0]], check_exact=True)


def test_a_container_holds_the_jobs_that_touch_the_chip(tmp_path):
    """A command in the place of Apptainer that notes its image and runs what it is given."""
    folder = copy_of_the_study(tmp_path)
    (folder / "bss2.sif").write_text("")
    shim = folder / "bin/singularity"
    shim.parent.mkdir()
    shim.write_text(SHIM.format(python=sys.executable, log=folder / "images"))
    shim.chmod(0o755)
    image = f"bss2={{module: analog_sbi.chip.pynn, container: {folder / 'bss2.sif'}}}"
    done = snakemake(
        folder,
        "results/bss2/tau_2d/round_0/posterior.pt",
        "--cores",
        "2",
        *QUICK,
        "--sdm",
        "apptainer",
        "--config",
        "backend=bss2",
        image,
        path=shim.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    used = (folder / "images").read_text().splitlines()
    assert set(used) == {"bss2.sif"}
    assert len(used) == 3  # calibrate, measure_target, measure_round


SHIM = """#!{python}
import os, sys
if "--version" in sys.argv:
    print("apptainer version 1.3.0")
    sys.exit()
image = next(word for word in sys.argv if word.endswith(".sif"))
with open("{log}", "a") as log:
    print(os.path.basename(image), file=log)
command = sys.argv[sys.argv.index(image) + 1:]
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
os.execvp(command[0], command)
"""
