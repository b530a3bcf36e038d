"""Posterior-predictive check: emulate the posterior samples of every seed.

Output: ``seed``, ``round``, heights and ``tau``, row by row as in the samples.
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
    samples_schema,
    units,
)


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    experiment: str,
    parameters: str,
    maker: Maker,
    calibration: str,
    samples: str,
    output: str,
) -> None:
    """Measure the posterior samples of an experiment."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names(parameters, device.length)
    table = read_table(samples, samples_schema(names))
    with counter(len(table), f"{experiment} predictive") as progress:
        heights = device.measure(
            calibrated,
            table[names].to_numpy(),
            generator(seed, backend, experiment, "check_predictive"),
            progress,
        )
    missing = int(np.isnan(heights).any(axis=(1, 2)).sum())
    if missing:
        logging.warning("%d of %d measurements are missing", missing, len(table))
    checked = measured(device, heights)
    checked[["seed", "round"]] = table[["seed", "round"]].to_numpy()
    schema = measurements_schema((), device.length, "seed", "round")
    write_table(
        checked,
        output,
        schema,
        maker,
        units(device, names),
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
            parameters=snakemake.params.parameters,
            calibration=snakemake.input.calibration,
            samples=snakemake.input.samples,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
