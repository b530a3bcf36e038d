"""Measure the speed of the study's parts against the obvious ways of doing the same.

Outputs: a row a comparison (``name``, ``ours_s``, ``theirs_s``, ``ratio`` with its range over the
repetitions, ``goal``, ``holds``), the same as text, and how cost grows with size.
"""

import logging
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch

from analog_sbi.artifacts import Maker, table_schema, write_table, write_text
from analog_sbi.benchmarks import inferring, measuring
from analog_sbi.benchmarks.report import as_text
from analog_sbi.benchmarks.timing import Row, seconds
from analog_sbi.inference.rounds import TrainingSettings
from analog_sbi.logs import job_log

NUMBERS = ("ours_s", "theirs_s", "ratio", "ratio_min", "ratio_max", "goal")
SCHEMA = table_schema(numbers=NUMBERS, strings=("name",), booleans=("holds",), nullable=True)
GROWTH = table_schema(numbers=("seconds",), integers=("size",), strings=("of",))


def figure_from_scratch(command: list[str], cores: int, goal: float) -> Row:
    """Time of Figure 3 in an empty folder against the longest time it may take."""
    with tempfile.TemporaryDirectory() as folder:
        taken = seconds(
            lambda: subprocess.run(
                [*command, "figure3", "--directory", folder, "--cores", str(cores), "--quiet"],
                check=True,
            )
        )
    ratio = goal / taken
    name = f"figure3 from scratch on {cores} cores / {goal:.0f} s"
    return Row(name, taken, goal, ratio, ratio, ratio, 1.0)


def main(
    *,
    chip: dict,
    simulator: dict,
    settings: dict,
    cores: int,
    command: list[str],
    maker: Maker,
    table: str,
    text: str,
    growth: str,
) -> None:
    """Run all comparisons and write their tables."""
    torch.set_num_threads(1)
    budget = settings["rounds"], settings["seeds"], settings["repetitions"]
    rounds, seeds, repetitions = budget
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        told = f"{row.name}: {row.ratio:.1f} x (goal {row.goal:g} x)"
        logging.info(told)
        print(told, file=sys.stderr, flush=True)

    add(measuring.emulation(chip, simulator, repetitions))
    add(measuring.fits(chip, repetitions))
    add(measuring.arbor_grid(simulator, cores, repetitions))
    for name, batch, copy_proposal, goal in (
        ("stock sbi", 50, True, 8.0),
        ("stock sbi without its deep copy", 50, False, float("nan")),
        ("stock sbi at batches of 200", 200, True, float("nan")),
    ):
        row = inferring.ten_seeds(
            f"{seeds} seeds of {rounds[0]} + {len(rounds) - 1} x {rounds[-1]} / {name}",
            chip,
            rounds=rounds,
            seeds=seeds,
            settings=TrainingSettings(batch_size=batch),
            goal=goal,
            copy_proposal=copy_proposal,
            progress=logging.info,
        )
        add(row)
    add(figure_from_scratch(command, cores, settings["figure3_seconds"]))
    frame = pd.DataFrame([asdict(row) | {"holds": row.holds} for row in rows])
    sizes = pd.concat(
        [
            measuring.growth(chip, settings["emulations"], settings["lengths"]),
            inferring.growth(chip, settings["together"], rounds[0]),
        ]
    )
    write_table(frame, table, SCHEMA, maker)
    write_text(as_text(frame, cores), text)
    write_table(sizes, growth, GROWTH, maker, {"seconds": "s"})


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            chip=snakemake.params.chip,
            simulator=snakemake.params.simulator,
            settings=snakemake.params.settings,
            cores=snakemake.threads,
            command=[
                str(Path(sys.executable).with_name("snakemake")),
                *("--snakefile", snakemake.params.snakefile),
            ],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            table=snakemake.output.table,
            text=snakemake.output.text,
            growth=snakemake.output.growth,
        )
