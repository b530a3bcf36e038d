"""Emulate parameters drawn evenly from the region that holds a posterior.

Output: the parameters and the observable in single precision, one row an emulation. The last
rows are for calibration.
"""

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import counter, job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator
from analog_sbi.reference.region import draw
from analog_sbi.reference.tables import emulations_schema, read_region
from analog_sbi.tables import CALIBRATION, measured, units

PART = 100_000  # emulations whose heights are in memory at once


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    observable: str,
    emulations: int,
    maker: Maker,
    calibration: str,
    region: str,
    output: str,
) -> None:
    """Measure ``emulations`` parameter sets from the region."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    features = feature_names(observable, device.length)
    random = generator(seed, backend, "reference", parameters, observable, "measure")
    theta = draw(read_region(region), emulations, random)
    parts = []
    with counter(emulations, f"reference {parameters} {observable}") as progress:
        for start in range(0, emulations, PART):
            part = theta[start : start + PART]
            heights = device.measure(read_table(calibration, CALIBRATION), part, random, progress)
            parts.append(measured(device, heights)[features].astype(np.float32))
    table = pd.concat(parts, ignore_index=True)
    table[names] = theta.astype(np.float32)
    of_units = {name: units(device, names)[name] for name in (*names, *features)}
    missing = int(table[features].isna().any(axis=1).sum())
    write_table(
        table, output, emulations_schema((*names, *features)), maker, of_units, missing=missing
    )


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            observable=snakemake.wildcards.observable,
            emulations=snakemake.params.emulations,
            calibration=snakemake.input.calibration,
            region=snakemake.input.region,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
