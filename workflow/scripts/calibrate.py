"""Calibrate the chain; one row a compartment.

Output: codes or settings that the backend needs, each calibrated quantity before and after,
and ``success``.
"""

import logging

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import make
from analog_sbi.logs import job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import CALIBRATION


def main(*, backend: str, settings: dict, seed: int, maker: Maker, output: str) -> None:
    """Calibrate a backend and write its table."""
    device = make(backend, settings)
    table = device.calibrate(generator(seed, backend, "calibrate"))
    failed = table.loc[~table["success"], "compartment"].tolist()
    if failed:
        logging.warning("compartments %s missed their calibration target", failed)
    write_table(table, output, CALIBRATION, maker, provenance=device.provenance(table))


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
