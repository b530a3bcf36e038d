"""Evaluate posterior densities over the plane of two parameters.

Output: the parameters, ``seed`` or ``ensemble``, ``round`` and ``log_prob`` at the centres of a
fine grid over the prior.
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.posterior import ensembles, log_prob, read_networks
from analog_sbi.problem import expect_same
from analog_sbi.tables.posteriors import density_schema


def main(
    *,
    size: int | None,
    steps: int,
    problem: str,
    maker: Maker,
    posteriors: list[str],
    output: str,
) -> None:
    """Evaluate every seed, or ensemble of ``size`` seeds, at ``steps`` x ``steps`` points.

    Densities of a seed are normalized within the prior's bounds as those of ensembles are.
    ``problem`` is the key of the problem that the posteriors have to be of.
    """
    torch.set_num_threads(1)
    member = "seed" if size is None else "ensemble"
    parts = []
    for path in posteriors:
        mixture = ensembles(read_networks(path), size or 1)
        expect_same(problem, mixture.problem.key, path)
        theta, names = mixture.problem.space.cells(steps), mixture.problem.parameters
        density = log_prob(mixture, torch.as_tensor(theta, dtype=torch.float32))
        plane = pd.DataFrame(theta, columns=list(names))
        for number, values in enumerate(density.double().numpy()):
            columns = {"log_prob": values, member: np.int64(number)}
            parts.append(plane.assign(**columns, round=np.int64(mixture.round)))
    table, schema = pd.concat(parts, ignore_index=True), density_schema(names, member, "round")
    units = mixture.problem.space.unit_of
    write_table(table, output, schema, maker, units, problem=problem)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            size=snakemake.params.get("size"),
            steps=snakemake.params.steps,
            problem=snakemake.params.problem,
            maker=maker,
            posteriors=list(snakemake.input.posteriors),
            output=snakemake.output[0],
        )
