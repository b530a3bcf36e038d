"""Test whether the targets of an experiment are observations that the prior can produce.

Output: ``target``, ``method``, ``p_value`` and ``misspecified``. The first round's observations
of all seeds are the prior predictive.
"""

from analog_sbi.jobs import job

import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.diagnostics.misspecification import SCHEMA, check
from analog_sbi.features import feature_values, read_observation
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator, integer_seed


def main(
    *,
    problem: dict,
    seed: int,
    experiment: str,
    compared: int,
    alpha: float,
    names: list[str],
    maker: Maker,
    observations: str,
    targets: list[str],
    output: str,
) -> None:
    """Test the mean of each target's trials at level ``alpha``."""
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    purpose = (posed.setup.backend, experiment, "check_misspecification")
    known = feature_values(read_table(observations), posed)
    table = check(
        generator(seed, *purpose).permutation(known),
        {name: read_observation(path, posed) for name, path in zip(names, targets, strict=True)},
        posed.features,
        compared=compared,
        alpha=alpha,
        seed=integer_seed(seed, *purpose),
    )
    write_table(table, output, SCHEMA, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            compared=snakemake.params.compared,
            alpha=snakemake.params.alpha,
            names=snakemake.params.names,
            maker=maker,
            observations=snakemake.input.observations,
            targets=list(snakemake.input.targets),
            output=snakemake.output[0],
        )
