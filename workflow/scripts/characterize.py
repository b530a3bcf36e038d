"""Measure membrane and axial time constants over the range of the parameters.

Output: ``quantity`` (membrane, axial), ``compartment``, ``parameter`` and ``time_constant``
in the backend's unit of time.
"""

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.logs import job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import CALIBRATION, CHARACTERIZATION


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
    """Measure time constants at ``steps`` parameters of each kind."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    table = device.characterize(calibrated, steps, generator(seed, backend, "characterize"))
    units = {"time_constant": device.time_unit, "parameter": device.limits.unit_leak}
    provenance = device.provenance(calibrated)
    write_table(table, output, CHARACTERIZATION, maker, units, provenance=provenance)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            steps=snakemake.params.steps,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
