"""Train the posterior of every seed on all rounds so far.

Output: the posteriors of all seeds as plain data. Of posteriors that are there already, seeds stay
that would be trained as they were (``members``).
"""

from analog_sbi.jobs import job

import logging
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import torch

from analog_sbi import members
from analog_sbi.algorithms import load
from analog_sbi.algorithms.running import Streams, as_dataset, train
from analog_sbi.algorithms.task import pose
from analog_sbi.artifacts import Maker, read_table
from analog_sbi.features import read_observation
from analog_sbi.logs import epoch_counter
from analog_sbi.posterior import Networks, Posterior, read_networks, write
from analog_sbi.posterior.joining import join
from analog_sbi.problem import expect_same, problem_of
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
    region: str | None,
    target: str,
    output: str,
) -> None:
    """Train on the tables of all rounds, going on from the posterior ``previous``."""
    torch.set_num_threads(1)
    posed = problem_of(problem, region)
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
    tables = [
        (read_table(theta, schema), read_table(x))
        for theta, x in zip(parameters, observations, strict=True)
    ]
    digests = _digests(tables, networks, task.seeds)
    staying = members.stay(output, maker.of_a_seed, digests)
    others = replace(task, seeds=tuple(n for n in task.seeds if n not in staying))
    parts: list[Posterior] = []
    if others.seeds:
        data = [as_dataset(theta, x, posed) for theta, x in tables]
        previous_of = None if networks is None else networks.of(others.seeds)
        streams = Streams(seed, backend, name, others.seeds)
        with epoch_counter(f"{name} round {len(data) - 1}", len(others.seeds)) as progress:
            parts.append(train(load(algorithm), others, data, previous_of, streams, progress))
    if staying:
        logging.info("%s: seed %s stay", output, ", ".join(map(str, sorted(staying))))
        parts.append(read_networks(output, replaced=True).of(sorted(staying)))
    write(join(parts), output, maker, **{members.ENTRY: members.plain(digests)})


def _digests(
    tables: list[tuple[pd.DataFrame, pd.DataFrame]], previous: Networks | None, seeds: Sequence[int]
) -> dict[int, str]:
    """Digest of what each seed is trained on and goes on from."""
    found = {}
    for number in seeds:
        rows = [table[table["seed"] == number] for pair in tables for table in pair]
        state = {} if previous is None else previous.of([number]).state
        found[number] = members.digest(*rows, *state.values())
    return found


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
            region=snakemake.input.get("region") or None,
            target=snakemake.input.target,
            output=snakemake.output[0],
            maker=maker,
        )
