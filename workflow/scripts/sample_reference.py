"""Draw samples of a reference posterior from the likelihood that emulations give.

Outputs: the parameters, one row a sample; and ``quantity``, ``value``, ``meaning`` of how the
drawing went.
"""

import pandas as pd

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator
from analog_sbi.reference import quantities
from analog_sbi.reference.chain import Effort
from analog_sbi.reference.estimate import Settings, estimate, read_emulations
from analog_sbi.reference.sampling import sampler, told
from analog_sbi.reference.tables import (
    QUANTITIES,
    prior_region,
    read_region,
)
from analog_sbi.tables import parameters_schema, read_observation, units


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    observable: str,
    reference: dict,
    maker: Maker,
    target: str,
    region: str,
    emulations: str,
    output_samples: str,
    output_sampling: str,
) -> None:
    """Estimate the likelihood and sample the posterior given the target."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    features = feature_names(observable, device.length)
    box = read_region(region)
    used, _ = read_emulations(emulations, names, features, reference["draws"])
    likelihood = estimate(used, box, Settings.of(reference))
    samples, drawing = sampler(likelihood, Effort(**reference["chain"])).sample(
        read_observation(target, device.length, observable),
        reference["samples"],
        generator(seed, backend, "reference", parameters, observable, "sample"),
    )
    table = pd.DataFrame(samples, columns=names)
    of_units = {name: units(device, names)[name] for name in names}
    write_table(table, output_samples, parameters_schema(names), maker, of_units)
    found = told(drawing, samples, box, prior_region(device, parameters))
    write_table(quantities.table(found), output_sampling, QUANTITIES, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            observable=snakemake.wildcards.observable,
            reference=snakemake.params.reference,
            target=snakemake.input.target,
            region=snakemake.input.region,
            emulations=snakemake.input.emulations,
            output_samples=snakemake.output.samples,
            output_sampling=snakemake.output.sampling,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
