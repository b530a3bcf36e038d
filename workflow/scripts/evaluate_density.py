"""Evaluate posterior densities over the plane of leak and axial conductance.

Output: ``g_leak``, ``g_axial``, ``seed``, ``round`` and ``log_prob`` at the centres of a fine grid
over the prior; ``seed`` counts the ensembles, or the seeds where each is one of its own.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, write_table
from analog_sbi.inference.ensemble import log_prob, of
from analog_sbi.inference.posterior import from_plain
from analog_sbi.logs import job_log
from analog_sbi.reference.region import Region, cells
from analog_sbi.tables import density_schema


def main(*, size: int, steps: int, maker: Maker, posteriors: list[str], output: str) -> None:
    """Evaluate every ensemble of ``size`` seeds at ``steps`` x ``steps`` points."""
    torch.set_num_threads(1)
    parts = []
    for path in posteriors:
        posterior = from_plain(read_plain(path))
        problem = posterior.problem
        prior = Region(problem.low.double().numpy(), problem.high.double().numpy())
        theta = cells(prior, steps)
        density = log_prob(of(posterior, size), torch.as_tensor(theta, dtype=torch.float32))
        plane = pd.DataFrame(theta, columns=list(problem.parameters))
        for number, values in enumerate(density.double().numpy()):
            found = {"log_prob": values, "seed": np.int64(number)}
            parts.append(plane.assign(**found, round=np.int64(posterior.round)))
    table = pd.concat(parts, ignore_index=True)
    write_table(table, output, density_schema(problem.parameters), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            size=snakemake.params.size,
            steps=snakemake.params.steps,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posteriors=list(snakemake.input.posteriors),
            output=snakemake.output[0],
        )
