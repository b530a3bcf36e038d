"""Emulate parameters drawn from the prior once each, to test posteriors with.

Output: the parameters, heights and ``tau``, row by row.
"""

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import bounds, parameter_names, scale
from analog_sbi.logs import counter, job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import CALIBRATION, measured, measurements_schema, units


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    tests: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure ``tests`` parameter sets of the prior."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names(parameters, device.length)
    random = generator(seed, backend, "measure_tests", parameters)
    theta = scale(
        random.random((tests, len(names))), *bounds(parameters, device.length, device.limits)
    )
    with counter(tests, f"tests of {parameters} parameters") as progress:
        heights = device.measure(calibrated, theta, random, progress)
    table = measured(device, heights)
    table[names] = theta
    schema = measurements_schema(names, device.length)
    provenance = device.provenance(calibrated)
    write_table(table, output, schema, maker, units(device, names), provenance=provenance)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            tests=snakemake.params.tests,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
