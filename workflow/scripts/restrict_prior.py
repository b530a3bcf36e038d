"""Restrict the prior of an experiment to where runs are valid, as its model says.

Outputs: the region as plain data, which is a part of the experiment's problem from here on, and
what became of the prior as a table of one row (see ``tables.posteriors.RESTRICTION``).
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.logs import announce
from analog_sbi.models import load
from analog_sbi.problem import Problem, write_region
from analog_sbi.randomness import integer_seed
from analog_sbi.restricted import Restricted, in_words
from analog_sbi.restricting import learn
from analog_sbi.tables.posteriors import RESTRICTION


def main(
    *,
    name: str,
    problem: dict,
    measurements: str,
    maker: Maker,
    output_region: str,
    output_table: str,
) -> None:
    """Learn the region from ``measurements`` over the whole prior."""
    torch.set_num_threads(1)
    posed, table = Problem.from_plain(problem), read_table(measurements)
    prior, valid = posed.prior, load(posed.setup.model).valid
    assert isinstance(prior, Restricted), "an experiment with a restriction has such a prior"
    assert valid is not None, "a model without is refused where the problem is posed"
    theta = table[list(posed.parameters)].to_numpy()
    found = valid({need: np.asarray(table[need]) for need in valid.needs})
    seed = integer_seed(prior.settings["seed"], posed.setup.backend, name, "restrict_prior")
    region = learn(prior, theta, found, seed)
    announce(f"{name}: valid runs {valid.words}: {in_words(region)}")
    write_region(region, posed.key, output_region, maker)
    row = {**region.history, "kept": region.share, "threshold": region.threshold}
    write_table(pd.DataFrame([row]), output_table, RESTRICTION, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            name=snakemake.wildcards.experiment,
            problem=snakemake.params.problem,
            measurements=snakemake.input[0],
            maker=maker,
            output_region=snakemake.output.region,
            output_table=snakemake.output.table,
        )
