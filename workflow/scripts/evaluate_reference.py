"""Evaluate a reference posterior density over the plane of leak and axial conductance.

Output: ``g_leak``, ``g_axial`` and ``log_prob`` at the centres of the grid that the densities of
experiments have; -inf where there is no mass.
"""

import pandas as pd

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.reference.estimate import Settings, estimate, read_emulations
from analog_sbi.reference.plane import log_density
from analog_sbi.reference.region import cells
from analog_sbi.reference.tables import (
    density_schema,
    prior_region,
    read_region,
)
from analog_sbi.tables import read_observation


def main(
    *,
    backend: str,
    settings: dict,
    observable: str,
    reference: dict,
    steps: int,
    maker: Maker,
    target: str,
    region: str,
    emulations: str,
    output: str,
) -> None:
    """Evaluate the density at ``steps`` x ``steps`` points of the prior."""
    device = make(backend, settings)
    names = parameter_names("global", device.length)
    features = feature_names(observable, device.length)
    used, _ = read_emulations(emulations, names, features, reference["draws"])
    likelihood = estimate(used, read_region(region), Settings.of(reference))
    theta = cells(prior_region(device, "global"), steps)
    density = log_density(likelihood, read_observation(target, device.length, observable), theta)
    table = pd.DataFrame(theta, columns=names).assign(log_prob=density)
    write_table(table, output, density_schema(names), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            observable=snakemake.wildcards.observable,
            reference=snakemake.params.reference,
            steps=snakemake.params.steps,
            target=snakemake.input.target,
            region=snakemake.input.region,
            emulations=snakemake.input.emulations,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
