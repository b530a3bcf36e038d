"""Repair the networks of all seeds with the measurements that they were trained on.

Output: the repaired posteriors as plain data, with the networks in them.
"""

from analog_sbi.jobs import job

import torch

from analog_sbi.algorithms.running import as_dataset
from analog_sbi.artifacts import Maker, read_table
from analog_sbi.dataset import joined
from analog_sbi.posterior import read_networks, write
from analog_sbi.problem import expect_same
from analog_sbi.remedies.repairing import repair
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    problem: str,
    remedy: str,
    seed: int,
    max_draws: int,
    maker: Maker,
    posterior: str,
    parameters: list[str],
    observations: list[str],
    output: str,
) -> None:
    """Repair ``posterior`` by a remedy with the tables of all rounds up to its own.

    ``problem`` is the key of the problem that it has to be of.
    """
    torch.set_num_threads(1)
    networks = read_networks(posterior)
    expect_same(problem, networks.problem.key, posterior)
    schema = parameters_schema(networks.problem.parameters, "seed")
    rounds = [
        as_dataset(read_table(theta, schema), read_table(x), networks.problem)
        for theta, x in zip(parameters, observations, strict=True)
    ]
    whole = joined(rounds)
    data = [whole.of("seed", s) for s in networks.seeds]
    write(repair(remedy, networks, data, seed, max_draws), output, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            remedy=snakemake.params.remedy,
            seed=snakemake.params.seed,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            posterior=snakemake.input.posterior,
            parameters=list(snakemake.input.parameters),
            observations=list(snakemake.input.observations),
            output=snakemake.output[0],
        )
