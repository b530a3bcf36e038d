"""Estimate the error of a reference posterior.

Doubling the effort, simulation-based calibration, repeated emulations at posterior samples, and
samples by rejection.
Output: ``quantity``, ``value``, ``meaning``.
"""

import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator
from analog_sbi.reference import error, quantities
from analog_sbi.reference.chain import Effort
from analog_sbi.reference.estimate import Settings, estimate, read_emulations, read_repeats
from analog_sbi.reference.tables import QUANTITIES, read_region
from analog_sbi.tables import parameters_schema, read_observation


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
    samples: str,
    sampling: str,
    repeats: str,
    output: str,
) -> None:
    """Estimate the likelihood anew, and from halves of the emulations, and compare."""
    torch.set_num_threads(1)
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    features = feature_names(observable, device.length)
    box, how = read_region(region), Settings.of(reference)
    x = read_observation(target, device.length, observable)
    used, held = read_emulations(emulations, names, features, reference["draws"])
    likelihood, parts = estimate(used, box, how), error.halves(used, box, how)

    def random(purpose: str):
        return generator(seed, backend, "reference", parameters, observable, purpose)

    chain, short = Effort(**reference["chain"]), Effort(**reference["short_chain"])
    points, emulated = read_repeats(repeats, names, features)
    drawn = read_table(samples, parameters_schema(names))[names].to_numpy()
    found = [
        error.budget(used),
        *error.doubling(likelihood, parts, x, chain, reference["compared"], random("doubling")),
        *error.calibrated(likelihood, names, held, short, random("calibration")),
        *error.repeated(likelihood, points, emulated, x, random("repeated")),
        *error.rejection(used, drawn, emulated, x, reference["rejected"]),
    ]
    table = quantities.joined(quantities.table(found), read_table(sampling, QUANTITIES))
    write_table(table, output, QUANTITIES, maker)


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
            samples=snakemake.input.samples,
            sampling=snakemake.input.sampling,
            repeats=snakemake.input.repeats,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
