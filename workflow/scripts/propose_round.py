"""Propose the parameters that a round after the first measures, for all seeds.

Output: parameters and ``seed``, drawn from the posteriors of the round before, given the target.
Seeds stay that would be proposed from the same networks (``members``).
"""

from analog_sbi.jobs import job

import torch

from analog_sbi import members
from analog_sbi.algorithms import load
from analog_sbi.algorithms.running import Streams, as_table, propose
from analog_sbi.artifacts import Maker, write_table
from analog_sbi.posterior import read_networks
from analog_sbi.posterior.networks import states
from analog_sbi.problem import expect_same, problem_of
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    algorithm: str,
    problem: dict,
    round: int,
    budget: int,
    seeds: int,
    max_draws: int,
    maker: Maker,
    region: str | None,
    posterior: str,
    output: str,
) -> None:
    """Propose ``budget`` parameter sets for each of ``seeds`` seeds."""
    torch.set_num_threads(1)
    posed = problem_of(problem, region)
    networks = read_networks(posterior)
    expect_same(posed.key, networks.problem.key, posterior)
    streams = Streams(seed, backend, name, tuple(range(seeds)))
    proposed = propose(load(algorithm), posed, networks, budget, streams, round, max_draws)
    table = as_table(proposed, posed.parameters, streams.seeds)
    digests = {
        number: members.digest(*state.values()) for number, state in states(networks).items()
    }
    write_table(
        members.kept(table, output, maker.of_a_seed, digests),
        output,
        parameters_schema(posed.parameters, "seed"),
        maker,
        posed.space.unit_of,
        problem=posed.key,
        **{members.ENTRY: members.plain(digests)},
    )


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            algorithm=snakemake.params.algorithm,
            problem=snakemake.params.problem,
            round=int(snakemake.wildcards.round),
            budget=snakemake.params.budget,
            seeds=snakemake.params.seeds,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            region=snakemake.input.get("region") or None,
            posterior=snakemake.input.posterior,
            output=snakemake.output[0],
        )
