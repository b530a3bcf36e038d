"""Draw samples of a reference posterior from the likelihood that measurements give.

Outputs: the parameters, one row a sample; and ``quantity``, ``value``, ``meaning`` of how the
drawing went.
"""

from analog_sbi.jobs import job

import pandas as pd

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.features import read_observation
from analog_sbi.likelihood import quantities
from analog_sbi.likelihood.estimate import Settings, estimate, read_measurements
from analog_sbi.likelihood.quantities import QUANTITIES
from analog_sbi.likelihood.region import read_region
from analog_sbi.likelihood.sampling import generator, quality, sampler
from analog_sbi.likelihood.walkers import Effort
from analog_sbi.problem import Problem
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    problem: dict,
    seed: int,
    settings: dict,
    maker: Maker,
    target: str,
    region: str,
    emulations: str,
    output_samples: str,
    output_sampling: str,
) -> None:
    """Estimate the likelihood and sample the posterior given the target."""
    posed = Problem.from_plain(problem)
    space, box = posed.space, read_region(region, posed.space)
    used, _ = read_measurements(emulations, posed, settings["draws"])
    likelihood = estimate(used, box, Settings.of(settings))
    samples, drawing = sampler(likelihood, Effort(**settings["chain"])).sample(
        read_observation(target, posed), settings["samples"], generator(seed, posed, "sample")
    )
    table, schema = pd.DataFrame(samples, columns=space.names), parameters_schema(space.names)
    write_table(table, output_samples, schema, maker, space.unit_of, problem=posed.key)
    told = quantities.table(quality(drawing, samples, box, space))
    write_table(told, output_sampling, QUANTITIES, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            settings=snakemake.params.settings,
            target=snakemake.input.target,
            region=snakemake.input.region,
            emulations=snakemake.input.emulations,
            output_samples=snakemake.output.samples,
            output_sampling=snakemake.output.sampling,
            maker=maker,
        )
