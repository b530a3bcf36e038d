"""Estimate the error of a reference posterior.

Doubling the effort, simulation-based coverage, repeated measurements at posterior samples, and
samples by rejection.
Output: ``quantity``, ``value``, ``meaning``.
"""

from analog_sbi.jobs import job

import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.features import read_observation
from analog_sbi.likelihood import error, quantities
from analog_sbi.likelihood.estimate import Settings, read_measurements, read_repeats
from analog_sbi.likelihood.quantities import QUANTITIES
from analog_sbi.likelihood.region import read_region
from analog_sbi.problem import Problem
from analog_sbi.tables.measurements import parameters_schema


def main(
    *, problem: dict, seed: int, settings: dict, maker: Maker, tables: dict[str, str], output: str
) -> None:
    """Estimate the likelihood anew, and from halves of the measurements, and compare."""
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    names = list(posed.parameters)
    used, held = read_measurements(tables["emulations"], posed, settings["draws"])
    points, repeats = read_repeats(tables["repeats"], posed)
    evidence = error.Evidence(
        used=used,
        held=held,
        region=read_region(tables["region"], posed.space),
        samples=read_table(tables["samples"], parameters_schema(names))[names].to_numpy(),
        points=points,
        repeats=repeats,
        x=read_observation(tables["target"], posed),
    )
    errors = error.errors(posed, evidence, Settings.of(settings), error.Effort.of(settings), seed)
    known = read_table(tables["sampling"], QUANTITIES)
    table = pd.concat([quantities.table(errors), known], ignore_index=True)
    write_table(table, output, QUANTITIES, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            settings=snakemake.params.settings,
            tables=dict(snakemake.input.items()),
            output=snakemake.output[0],
            maker=maker,
        )
