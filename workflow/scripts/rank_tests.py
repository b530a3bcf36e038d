"""Where parameters of tests lie among samples of an amortized posterior given their measurements.

Output: positions from 0 to 1 in the columns of the parameters, and ``seed``; no rows for posteriors
that are not amortized.
"""

from analog_sbi.jobs import job

import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.dataset import from_tables, unstack_seeds
from analog_sbi.features import with_features
from analog_sbi.posterior import read
from analog_sbi.posterior.stock import Stock, positions
from analog_sbi.problem import expect_same
from analog_sbi.randomness import integer_seed
from analog_sbi.tables.posteriors import positions_schema

SAMPLES = 99  # given each test: 100 ranks, so that the edges of a central interval lie between two


def main(
    *,
    backend: str,
    seed: int,
    name: str,
    asked: int,
    problem: str,
    maker: Maker,
    posterior: str,
    tests: str | None,
    output: str,
) -> None:
    """Put the first ``asked`` of the ``tests`` to the posterior; ``problem`` is its key."""
    torch.set_num_threads(1)
    answering = read(posterior)
    expect_same(problem, answering.problem.key, posterior)
    posed = answering.problem
    table = pd.DataFrame(columns=[*posed.parameters, "seed"]).astype(float).astype({"seed": int})
    if tests and isinstance(answering, Stock) and answering.amortized:
        known = with_features(read_table(tests)[:asked], posed)
        data = from_tables(known, known, posed.parameters, posed.features).complete()
        theta, x = (torch.tensor(part, dtype=torch.float32) for part in (data.theta, data.x))
        seeds = [integer_seed(seed, backend, name, "rank_tests", s) for s in answering.seeds]
        samples = answering.answer(x, SAMPLES, seeds)
        places = torch.stack([positions(own, theta, posed.space) for own in samples])
        table = unstack_seeds(places.double().numpy(), posed.parameters, answering.seeds)
    write_table(table, output, positions_schema(posed.parameters), maker, problem=problem)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            backend=snakemake.wildcards.backend,
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            asked=snakemake.params.asked,
            problem=snakemake.params.problem,
            maker=maker,
            posterior=snakemake.input.posterior,
            tests=snakemake.input.get("tests") or None,
            output=snakemake.output[0],
        )
