"""Record membrane traces at the marked points of the parameter space.

Output: ``point`` (from 1), ``time`` and the potential ``v_i`` of each compartment.
"""

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import bounds, scale
from analog_sbi.logs import job_log
from analog_sbi.randomness import generator
from analog_sbi.tables import CALIBRATION, trace_names, traces_schema


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    points: list,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Record the traces at ``points``, positions [leak, axial] in the range."""
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    parameters = scale(np.array(points), *bounds("global", device.length, device.limits))
    time, potentials = device.record(
        calibrated, parameters, generator(seed, backend, "record_traces")
    )
    names = trace_names(device.length)
    parts = [
        pd.DataFrame(potential.T, columns=names).assign(point=point, time=time)
        for point, potential in enumerate(potentials, start=1)
    ]
    units = {"time": device.time_unit} | dict.fromkeys(names, device.height_unit)
    write_table(
        pd.concat(parts),
        output,
        traces_schema(device.length),
        maker,
        units,
        provenance=device.provenance(calibrated),
    )


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            points=snakemake.params.points,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
