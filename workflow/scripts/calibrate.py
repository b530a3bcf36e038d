"""Make a model ready on a backend; of a chain one row a compartment.

Output: codes or settings that the backend needs, each calibrated quantity before and after,
and ``success``.
"""

from analog_sbi.jobs import job

import logging

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import Setup, make
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import CALIBRATION


def main(*, setup: dict, infrastructure: dict, seed: int, maker: Maker, output: str) -> None:
    """Calibrate a backend and write its table."""
    backend = make(Setup(**setup), infrastructure)
    table = backend.calibrate(generator(seed, setup["backend"], "calibrate"))
    failed = table.index[~table["success"]].tolist()
    if failed:
        logging.warning("rows %s of %s missed their calibration target", failed, output)
    write_table(table, output, CALIBRATION, maker, provenance=backend.provenance(table))


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {}),
            seed=snakemake.params.seed,
            output=snakemake.output[0],
            maker=maker,
        )
