"""Evaluate a reference posterior density over the plane of two parameters.

Output: the parameters and ``log_prob`` at the centres of the grid that the densities of
experiments have; -inf where there is no mass.
"""

from analog_sbi.jobs import job

import pandas as pd

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.features import read_observation
from analog_sbi.likelihood.estimate import Settings, estimate, read_measurements
from analog_sbi.likelihood.plane import log_density
from analog_sbi.likelihood.region import read_region
from analog_sbi.problem import Problem
from analog_sbi.tables.posteriors import density_schema


def main(
    *,
    problem: dict,
    settings: dict,
    steps: int,
    maker: Maker,
    target: str,
    region: str,
    emulations: str,
    output: str,
) -> None:
    """Evaluate the density at ``steps`` x ``steps`` points of the prior."""
    posed = Problem.from_plain(problem)
    names = posed.parameters
    used, _ = read_measurements(emulations, posed, settings["draws"])
    likelihood = estimate(used, read_region(region, posed.space), Settings.of(settings))
    theta = posed.space.cells(steps)
    density = log_density(likelihood, read_observation(target, posed), theta)
    table = pd.DataFrame(theta, columns=names).assign(log_prob=density)
    write_table(table, output, density_schema(names), maker, posed.space.unit_of, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            settings=snakemake.params.settings,
            steps=snakemake.params.steps,
            target=snakemake.input.target,
            region=snakemake.input.region,
            emulations=snakemake.input.emulations,
            output=snakemake.output[0],
            maker=maker,
        )
