"""Evaluate the posterior density over the plane of leak and axial conductance.

Output: ``g_leak``, ``g_axial``, ``seed``, ``round`` and ``log_prob`` at the centres of a fine grid
over the prior.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, write_table
from analog_sbi.inference.posterior import from_plain, log_prob
from analog_sbi.logs import job_log
from analog_sbi.tables import density_schema


def main(*, steps: int, maker: Maker, posteriors: list[str], output: str) -> None:
    """Evaluate the density of every seed at ``steps`` x ``steps`` points."""
    torch.set_num_threads(1)
    parts = []
    for path in posteriors:
        posterior = from_plain(read_plain(path))
        problem = posterior.problem
        position = (np.arange(steps) + 0.5) / steps
        unit = np.stack(np.meshgrid(position, position, indexing="ij"), axis=-1).reshape(-1, 2)
        low, high = problem.low.double().numpy(), problem.high.double().numpy()
        theta = low + unit * (high - low)
        density = log_prob(posterior, torch.as_tensor(theta, dtype=torch.float32))
        plane = pd.DataFrame(theta, columns=list(problem.parameters))
        for seed, values in zip(problem.seeds, density.double().numpy(), strict=True):
            found = {"log_prob": values, "seed": np.int64(seed)}
            parts.append(plane.assign(**found, round=np.int64(posterior.round)))
    table = pd.concat(parts, ignore_index=True)
    write_table(table, output, density_schema(problem.parameters), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            steps=snakemake.params.steps,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posteriors=list(snakemake.input.posteriors),
            output=snakemake.output[0],
        )
