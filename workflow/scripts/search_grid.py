"""Measure heights and decay constant on an even grid of leak and axial conductance.

Output: ``g_leak``, ``g_axial``, heights and ``tau``, one row a grid point, axial fastest.
"""

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import grid, parameter_names
from analog_sbi.logs import counter, job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import CALIBRATION, measured, measurements_schema, units


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    steps: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure ``steps`` x ``steps`` parameter sets."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names("global", device.length)
    parameters = grid(steps, device.limits)
    with counter(len(parameters), "grid") as progress:
        heights = device.measure(
            calibrated,
            parameters,
            generator(seed, backend, "search_grid"),
            progress,
        )
    table = measured(device, heights)
    table[names] = parameters
    schema = measurements_schema(names, device.length)
    provenance = device.provenance(calibrated)
    write_table(table, output, schema, maker, units(device, names), provenance=provenance)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            steps=snakemake.params.steps,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
