"""Draw posterior samples given several trials of the target one by one, for every seed.

Output: parameters with ``seed``, ``trials`` (how many were given) and ``worth``, the number of
independent samples that those of a seed are worth. Samples are drawn again from weighted ones.
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.dataset import unstack_seeds
from analog_sbi.features import complete_trials
from analog_sbi.posterior import read
from analog_sbi.posterior.repeated import given_trials
from analog_sbi.problem import expect_same
from analog_sbi.randomness import integer_seed
from analog_sbi.tables.posteriors import trials_schema


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    samples: int,
    numbers: list[int],
    problem: str,
    maker: Maker,
    posterior: str,
    trials: str,
    output: str,
) -> None:
    """Draw ``samples`` of each seed given the first trials, for each of ``numbers``."""
    torch.set_num_threads(1)
    known = read(posterior)
    expect_same(problem, known.problem.key, posterior)
    parts = []
    for number in numbers:
        x = complete_trials(trials, known.problem, number)
        seeds = [integer_seed(seed, backend, name, "sample_trials", number, s) for s in known.seeds]
        theta, _, worth = given_trials(known, x, samples, seeds)
        table = unstack_seeds(theta.double().numpy(), known.problem.parameters, known.seeds)
        parts.append(table.assign(trials=np.int64(number), worth=np.repeat(worth, samples)))
    table, schema = pd.concat(parts, ignore_index=True), trials_schema(known.problem.parameters)
    write_table(table, output, schema, maker, problem=problem)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            samples=snakemake.params.samples,
            numbers=snakemake.params.numbers,
            problem=snakemake.params.problem,
            maker=maker,
            posterior=snakemake.input.posteriors[-1],
            trials=snakemake.input.trials,
            output=snakemake.output[0],
        )
