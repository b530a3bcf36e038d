"""Train the posterior of every seed on all rounds so far.

Output: the posteriors of all seeds as plain data.
"""

import torch

from analog_sbi.algorithms import load
from analog_sbi.algorithms.running import Streams, as_dataset, train
from analog_sbi.algorithms.task import pose
from analog_sbi.artifacts import Maker, read_table
from analog_sbi.features import read_observation
from analog_sbi.jobs import job
from analog_sbi.logs import epoch_counter
from analog_sbi.posterior import read_networks, write
from analog_sbi.problem import Problem, expect_same
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    algorithm: str,
    problem: dict,
    rounds: list[int],
    seeds: int,
    estimator: dict,
    inference: dict,
    trainer: str,
    maker: Maker,
    parameters: list[str],
    observations: list[str],
    previous: str | None,
    target: str,
    output: str,
) -> None:
    """Train on the tables of all rounds, going on from the posterior ``previous``."""
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    task = pose(
        posed,
        read_observation(target, posed),
        rounds=rounds,
        seeds=seeds,
        estimator=estimator,
        inference=inference,
        trainer=trainer,
    )
    networks = read_networks(previous) if previous else None
    if networks is not None:
        expect_same(posed.key, networks.problem.key, str(previous))
    schema = parameters_schema(posed.parameters, "seed")
    data = [
        as_dataset(read_table(theta, schema), read_table(x), posed)
        for theta, x in zip(parameters, observations, strict=True)
    ]
    streams = Streams(seed, backend, name, task.seeds)
    with epoch_counter(f"{name} round {len(data) - 1}", seeds) as progress:
        posterior = train(load(algorithm), task, data, networks, streams, progress)
    write(posterior, output, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            algorithm=snakemake.params.algorithm,
            problem=snakemake.params.problem,
            rounds=snakemake.params.rounds,
            seeds=snakemake.params.seeds,
            estimator=snakemake.params.estimator,
            inference=snakemake.params.inference,
            trainer=snakemake.params.trainer,
            parameters=list(snakemake.input.parameters),
            observations=list(snakemake.input.observations),
            previous=snakemake.input.get("previous") or None,
            target=snakemake.input.target,
            output=snakemake.output[0],
            maker=maker,
        )
