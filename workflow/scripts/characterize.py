"""Measure membrane and axial time constants over the range of the parameters.

Output: ``quantity`` (membrane, axial), ``compartment``, ``parameter`` and ``time_constant``
in the backend's unit of time.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import Setup, make
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import CALIBRATION, CHARACTERIZATION


def main(
    *,
    setup: dict,
    infrastructure: dict,
    seed: int,
    steps: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure time constants at ``steps`` parameters of each kind."""
    backend = make(Setup(**setup), infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    random = generator(seed, setup["backend"], "characterize")
    table = backend.characterize(calibrated, steps, random)
    units = {"time_constant": backend.signals["time"].unit, "parameter": backend.inputs.units[0]}
    provenance = backend.provenance(calibrated)
    write_table(table, output, CHARACTERIZATION, maker, units, provenance=provenance)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {}),
            seed=snakemake.params.seed,
            steps=snakemake.params.steps,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=maker,
        )
