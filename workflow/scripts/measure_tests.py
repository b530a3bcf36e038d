"""Emulate parameters that are drawn from the prior, to test posteriors on.

Output: parameters, heights and ``tau``, one row a test. No other step draws these parameters, so
no posterior was trained on them.
"""

import logging

import numpy as np

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
    kind: str,
    tests: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure ``tests`` parameter sets once each."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names(kind, device.length)
    unit = generator(seed, "measure_tests", kind).random((tests, len(names)))
    parameters = scale(unit, *bounds(kind, device.length, device.limits))
    with counter(tests, f"{kind} tests") as progress:
        heights = device.measure(
            calibrated,
            parameters,
            generator(seed, backend, "measure_tests", kind),
            progress,
        )
    missing = int(np.isnan(heights).any(axis=(1, 2)).sum())
    if missing:
        logging.warning("%d of %d measurements are missing", missing, tests)
    table = measured(device, heights)
    table[names] = parameters
    schema = measurements_schema(names, device.length)
    write_table(
        table,
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
            kind=snakemake.wildcards.parameters,
            tests=snakemake.params.tests,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
