"""Measure how far posterior samples of an experiment are from the reference posterior.

Output: for every seed, ensemble and round ``c2st``, ``mmd``, ``wasserstein`` (mean and each
parameter's), the paper's E (``distance``) and whether a network involved is ``blind``; and what
the reference gives against itself (``kind`` floor).
"""

from analog_sbi.jobs import job

import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.diagnostics.keys import expect_problem
from analog_sbi.diagnostics.reference_distance import (
    Members,
    Reference,
    compare,
    distances_schema,
    ensembles_blind,
)
from analog_sbi.features import read_trials, with_features
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator, integer_seed


def main(
    *,
    problem: dict,
    seed: int,
    experiment: str,
    samples: int,
    rounds: list[int],
    size: int,
    maker: Maker,
    tables: dict[str, str],
    output: str,
) -> None:
    """Compare up to ``samples`` samples of each seed and ensemble after each of the ``rounds``."""
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    expect_problem(posed.key, *(path for name, path in tables.items() if name != "target"))
    purpose = (posed.setup.backend, experiment, "measure_distances")
    known = read_table(tables["reference"])[list(posed.parameters)].to_numpy()
    estimators = read_table(tables["estimators"])
    blind = {"seed": estimators, "ensemble": ensembles_blind(estimators, size)}
    table = compare(
        [
            Members(
                kind,
                read_table(tables[kind]),
                with_features(read_table(tables[f"{kind}_predictive"]), posed),
                blind[kind],
            )
            for kind in blind
        ],
        Reference(generator(seed, *purpose).permutation(known), posed.space),
        read_trials(tables["target"], posed),
        posed.features,
        rounds,
        samples,
        integer_seed(seed, *purpose) % 2**32,  # of scikit-learn, which takes 32 bits
    )
    write_table(table, output, distances_schema(posed.parameters), maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            samples=snakemake.params.samples,
            rounds=snakemake.params.rounds,
            size=snakemake.params.size,
            maker=maker,
            tables=dict(snakemake.input.items()),
            output=snakemake.output[0],
        )
