"""Draw posterior samples given the target, for every seed.

Output: parameters, ``seed`` and ``round``.
"""

import logging

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, write_table
from analog_sbi.inference.posterior import from_plain, sample
from analog_sbi.logs import job_log
from analog_sbi.randomness import integer_seed
from analog_sbi.tables import parameters_schema, unstack_seeds


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    samples: int,
    max_draws: int,
    maker: Maker,
    posteriors: list[str],
    output: str,
) -> None:
    """Draw ``samples`` of each seed from each of the posteriors."""
    torch.set_num_threads(1)
    parts = []
    for path in posteriors:
        posterior = from_plain(read_plain(path))
        problem, number = posterior.problem, posterior.round
        seeds = [integer_seed(seed, backend, name, number, "sample", s) for s in problem.seeds]
        drawn, acceptance = sample(posterior, samples, seeds, max_draws)
        logging.info("round %d: acceptance rates %s", number, acceptance.tolist())
        table = unstack_seeds(drawn.numpy().astype(np.float64), problem.parameters, problem.seeds)
        parts.append(table.assign(round=np.int64(number)))
    schema = parameters_schema(problem.parameters, "seed", "round")
    write_table(pd.concat(parts, ignore_index=True), output, schema, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posteriors=list(snakemake.input.posteriors),
            output=snakemake.output[0],
        )
