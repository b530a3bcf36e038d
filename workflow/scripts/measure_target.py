"""Measure a target observation in repeated trials at one set of parameters.

Output: ``trial``, ``g_leak``, ``g_axial``, heights and ``tau``, one row a trial.
"""

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
    target: str,
    position: list,
    trials: int,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Measure the target at ``position`` in the parameter range ``trials`` times."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    names = parameter_names("global", device.length)
    theta = scale(np.array([position]), *bounds("global", device.length, device.limits))
    parameters = np.repeat(theta, trials, axis=0)
    with counter(trials, f"target {target}") as progress:
        heights = device.measure(
            calibrated,
            parameters,
            generator(seed, backend, "measure_target", target),
            progress,
        )
    table = measured(device, heights).assign(trial=np.arange(trials))
    table[names] = parameters
    schema = measurements_schema(names, device.length, "trial")
    provenance = device.provenance(calibrated)
    write_table(table, output, schema, maker, units(device, names), provenance=provenance)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            target=snakemake.wildcards.target,
            position=snakemake.params.position,
            trials=snakemake.params.trials,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
