"""Bring particles from the prior to a reference posterior, with repeated measurements.

Outputs: the parameters, a row a sample, with the ``run`` that found it; the features of one
measurement at each; and ``quantity``, ``value``, ``meaning`` of what is known about the error.
"""

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.features import read_observation
from analog_sbi.jobs import job
from analog_sbi.likelihood import quantities
from analog_sbi.likelihood.particles import Effort, errors, sample
from analog_sbi.likelihood.quantities import QUANTITIES
from analog_sbi.measuring import measure
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import CALIBRATION, measurements_schema, parameters_schema


def main(
    *,
    problem: dict,
    infrastructure: dict,
    seed: int,
    experiment: str,
    effort: dict,
    points: int,
    repeats: int,
    maker: Maker,
    calibration: str,
    target: str,
    output_samples: str,
    output_predictive: str,
    output_error: str,
) -> None:
    """Sample the posterior given the target, and measure at the samples."""
    posed, how = Problem.from_plain(problem), Effort(**effort)
    backend = make(posed.setup, infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    random = generator(seed, posed.setup.backend, experiment, "temper_reference")

    def measured(theta: np.ndarray) -> np.ndarray:
        found = measure(
            backend,
            posed.setup.model,
            calibrated,
            theta,
            posed.parameterization,
            [posed.observable],
            random,
        )
        return found.table[list(posed.features)].to_numpy()

    x = read_observation(target, posed)
    found = sample(measured, posed.prior, x, how, random)
    theta, run = np.concatenate(found.samples), np.repeat(np.arange(how.runs), how.particles)
    samples = pd.DataFrame(theta, columns=posed.parameters).assign(run=run)
    schema = parameters_schema(posed.parameters, "run")
    write_table(samples, output_samples, schema, maker, posed.space.unit_of, problem=posed.key)
    predictive = pd.DataFrame(measured(theta), columns=posed.features).assign(run=run)
    units = dict(zip(posed.features, posed.units, strict=True))
    measurements = measurements_schema((), posed.features, "run")
    write_table(predictive, output_predictive, measurements, maker, units, problem=posed.key)
    told = quantities.table(errors(found, measured, how, points, repeats, random))
    write_table(told, output_error, QUANTITIES, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {}),
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            effort=snakemake.params.effort,
            points=snakemake.params.points,
            repeats=snakemake.params.repeats,
            maker=maker,
            calibration=snakemake.input.calibration,
            target=snakemake.input.target,
            output_samples=snakemake.output.samples,
            output_predictive=snakemake.output.predictive,
            output_error=snakemake.output.error,
        )
