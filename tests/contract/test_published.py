"""Snakemake on files of the layout of the authors' deposit."""

from pathlib import Path

import pandas as pd
import pytest

from analog_sbi.artifacts import Maker, read_table
from analog_sbi.paper import given
from analog_sbi.paper import table as claims_table
from analog_sbi.paper.places import DEFAULT, folder
from analog_sbi.paper.registry import claims
from analog_sbi.published import beside
from analog_sbi.study import load
from tests.deposit import deposited
from tests.workflow import ROOT, snakemake

NAME = "attenuation_variations_511_511"


@pytest.fixture
def place(tmp_path, config) -> Path:
    """A folder with a deposit and the claims of a run that computed none."""
    (tmp_path / "deposit").mkdir()
    deposited(tmp_path / "deposit")
    none = beside.on_the_chip(claims(), given.claims_given(load(config), claims()), {})
    path = tmp_path / folder(DEFAULT) / "claims.parquet"
    path.parent.mkdir(parents=True)
    claims_table.write(none, path, Maker.of("collect_claims", {"key": "run"}))
    return tmp_path


def run(place: Path, *arguments: str) -> str:
    done = snakemake(place, "--snakefile", str(ROOT / "Snakefile"), "--cores", "1", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_target_adds_what_the_chip_says_and_writes_recorded_targets(place):
    alone = ("--rerun-triggers", "mtime", "--allowed-rules")
    rules = ("read_published", "read_recorded", "published")
    run(place, *alone, *rules, "--config", "data=deposit", "--", "published")
    both = read_table(place / "results/published/claims.parquet", beside.BOTH).set_index("id")
    assert pd.isna(both.loc["target-tau", "value"])
    assert both.loc["target-tau", beside.ON_THE_CHIP].startswith("1.")
    assert both.loc["target-tau", beside.HOLDS]
    assert pd.isna(both.loc["seven-all-marginals", beside.HOLDS])
    assert "| on the chip |" in (place / "results/published/claims.md").read_text()
    assert (place / f"results/published/targets/{NAME}.csv").is_file()


def test_a_recorded_target_needs_nothing_of_the_study(place):
    target = f"results/published/targets/{NAME}.csv"
    planned = run(place, "-n", "--config", "data=deposit", "--", target)
    counts = [line.split() for line in planned.splitlines()]
    assert ["read_recorded", "1"] in counts
    assert ["total", "1"] in counts
