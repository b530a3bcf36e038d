"""Emulate parameters drawn from the prior, a first look for reference posteriors.

Output: the parameters, heights and ``tau``, one row an emulation.
"""

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import counter, job_log
from analog_sbi.randomness import generator
from analog_sbi.reference.region import draw
from analog_sbi.reference.tables import prior_region
from analog_sbi.tables import CALIBRATION, measured, measurements_schema, units


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    emulations: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure ``emulations`` parameter sets from the prior."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    random = generator(seed, backend, "reference", parameters, "survey")
    theta = draw(prior_region(device, parameters), emulations, random)
    with counter(emulations, f"survey of {parameters} parameters") as progress:
        heights = device.measure(read_table(calibration, CALIBRATION), theta, random, progress)
    table = measured(device, heights)
    table[names] = theta
    write_table(
        table, output, measurements_schema(names, device.length), maker, units(device, names)
    )


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            emulations=snakemake.params.emulations,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
