"""What the report is planned from, by the target that asks for it."""

import re

import pytest

from analog_sbi.paper.registry import figures
from tests.workflow import copy_of_the_study, snakemake


@pytest.mark.parametrize("goal", ["report", "crate", "results/crate.zip"])
def test_the_report_of_a_fresh_study_has_every_figure_of_the_paper(tmp_path, goal):
    folder = copy_of_the_study(tmp_path)
    done = snakemake(folder, "--dag", "--", goal)
    assert done.returncode == 0, done.stderr
    rule = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)', done.stdout, re.MULTILINE))
    arrows = re.findall(r"^\s*(\d+) -> (\d+)", done.stdout, re.MULTILINE)
    before = {rule[start] for start, end in arrows if rule[end] == "write_report"}
    numbered = {f"plot_{figure.name}" for figure in figures().values() if figure.number}
    assert numbered | {"check_claims"} <= before
