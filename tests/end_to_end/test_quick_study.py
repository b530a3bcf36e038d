"""The whole study on small budgets, as a user runs it."""

from pathlib import Path

import pandas as pd
import pytest

from analog_sbi.checks.register import CLAIMS
from tests.workflow import copy_of_the_study, planned, snakemake

QUICK = ("--configfile", "config/quick.yaml")


def run(folder: Path, *arguments: str, cores: int = 2) -> str:
    done = snakemake(folder, "--cores", str(cores), *arguments, *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tables(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "results").rglob("*.parquet"))
    }


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = copy_of_the_study(tmp_path_factory.mktemp("quick"))
    run(folder, "figure3")
    return folder


def test_it_ends_in_figure_and_table(study):
    assert (study / "results/figures/figure3.svg").stat().st_size > 10_000
    assert (study / "results/figures/figure3.png").stat().st_size > 10_000
    table = pd.read_parquet(study / "results/claims.parquet")
    assert list(table.columns) == ["id", "figure", "paper", "value", "criterion", "holds"]
    assert list(table["id"]) == [claim.id for claim in CLAIMS]
    of_figure = table[table["id"].str.match("grid|tau|first|target|membrane|synapse")]
    assert of_figure["holds"].notna().all()
    assert (study / "results/claims.md").read_text().startswith("# Claims")


def test_a_second_call_has_nothing_to_do(study):
    assert planned(study, "figure3", *QUICK) == {}


def test_every_rule_wrote_its_log(study):
    logs = list((study / "results/logs").rglob("*.log"))
    assert logs
    assert all("done" in log.read_text() for log in logs)


def test_equal_configurations_give_equal_tables_on_any_number_of_cores(study, tmp_path):
    again = copy_of_the_study(tmp_path)
    run(again, "figure3", cores=1)
    first, second = tables(study), tables(again)
    assert set(first) == set(second)
    differing = [name for name in first if first[name] != second[name]]
    assert differing == []
