"""Find the part of the prior that holds a posterior, from a survey of the prior.

Output: ``parameter``, ``low``, ``high``: the box that holds samples of a posterior which the
likelihood of the survey is flattened for, and a margin.
"""

from analog_sbi.jobs import job

import logging

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.features import read_observation
from analog_sbi.likelihood.estimate import dataset
from analog_sbi.likelihood.gaussian import Degrees
from analog_sbi.likelihood.likelihood import fit
from analog_sbi.likelihood.region import around, region_table
from analog_sbi.likelihood.sampling import generator
from analog_sbi.likelihood.walkers import Effort, Sampler
from analog_sbi.problem import Problem
from analog_sbi.tables.measurements import REGION


def main(
    *, problem: dict, seed: int, settings: dict, maker: Maker, survey: str, target: str, output: str
) -> None:
    """Sample the flattened posterior of the survey and put a box around it."""
    posed = Problem.from_plain(problem)
    known = dataset(read_table(survey), posed)
    degrees = Degrees(**settings["survey_degrees"])
    likelihood = fit(known.theta, known.x, posed.space, degrees, cells=1)
    walkers = Sampler(likelihood, Effort(**settings["short_chain"]), settings["temper"])
    samples, drawing = walkers.sample(
        read_observation(target, posed), settings["located"], generator(seed, posed, "locate")
    )
    logging.info("walkers: %s", drawing)
    region = around(samples, posed.space, settings["margin"])
    write_table(region_table(region), output, REGION, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            settings=snakemake.params.settings,
            survey=snakemake.input.survey,
            target=snakemake.input.target,
            output=snakemake.output[0],
            maker=maker,
        )
