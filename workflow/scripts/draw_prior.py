"""Draw the first round's parameters from the uniform prior, for all seeds.

Output: parameters and ``seed``. A seed's parameters depend on the study's seed and its own
number alone, so that all experiments and estimators start from the same ones.
"""

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.backends import make
from analog_sbi.chain import bounds, parameter_names, scale
from analog_sbi.logs import job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import parameters_schema


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    seeds: int,
    emulations: int,
    maker: Maker,
    output: str,
) -> None:
    """Draw ``emulations`` parameter sets for each of ``seeds`` seeds."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    low, high = bounds(parameters, device.length, device.limits)
    parts = []
    for number in range(seeds):
        unit = generator(seed, "prior", number).random((emulations, len(names)))
        part = pd.DataFrame(scale(unit, low, high), columns=names)
        parts.append(part.assign(seed=np.int64(number)))
    table = pd.concat(parts, ignore_index=True)
    write_table(table, output, parameters_schema(names, "seed"), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            parameters=snakemake.params.parameters,
            seeds=snakemake.params.seeds,
            emulations=snakemake.params.emulations,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            output=snakemake.output[0],
        )
