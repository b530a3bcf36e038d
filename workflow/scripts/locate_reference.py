"""Find the part of the prior that holds a posterior, from a survey of the prior.

Output: ``parameter``, ``low``, ``high``: the box that holds samples of a posterior which the
likelihood of the survey is flattened for, and a margin.
"""

import logging

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator
from analog_sbi.reference.chain import Effort, Sampler
from analog_sbi.reference.gaussian import Degrees
from analog_sbi.reference.likelihood import fit
from analog_sbi.reference.region import around
from analog_sbi.reference.tables import REGION, prior_region, region_table
from analog_sbi.tables import measurements_schema, read_observation


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    observable: str,
    reference: dict,
    maker: Maker,
    survey: str,
    target: str,
    output: str,
) -> None:
    """Sample the flattened posterior of the survey and put a box around it."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    prior = prior_region(device, parameters)
    table = read_table(survey, measurements_schema(names, device.length))
    likelihood = fit(
        table[names].to_numpy(),
        table[feature_names(observable, device.length)].to_numpy(),
        prior,
        Degrees(**reference["survey_degrees"]),
        cells=1,
    )
    chains = Sampler(likelihood, Effort(**reference["short_chain"]), reference["temper"])
    samples, told = chains.sample(
        read_observation(target, device.length, observable),
        reference["located"],
        generator(seed, backend, "reference", parameters, observable, "locate"),
    )
    logging.info("chains: %s", told)
    region = around(samples, prior, reference["margin"])
    write_table(region_table(region, names), output, REGION, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            observable=snakemake.wildcards.observable,
            reference=snakemake.params.reference,
            survey=snakemake.input.survey,
            target=snakemake.input.target,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
