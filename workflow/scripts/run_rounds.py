"""Infer: propose, measure and learn in all rounds of an experiment.

Outputs: of each round its parameters with ``seed``, row by row its observations, and the posteriors
of all seeds as plain data, with the numbers that a job for each step gives; and what each seed
cost. The cost is measured, so that only this table differs between equal runs. Seeds that are in
all of these already stay (``members``).
"""

from analog_sbi.jobs import job

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from analog_sbi import members
from analog_sbi.algorithms import load
from analog_sbi.algorithms.earlier import continued, earlier
from analog_sbi.algorithms.running import Cost, Streams, run
from analog_sbi.algorithms.task import pose
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import Setup, make
from analog_sbi.features import read_observation
from analog_sbi.logs import counter, epoch_counter
from analog_sbi.measuring import Measurements, accept, measure_members
from analog_sbi.posterior import write
from analog_sbi.problem import problem_of
from analog_sbi.provenance import file_digest
from analog_sbi.tables.measurements import CALIBRATION, as_written, parameters_schema
from analog_sbi.tables.posteriors import COST


def main(
    *,
    setup: dict,
    infrastructure: dict,
    seed: int,
    name: str,
    algorithm: str,
    problem: dict,
    observables: list[str],
    rounds: list[int],
    seeds: int,
    estimator: dict,
    inference: dict,
    trainer: str,
    maker: Maker,
    calibration: str,
    region: str | None,
    target: str,
    output_parameters: list[str],
    output_observations: list[str],
    output_posteriors: list[str],
    output_cost: str,
) -> None:
    """Run ``algorithm`` with the measurements of all its rounds for each seed."""
    torch.set_num_threads(1)
    where, posed = Setup(**setup), problem_of(problem, region)
    backend = make(where, infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    task = pose(
        posed,
        read_observation(target, posed),
        rounds=rounds,
        seeds=seeds,
        estimator=estimator,
        inference=inference,
        trainer=trainer,
    )
    files = list(zip(output_parameters, output_observations, output_posteriors, strict=True))
    given = filter(None, (calibration, target, region))
    digest = members.digest(*map(file_digest, given))
    digests = dict.fromkeys(task.seeds, digest)
    every = [output_cost, *(path for paths in files for path in paths)]
    staying = members.stay_in_all(every, maker.of_a_seed, digests)
    before, costs = [], []
    if staying:
        logging.info("%s: seed %s stay", name, ", ".join(map(str, sorted(staying))))
        before = [earlier(number, *paths, staying) for number, paths in enumerate(files)]
        costs = [read_table(output_cost, COST).query("seed in @staying")]
    # A run that is killed leaves rounds of different runs, which must not stay beside one another.
    Path(output_cost).unlink(missing_ok=True)
    task = replace(task, seeds=tuple(number for number in task.seeds if number not in staying))
    seeds = len(task.seeds)
    streams = Streams(seed, where.backend, name, task.seeds)
    cost = Cost(np.zeros(seeds, dtype=np.int64))
    names, key, entry = posed.parameters, posed.key, {members.ENTRY: members.plain(digests)}
    sequential = len(rounds) > 1
    with counter(seeds * task.budget, name) as progress:

        def measured(
            theta: Sequence[np.ndarray], random: Sequence[np.random.Generator]
        ) -> Measurements:
            return measure_members(
                backend,
                where.model,
                calibrated,
                theta,
                posed.parameterization,
                observables,
                random,
                progress,
            )

        def epochs(number: int) -> AbstractContextManager:
            return epoch_counter(f"{name} round {number}", seeds) if sequential else nullcontext()

        new = run(load(algorithm), task, streams, measured, epochs, cost) if seeds else ()
        for part in continued(before, new):
            schema = parameters_schema(names, "seed")
            path, units = output_parameters[part.number], posed.space.unit_of
            write_table(part.parameters, path, schema, maker, units, problem=key, **entry)
            observations, schema = as_written(
                part.parameters, part.measurements.table, names, (), "double"
            )
            write_table(
                observations,
                output_observations[part.number],
                schema,
                maker,
                part.measurements.units,
                missing=part.measurements.missing,
                provenance=backend.provenance(calibrated),
                problem=key,
                **entry,
            )
            write(part.posterior, output_posteriors[part.number], maker, **entry)
            history = dict(zip(part.posterior.seeds, part.posterior.history, strict=True))
    if seeds:
        of_new = {
            "seed": np.array(task.seeds, dtype=np.int64),
            "emulations": cost.measurements,
            "emulating_s": cost.measuring_s / seeds,
            "thinking_s": cost.thinking_s / seeds,
            "blind": [bool(history[number].get("blind", False)) for number in task.seeds],
        }
        costs.append(pd.DataFrame(of_new))
    table = pd.concat(costs, ignore_index=True).sort_values("seed", ignore_index=True)
    write_table(table, output_cost, COST, maker, problem=key, **entry)
    accept(backend)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {})
            | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            algorithm=snakemake.params.algorithm,
            problem=snakemake.params.problem,
            observables=snakemake.params.observables,
            rounds=snakemake.params.rounds,
            seeds=snakemake.params.seeds,
            estimator=snakemake.params.estimator,
            inference=snakemake.params.inference,
            trainer=snakemake.params.trainer,
            maker=maker,
            calibration=snakemake.input.calibration,
            region=snakemake.input.get("region") or None,
            target=snakemake.input.target,
            output_parameters=list(snakemake.output.parameters),
            output_observations=list(snakemake.output.observations),
            output_posteriors=list(snakemake.output.posteriors),
            output_cost=snakemake.output.cost,
        )
