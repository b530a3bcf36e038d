"""Record membrane traces at the marked points of the parameter space.

Output: ``point`` (from 1), ``time`` and the potential ``v_i`` of each compartment.
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import Setup, make
from analog_sbi.judging import check_missing, judged
from analog_sbi.measuring import parameterized
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import CALIBRATION, traces_schema


def main(
    *,
    setup: dict,
    infrastructure: dict,
    seed: int,
    points: list,
    parameterization: str,
    max_missing: float,
    maker: Maker,
    calibration: str,
    output: str,
) -> None:
    """Record the traces at ``points``, positions in the range of a parameterization."""
    where = Setup(**setup)
    backend = make(where, infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    mapping = parameterized(backend, where.model, parameterization)
    found = backend.measure(
        calibrated,
        mapping(mapping.space.scale(np.array(points))),
        generator(seed, where.backend, "record_traces"),
        ("traces", "time"),
    )
    signals = judged(found, backend.signals, len(points), "recording traces")
    missing = np.isnan(signals["traces"]).any(axis=(1, 2)).sum()
    check_missing(int(missing), len(points), max_missing, "recording traces")
    names = [f"v_{i}" for i in range(signals["traces"].shape[1])]
    parts = [
        pd.DataFrame(potential.T, columns=names).assign(point=point, time=time)
        for point, (potential, time) in enumerate(
            zip(signals["traces"], signals["time"], strict=True), start=1
        )
    ]
    unit = backend.signals["traces"].unit
    write_table(
        pd.concat(parts),
        output,
        traces_schema(names),
        maker,
        {"time": backend.signals["time"].unit} | dict.fromkeys(names, unit),
        provenance=backend.provenance(calibrated),
    )


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {}),
            seed=snakemake.params.seed,
            points=snakemake.params.points,
            parameterization=snakemake.params.parameterization,
            max_missing=snakemake.params.max_missing,
            calibration=snakemake.input.calibration,
            output=snakemake.output[0],
            maker=maker,
        )
