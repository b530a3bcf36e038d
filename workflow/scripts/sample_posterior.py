"""Draw posterior samples given the target, for every seed.

Outputs: parameters with ``log_prob``, ``seed`` and ``round``; and for every seed and round what
became of its network: ``epochs``, ``best_validation_loss``, ``acceptance``, ``weights``, ``blind``
(to the observation in one direction), ``excluded`` measurements.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, write_table
from analog_sbi.inference.estimator import parameter_count
from analog_sbi.inference.posterior import from_plain, log_prob_at, sample
from analog_sbi.logs import job_log
from analog_sbi.randomness import integer_seed
from analog_sbi.tables import ESTIMATORS, samples_schema, unstack_seeds


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    samples: int,
    max_draws: int,
    maker: Maker,
    posteriors: list[str],
    output_samples: str,
    output_estimators: str,
) -> None:
    """Draw ``samples`` of each seed from each of the posteriors."""
    torch.set_num_threads(1)
    parts, estimators = [], []
    for path in posteriors:
        posterior = from_plain(read_plain(path))
        problem, number = posterior.problem, posterior.round
        seeds = [integer_seed(seed, backend, name, number, "sample", s) for s in problem.seeds]
        drawn, acceptance = sample(posterior, samples, seeds, max_draws)
        density = log_prob_at(posterior, drawn) - acceptance.log()[:, None]
        table = unstack_seeds(drawn.numpy().astype(np.float64), problem.parameters, problem.seeds)
        log_prob = density.flatten().double().numpy()
        parts.append(table.assign(round=np.int64(number), log_prob=log_prob))
        estimators += [
            {key: history[key] for key in ("epochs", "best_validation_loss", "excluded", "blind")}
            | {"seed": s, "round": number, "acceptance": float(rate)}
            | {"weights": parameter_count(posterior.state)}
            for s, history, rate in zip(problem.seeds, posterior.history, acceptance, strict=True)
        ]
    samples_table = pd.concat(parts, ignore_index=True)
    write_table(samples_table, output_samples, samples_schema(problem.parameters), maker)
    write_table(pd.DataFrame(estimators), output_estimators, ESTIMATORS, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posteriors=list(snakemake.input.posteriors),
            output_samples=snakemake.output.samples,
            output_estimators=snakemake.output.estimators,
        )
