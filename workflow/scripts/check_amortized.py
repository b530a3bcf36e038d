"""Ask the first round's posterior for several targets: is it amortized?

Outputs: samples given each target with ``log_prob``, ``target`` and ``seed``; and for each target
and seed the target's own parameters, the share of samples that are denser (``level``), and the
median distance of posterior and of prior samples to them (normalised axes).
"""

from analog_sbi.jobs import job

import numpy as np
import pandas as pd
import torch

from analog_sbi import posterior
from analog_sbi.artifacts import Maker, write_table
from analog_sbi.dataset import unstack_seeds
from analog_sbi.diagnostics.amortization import recovery
from analog_sbi.features import read_trials
from analog_sbi.problem import Problem, expect_same
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables.posteriors import amortized_schema, recovered_schema


def main(
    *,
    problem: dict,
    seed: int,
    samples: int,
    max_draws: int,
    maker: Maker,
    networks: str,
    targets: list[str],
    names: list[str],
    output_samples: str,
    output_recovered: str,
) -> None:
    """Draw ``samples`` of each seed given each target."""
    torch.set_num_threads(1)
    posed, trained = Problem.from_plain(problem), posterior.read_networks(networks)
    expect_same(posed.key, trained.problem.key, networks)
    backend, space, parts, rows = posed.setup.backend, posed.space, [], []
    prior = generator(seed, "check_amortized", "prior").random((samples, len(space)))
    for name, path in zip(names, targets, strict=True):
        trials = read_trials(path, posed)
        star = trials[list(space.names)].mean().to_numpy()
        x = torch.tensor(trials[list(posed.features)].mean().to_numpy(), dtype=torch.float32)
        asked = posterior.given(trained, x)
        seeds = [integer_seed(seed, backend, "check_amortized", name, s) for s in trained.seeds]
        theta, acceptance = posterior.sample(asked, samples, seeds, max_draws)
        norm = acceptance.log()[:, None]
        density = (posterior.log_prob_at(asked, theta) - norm).double().numpy()
        place = torch.tensor(star[None], dtype=torch.float32)
        at_star = (posterior.log_prob(asked, place) - norm)[:, 0].double().numpy()
        values = theta.double().numpy()
        table = unstack_seeds(values, space.names, trained.seeds)
        parts.append(table.assign(target=name, log_prob=density.ravel()))
        own = recovery(values, density, star, at_star, prior, space)
        columns = dict(zip(space.names, star, strict=True))
        rows.append(own.assign(target=name, seed=np.array(trained.seeds), **columns))
    drawn, recovered = (pd.concat(tables, ignore_index=True) for tables in (parts, rows))
    units, schema = space.unit_of, amortized_schema(space.names)
    write_table(drawn, output_samples, schema, maker, units, problem=posed.key)
    schema = recovered_schema(space.names)
    write_table(recovered, output_recovered, schema, maker, units, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            samples=snakemake.params.samples,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            networks=snakemake.input.posterior,
            targets=list(snakemake.input.targets),
            names=snakemake.params.names,
            output_samples=snakemake.output.samples,
            output_recovered=snakemake.output.recovered,
        )
