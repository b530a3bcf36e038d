"""Train the posterior of every seed on all rounds so far and draw the next proposal.

Outputs: the posteriors of all seeds as plain data, and the parameters that the next round is to
emulate, drawn from them given the target (no rows after the last round).
"""

from importlib import import_module

import numpy as np
import torch

from analog_sbi.artifacts import Maker, read_plain, read_table, write_plain, write_table
from analog_sbi.backends import make
from analog_sbi.inference import TRAINERS
from analog_sbi.inference.posterior import from_plain, sample, to_plain
from analog_sbi.inference.rounds import RoundData, TrainingSettings
from analog_sbi.logs import epoch_counter, job_log
from analog_sbi.problem import posed
from analog_sbi.randomness import integer_seed
from analog_sbi.tables import (
    measurements_schema,
    parameters_schema,
    stack_seeds,
    unstack_seeds,
)


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    name: str,
    experiment: dict,
    inference: dict,
    training: str,
    proposals: int,
    maker: Maker,
    parameters: list[str],
    observations: list[str],
    previous: list[str],
    target: str,
    output_posterior: str,
    output_proposal: str,
) -> None:
    """Train on the tables of all rounds and propose ``proposals`` parameter sets a seed."""
    torch.set_num_threads(1)
    device = make(backend, settings)
    seeds = tuple(range(experiment["seeds"]))
    problem = posed(experiment, device, target, seeds)
    names, features = list(problem.parameters), list(problem.features)
    measured = measurements_schema((), device.length, "seed")
    rounds = [
        RoundData(
            stack_seeds(read_table(theta, parameters_schema(names, "seed")), names, seeds),
            stack_seeds(read_table(x, measured), features, seeds),
        )
        for theta, x in zip(parameters, observations, strict=True)
    ]
    number = len(rounds) - 1
    with epoch_counter(f"{name} round {number}", len(seeds)) as progress:
        posterior = import_module(TRAINERS[training]).train_round(
            rounds,
            from_plain(read_plain(previous[0])) if previous else None,
            problem=problem,
            settings=TrainingSettings.of(inference),
            seeds=[integer_seed(seed, "train_round", number, s) for s in seeds],
            max_missing=inference["max_missing"],
            progress=progress,
        )
    drawn, _ = sample(
        posterior,
        proposals,
        [integer_seed(seed, backend, name, number, "propose", s) for s in seeds],
        inference["max_draws"],
    )
    write_plain(to_plain(posterior), output_posterior)
    table = unstack_seeds(drawn.numpy().astype(np.float64), names, seeds)
    write_table(table, output_proposal, parameters_schema(names, "seed"), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            experiment=snakemake.params.experiment,
            inference=snakemake.params.inference,
            training=snakemake.params.training,
            proposals=snakemake.params.proposals,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            parameters=list(snakemake.input.parameters),
            observations=list(snakemake.input.observations),
            previous=list(snakemake.input.get("previous", [])),
            target=snakemake.input.target,
            output_posterior=snakemake.output.posterior,
            output_proposal=snakemake.output.proposal,
        )
