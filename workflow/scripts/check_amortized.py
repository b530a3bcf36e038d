"""Ask the first round's posterior for several targets: is it amortized?

Outputs: samples given each target with ``log_prob``, ``target`` and ``seed``; and for each target
and seed the target's own parameters, the share of samples that are denser (``level``), and the
median distance of posterior and of prior samples to them (normalised axes).
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, read_table, write_table
from analog_sbi.checks.amortization import recovered
from analog_sbi.inference.posterior import from_plain, given, log_prob, log_prob_at, sample
from analog_sbi.logs import job_log
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables import AMORTIZED, RECOVERED, unstack_seeds


def main(
    *,
    backend: str,
    seed: int,
    samples: int,
    max_draws: int,
    maker: Maker,
    posterior: str,
    targets: list[str],
    names: list[str],
    output_samples: str,
    output_recovered: str,
) -> None:
    """Draw ``samples`` of each seed given each target."""
    torch.set_num_threads(1)
    trained = from_plain(read_plain(posterior))
    problem = trained.problem
    parts, found = [], []
    for name, path in zip(names, targets, strict=True):
        trials = read_table(path)
        star = trials[list(problem.parameters)].mean().to_numpy()
        asked = given(trained, trials[list(problem.features)].mean().to_numpy())
        seeds = [integer_seed(seed, backend, "check_amortized", name, s) for s in problem.seeds]
        drawn, acceptance = sample(asked, samples, seeds, max_draws)
        norm = acceptance.log()[:, None]
        density = (log_prob_at(asked, drawn) - norm).double().numpy()
        at_star = log_prob(asked, torch.as_tensor(star[None], dtype=torch.float32)) - norm
        theta = drawn.double().numpy()
        table = unstack_seeds(theta, problem.parameters, problem.seeds)
        parts.append(table.assign(target=name, log_prob=density.ravel()))
        bounds = problem.low.double().numpy(), problem.high.double().numpy()
        prior = generator(seed, "check_amortized", "prior").random((samples, 2))
        rows = recovered(theta, density, star, at_star[:, 0].double().numpy(), prior, bounds)
        star_columns = dict(zip(problem.parameters, star, strict=True))
        found.append(rows.assign(target=name, seed=np.array(problem.seeds), **star_columns))
    write_table(pd.concat(parts, ignore_index=True), output_samples, AMORTIZED, maker)
    write_table(pd.concat(found, ignore_index=True), output_recovered, RECOVERED, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posterior=snakemake.input.posterior,
            targets=list(snakemake.input.targets),
            names=snakemake.params.names,
            output_samples=snakemake.output.samples,
            output_recovered=snakemake.output.recovered,
        )
