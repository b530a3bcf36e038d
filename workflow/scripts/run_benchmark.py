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

from analog_sbi.artifacts import Maker, write_table, write_text
from analog_sbi.backends import Setup
from analog_sbi.benchmarks import measuring, neurons, spiking, training
from analog_sbi.benchmarks.report import GROWTH, SCHEMA, as_text
from analog_sbi.benchmarks.timing import Row, against, seconds
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.logs import job_log
from analog_sbi.problem import Problem

MAF = EstimatorSettings(transforms=5, hidden=10)
OTHER = EstimatorSettings(family="zuko_nsf", transforms=5, hidden=10)
NONE = float("nan")  # a goal of what is only told


def figure_from_scratch(command: list[str], cores: int, goal: float) -> Row:
    """Time of Figure 3 in an empty folder against the longest time it may take."""
    with tempfile.TemporaryDirectory() as folder:
        taken = seconds(
            lambda: subprocess.run(
                [*command, "figure3", "--directory", folder, "--cores", str(cores), "--quiet"],
                check=True,
            )
        )
    return against(f"figure3 from scratch on {cores} cores", [taken], goal)


def main(
    *,
    problem: dict,
    simulator: dict,
    settings: dict,
    cores: int,
    command: list[str],
    maker: Maker,
    table: str,
    text: str,
    growth: str,
) -> None:
    """Run all comparisons, of a problem on the chip's model, and write their tables.

    ``simulator`` is the setup of Arbor, ``command`` that of Snakemake for this study.
    """
    torch.set_num_threads(1)
    posed, arbor = Problem.from_plain(problem), Setup(**simulator)
    rounds, seeds, repetitions = (settings[key] for key in ("rounds", "seeds", "repetitions"))
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        message = f"{row.name}: {row.ratio:.1f} x (goal {row.goal:g} x)"
        logging.info(message)
        print(message, file=sys.stderr, flush=True)

    add(measuring.batch(posed, arbor, repetitions))
    add(measuring.fits(posed, repetitions))
    add(measuring.arbor_grid(posed, arbor, cores, repetitions))
    add(spiking.millisecond(repetitions))
    neuron = Setup(posed.setup.backend, "adex", posed.setup.settings)
    add(neurons.runs(neuron, repetitions))
    add(neurons.runs(neuron, repetitions, neurons.DEFAULT_STEP_MS, goal=NONE))
    add(neurons.training_runs(neuron, repetitions))
    alike, alike_splines = training.FIRST_EPOCHS, training.FIRST_EPOCHS_OF_SPLINES
    for name, estimator, batch, copy_proposal, goal, compared in (
        ("stock sbi", MAF, 50, True, 8.0, alike),
        ("stock sbi without its deep copy", MAF, 50, False, NONE, alike),
        ("stock sbi at batches of 200", MAF, 200, True, NONE, alike),
        (f"stock sbi, {OTHER.family}", OTHER, 50, True, 2.0, alike_splines),
    ):
        add(
            training.many_seeds(
                f"{seeds} seeds of {rounds[0]} + {len(rounds) - 1} x {rounds[-1]} / {name}",
                posed,
                training.Task(
                    rounds,
                    seeds,
                    estimator,
                    TrainingSettings(batch_size=batch),
                    compared,
                ),
                goal=goal,
                copy_proposal=copy_proposal,
                progress=logging.info,
            )
        )
    add(figure_from_scratch(command, cores, settings["figure3_seconds"]))
    frame = pd.DataFrame([asdict(row) | {"holds": row.holds} for row in rows])
    sizes = pd.concat(
        [
            measuring.growth(posed, settings["emulations"], settings["lengths"]),
            training.growth(posed, MAF, settings["together"], rounds[0]),
        ]
    )
    write_table(frame, table, SCHEMA, maker)
    write_text(as_text(frame, cores), text, maker)
    write_table(sizes, growth, GROWTH, maker, {"seconds": "s"})


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            problem=snakemake.params.problem,
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
