"""Emulate the parameters that a round proposes, for all seeds of an experiment.

Outputs: the parameters with their ``seed``, and, row by row, ``seed``, heights and ``tau``.
"""

import logging

import numpy as np

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import counter, job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import (
    CALIBRATION,
    measured,
    measurements_schema,
    parameters_schema,
    units,
)


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    experiment: str,
    round: int,
    parameters: str,
    maker: Maker,
    calibration: str,
    proposed: str,
    output_parameters: str,
    output_observations: str,
) -> None:
    """Measure the proposed parameters of one round."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names(parameters, device.length)
    table = read_table(proposed, parameters_schema(names, "seed"))
    with counter(len(table), f"{experiment} round {round}") as progress:
        heights = device.measure(
            calibrated,
            table[names].to_numpy(),
            generator(seed, backend, experiment, round, "measure_round"),
            progress,
        )
    missing = int(np.isnan(heights).any(axis=(1, 2)).sum())
    if missing:
        logging.warning("%d of %d measurements are missing", missing, len(table))
    observations = measured(device, heights).assign(seed=table["seed"].to_numpy())
    of_units = units(device, names)
    write_table(table, output_parameters, parameters_schema(names, "seed"), maker, of_units)
    write_table(
        observations,
        output_observations,
        measurements_schema((), device.length, "seed"),
        maker,
        of_units,
        missing=missing,
        provenance=device.provenance(calibrated),
    )


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            round=int(snakemake.wildcards.round),
            parameters=snakemake.params.parameters,
            calibration=snakemake.input.calibration,
            proposed=snakemake.input.proposed,
            output_parameters=snakemake.output.parameters,
            output_observations=snakemake.output.observations,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
