"""Test whether the targets of an experiment are observations that the prior can produce.

Output: ``target``, ``method``, ``p_value`` and ``misspecified``. The first round's observations
of all seeds are the prior predictive.
"""

import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.checks.misspecification import SCHEMA, check
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables import read_observation


def main(
    *,
    backend: str,
    length: int,
    seed: int,
    experiment: str,
    observable: str,
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
    features = feature_names(observable, length)
    purpose = (backend, experiment, "check_misspecification")
    known = read_table(observations)[features].to_numpy()
    asked = {
        name: read_observation(path, length, observable)
        for name, path in zip(names, targets, strict=True)
    }
    found = check(
        generator(seed, *purpose).permutation(known),
        asked,
        compared=compared,
        alpha=alpha,
        seed=integer_seed(seed, *purpose),
    )
    write_table(found, output, SCHEMA, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            length=snakemake.params.length,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            observable=snakemake.params.observable,
            compared=snakemake.params.settings["compared"],
            alpha=snakemake.params.settings["alpha"],
            names=snakemake.params.names,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            observations=snakemake.input.observations,
            targets=list(snakemake.input.targets),
            output=snakemake.output[0],
        )
