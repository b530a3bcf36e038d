"""What docs/extend.md says is done, from the page, in a copy of the study that then runs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.workflow import QUICK, ROOT, copy_of_the_study, environment, snakemake

LONGEST = 40  # lines of an example
OVERLAYS = ("cable.yaml", "membrane.yaml", "halves.yaml", "zuko_nice.yaml", "best.yaml")
ADDED = ("cable", "zuko_nice", "kalman", "best")
CHECKED = {
    "test_backends.py": ("signals_have", "every_parameterization", "equal_generators", "refused"),
    "test_estimators.py": ("densities", "inverse", "saved", "called_blind"),
    "test_algorithms.py": ("budget", "about_right", "file_gives", "sbi_gets"),
    "test_remedies.py": ("seeds_are", "within_the_bounds", "file_gives", "answers_other"),
}
"""Tests of the contract suites that are run for what is added, by words in their names."""


def sections() -> dict[str, list[tuple[str, str]]]:
    """Blocks of code of the page, each kind and text, by heading."""
    page = (ROOT / "docs/extend.md").read_text()
    parts = re.split(r"^## (.*)$", page, flags=re.MULTILINE)
    blocks = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return {
        heading: blocks.findall(text)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def name_of(block: str) -> str:
    """Name of the file of a block, which is a comment in its first line."""
    named = re.match(r"# (\S+\.(?:py|yaml))\n", block)
    assert named, f"no file name in {block[:60]!r}"
    return named.group(1)


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the study with all that the page adds."""
    folder = copy_of_the_study(tmp_path_factory.mktemp("extended"))
    for blocks in sections().values():
        for kind, text in blocks:
            if kind == "diff":
                command = ["git", "apply", "--recount", "-"]
                done = subprocess.run(
                    command, cwd=folder, input=text, text=True, capture_output=True, check=False
                )
                assert done.returncode == 0, done.stderr + text
            else:
                path = folder / name_of(text)
                assert not path.exists(), path
                path.write_text(text.partition("\n")[2])
    return folder


@pytest.fixture(scope="module")
def ran(extended) -> Path:
    """The same after a run of everything on small budgets."""
    goals = (
        "reciprocity",
        "results/cable/halves/samples.parquet",
        "results/cable/area/round_1/posterior.pt",
        "results/cable/mended/samples.parquet",
        "results/function/step/round_1/posterior.pt",
    )
    done = snakemake(extended, *goals, "--cores", "2", *QUICK, *OVERLAYS)
    assert done.returncode == 0, done.stdout + done.stderr
    return extended


def test_examples_are_short():
    for heading, blocks in sections().items():
        assert blocks, heading
        for _, text in blocks:
            assert text.count("\n") <= LONGEST, heading


def test_contract_suites_take_what_is_added(extended):
    words = " or ".join(word for part in CHECKED.values() for word in part)
    names = " or ".join(ADDED)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=0"]
    command += [f"tests/contract/{name}" for name in CHECKED]
    own = environment(extended)
    own["PYTHONPATH"] = os.pathsep.join((own["PYTHONPATH"], str(ROOT)))
    done = subprocess.run(
        [*command, "-k", f"({names}) and ({words})"],
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed.group(1)) >= 16


def test_the_backend_measures_the_observable_of_traces_with_the_family(ran):
    networks = posterior_of(ran / "results/cable/area/round_1/posterior.pt")
    assert networks["estimator"]["family"] == "zuko_nice"
    assert networks["problem"]["setup"]["settings"]["noise"] == 0.2
    assert networks["problem"]["features"] == [f"area_{i}" for i in range(4)]
    assert networks["problem"]["units"] == ["mV ms"] * 4


def test_the_parameterization_is_inferred_by_the_algorithm(ran):
    samples = pd.read_parquet(ran / "results/cable/halves/samples.parquet")
    assert {"g_leak_near", "g_leak_far", "g_axial"} <= set(samples)
    saved = posterior_of(ran / "results/cable/halves/round_0/posterior.pt")
    assert saved["problem"]["features"] == ["r_1", "r_2", "r_3"]
    assert saved["kind"] == "particles"


def test_the_networks_are_repaired(ran):
    trained, repaired = (
        posterior_of(ran / f"results/cable/mended/round_0/{name}.pt")
        for name in ("posterior", "repaired")
    )
    best = min(trained["history"], key=lambda history: history["best_validation_loss"])
    assert repaired["kind"] == "pooled"
    assert repaired["history"] == [best]
    assert pd.read_parquet(ran / "results/cable/mended/samples.parquet")["seed"].unique() == [0]


def test_the_model_in_a_file_is_inferred(ran):
    networks = posterior_of(ran / "results/function/step/round_1/posterior.pt")
    assert networks["problem"]["features"] == ["early", "late"]
    assert networks["problem"]["prior"]["names"] == ["resistance", "tau"]


def test_the_figure_is_drawn_and_the_claim_decided(ran):
    assert (ran / "results/cable/figures/reciprocity.png").stat().st_size > 1000
    claims = pd.read_parquet(ran / "results/cable/claims/reciprocity.parquet")
    assert claims["id"].tolist() == ["reciprocity"]
    assert claims["holds"].all()
    assert claims["criterion"].tolist() == ["mean h_ij / h_ji, every pair, in [0.9, 1.1]"]


def posterior_of(path: Path) -> dict:
    """Plain data of a posterior."""
    return torch.load(path, weights_only=True)


def test_what_is_generated_of_the_configuration_does_not_change(extended):
    code = (
        "import json; from pathlib import Path; from analog_sbi.study import generated; "
        "print(json.dumps(generated.contents(Path('config'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=extended,
        env=environment(extended),
        capture_output=True,
        text=True,
        check=True,
    )
    for name, content in json.loads(done.stdout).items():
        assert content == (ROOT / "config" / name).read_text(), name


WRONG = {
    "cabel: {noise: 1}": "cabel: unknown key",
    "experiments: {area: {algorithm: kalmann}}": "did you mean kalman?",
    "experiments: {area: {estimator: {family: zuko_nise}}}": "did you mean zuko_nice?",
    "experiments: {area: {observable: areas}}": "did you mean area?",
    "experiments: {mended: {repair: bset}}": "did you mean best?",
    "experiment: adex_two": "backend cable: expected a model it measures (chain)",
    "experiment: area": "no error",
}
REFUSED = """
import sys, yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config
from analog_sbi.errors import StudyError
from analog_sbi.study import load, posing

for wrong in sys.stdin.read().splitlines():
    config = load_configfile("config/config.yaml")
    for path in sys.argv[1:]:
        update_config(config, load_configfile(path))
    update_config(config, yaml.safe_load(wrong))
    try:
        posing.check(load(config))
        print("no error")
    except StudyError as error:
        print(error)
"""


def test_what_is_added_is_named_in_messages(extended):
    done = subprocess.run(
        [sys.executable, "-c", REFUSED, QUICK[1], *OVERLAYS],
        cwd=extended,
        env=environment(extended),
        input="\n".join(WRONG),
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.splitlines()
    for line, expected in zip(told, WRONG.values(), strict=True):
        assert expected in line
