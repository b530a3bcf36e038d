"""Emulate samples of a reference posterior many times each.

Output: ``point``, the parameters and the observable in single precision, the emulations of a
sample in a row.
"""

import numpy as np

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import parameter_names
from analog_sbi.logs import counter, job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator
from analog_sbi.reference.tables import emulations_schema
from analog_sbi.tables import CALIBRATION, measured, parameters_schema, units


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    parameters: str,
    observable: str,
    points: int,
    repeats: int,
    maker: Maker,
    calibration: str,
    samples: str,
    output: str,
) -> None:
    """Measure the first ``points`` samples ``repeats`` times."""
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    features = feature_names(observable, device.length)
    chosen = read_table(samples, parameters_schema(names))[names].head(points).to_numpy()
    theta = np.repeat(chosen, repeats, axis=0)
    with counter(len(theta), f"repeats {parameters} {observable}") as progress:
        heights = device.measure(
            read_table(calibration, CALIBRATION),
            theta,
            generator(seed, backend, "reference", parameters, observable, "repeat"),
            progress,
        )
    table = measured(device, heights)[features].astype(np.float32)
    table[names] = theta.astype(np.float32)
    table["point"] = np.repeat(np.arange(len(chosen), dtype=np.int64), repeats)
    of_units = {name: units(device, names)[name] for name in (*names, *features)}
    write_table(table, output, emulations_schema((*names, *features), "point"), maker, of_units)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            parameters=snakemake.wildcards.parameters,
            observable=snakemake.wildcards.observable,
            points=snakemake.params.points,
            repeats=snakemake.params.repeats,
            calibration=snakemake.input.calibration,
            samples=snakemake.input.samples,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
