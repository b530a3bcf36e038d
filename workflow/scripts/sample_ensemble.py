"""Draw samples of the ensembles of an experiment given the target, after every round.

Output: parameters with ``log_prob``, ``seed`` (the number of the ensemble) and ``round``.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, write_table
from analog_sbi.inference.ensemble import log_prob_at, of, sample
from analog_sbi.inference.posterior import from_plain
from analog_sbi.logs import job_log
from analog_sbi.randomness import integer_seed
from analog_sbi.tables import samples_schema, unstack_seeds


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    size: int,
    samples: int,
    max_draws: int,
    maker: Maker,
    posteriors: list[str],
    output: str,
) -> None:
    """Draw ``samples`` of each ensemble of ``size`` seeds from each of the posteriors."""
    torch.set_num_threads(1)
    parts = []
    for path in posteriors:
        posterior = from_plain(read_plain(path))
        ensembles = of(posterior, size)
        numbers = range(len(ensembles.members))
        purpose = (backend, name, posterior.round, "sample_ensemble")
        drawn = sample(
            ensembles, samples, [integer_seed(seed, *purpose, n) for n in numbers], max_draws
        )
        density = log_prob_at(ensembles, drawn)
        names = posterior.problem.parameters
        table = unstack_seeds(drawn.numpy().astype(np.float64), names, numbers)
        log_prob = density.flatten().double().numpy()
        parts.append(table.assign(round=np.int64(posterior.round), log_prob=log_prob))
    write_table(pd.concat(parts, ignore_index=True), output, samples_schema(names), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            size=snakemake.params.size,
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posteriors=list(snakemake.input.posteriors),
            output=snakemake.output[0],
        )
