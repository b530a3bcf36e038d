"""Bring particles to a reference posterior, with repeated measurements.

They begin at samples of the equal mixture of all the experiment's networks.

Outputs: the parameters, a row a sample, with the ``run`` that found it; the features of one
measurement at each; and ``quantity``, ``value``, ``meaning`` of what is known about the error.
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi import posterior
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.features import read_observation
from analog_sbi.likelihood import quantities
from analog_sbi.likelihood.particles import Effort, Start, errors, sample
from analog_sbi.likelihood.quantities import QUANTITIES
from analog_sbi.measuring import measure
from analog_sbi.posterior.mixture import Mixture
from analog_sbi.posterior.networks import Networks
from analog_sbi.problem import Problem, expect_same
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables.measurements import CALIBRATION, measurements_schema, parameters_schema


def main(
    *,
    problem: dict,
    infrastructure: dict,
    seed: int,
    experiment: str,
    particles: int,
    runs: int,
    effort: dict,
    points: int,
    repeats: int,
    max_draws: int,
    maker: Maker,
    calibration: str,
    target: str,
    networks: str,
    output_samples: str,
    output_predictive: str,
    output_error: str,
) -> None:
    """Sample the posterior given the target, and measure at the samples."""
    torch.set_num_threads(1)
    posed, how = Problem.from_plain(problem), Effort(**effort)
    trained = posterior.read_networks(networks)
    expect_same(posed.key, trained.problem.key, networks)
    backend = make(posed.setup, infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    purpose = (seed, posed.setup.backend, experiment, "temper_reference")
    random = generator(*purpose)

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
    start = _start(trained, particles, runs, integer_seed(*purpose, "start"), max_draws)
    found = sample(measured, posed.prior, x, start, how, random)
    theta, run = np.concatenate(found.samples), np.repeat(np.arange(runs), particles)
    samples = pd.DataFrame(theta, columns=posed.parameters).assign(run=run)
    schema = parameters_schema(posed.parameters, "run")
    write_table(samples, output_samples, schema, maker, posed.space.unit_of, problem=posed.key)
    predictive = pd.DataFrame(measured(theta), columns=posed.features).assign(run=run)
    units = dict(zip(posed.features, posed.units, strict=True))
    measurements = measurements_schema((), posed.features, "run")
    write_table(predictive, output_predictive, measurements, maker, units, problem=posed.key)
    told = quantities.table(errors(found, measured, how, points, repeats, random))
    write_table(told, output_error, QUANTITIES, maker, problem=posed.key)


def _start(trained: Networks, particles: int, runs: int, seed: int, max_draws: int) -> Start:
    """Samples of all networks together, and their density."""
    mixture = Mixture(trained, (tuple(range(len(trained.seeds))),))
    samples, _ = mixture.sample(runs * particles, [seed], max_draws)

    def log_density(theta: np.ndarray) -> np.ndarray:
        asked = torch.as_tensor(theta, dtype=torch.float32)
        return mixture.log_prob_at(asked[None])[0].double().numpy()

    return Start(samples[0].double().numpy().reshape(runs, particles, -1), log_density)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {}),
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            particles=snakemake.params.particles,
            runs=snakemake.params.runs,
            effort=snakemake.params.effort,
            points=snakemake.params.points,
            repeats=snakemake.params.repeats,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            networks=snakemake.input.networks,
            calibration=snakemake.input.calibration,
            target=snakemake.input.target,
            output_samples=snakemake.output.samples,
            output_predictive=snakemake.output.predictive,
            output_error=snakemake.output.error,
        )
