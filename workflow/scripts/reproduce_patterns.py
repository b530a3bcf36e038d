"""Compare the spiking neuron with four recordings of a real chip.

Outputs: each number read off a recording beside that of the model (``pattern``, ``number``,
``recorded``, ``own``, ``deviation``, relative to the recorded one); the model's traces
(``pattern``, ``time`` in us, ``v`` and ``w`` in MADC LSB).
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd

from analog_sbi.artifacts import Maker, table_schema, write_table
from analog_sbi.chip.adex.patterns import RECORDED, reproduced

DEVIATIONS = table_schema(
    numbers=("recorded", "own", "deviation"), strings=("pattern", "number"), nullable=True
)
TRACES = table_schema(numbers=("time", "v", "w"), strings=("pattern",))


def main(*, maker: Maker, output_deviations: str, output_traces: str) -> None:
    """Integrate every pattern and write what deviates, and traces."""
    tables, traces = [], []
    for pattern in RECORDED:
        courses, table = reproduced(pattern)
        tables.append(table.assign(pattern=pattern))
        time = np.arange(courses.v.shape[1]) + 0.5
        both = {"v": courses.v[0].astype(float), "w": courses.w[0].astype(float)}
        traces.append(pd.DataFrame({"time": time, **both}).assign(pattern=pattern))
    deviations = pd.concat(tables, ignore_index=True)
    numbers = {name: deviations[name].astype(float) for name in ("recorded", "own")}
    write_table(deviations.assign(**numbers), output_deviations, DEVIATIONS, maker)
    units = {"time": "us", "v": "MADC LSB", "w": "MADC LSB"}
    write_table(pd.concat(traces, ignore_index=True), output_traces, TRACES, maker, units)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            maker=maker,
            output_deviations=snakemake.output.deviations,
            output_traces=snakemake.output.traces,
        )
