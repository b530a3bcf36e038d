"""Compare algorithms at equal budgets with the reference posterior.

Outputs: a row a seed, algorithm and budget, and a table of medians as text.
"""

from analog_sbi.jobs import job

import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.diagnostics.comparison import SCHEMA, Run, compare, markdown
from analog_sbi.diagnostics.distance import distances
from analog_sbi.diagnostics.keys import expect_problem
from analog_sbi.diagnostics.reference_distance import Reference
from analog_sbi.features import read_trials, with_features
from analog_sbi.logs import counter
from analog_sbi.problem import Problem
from analog_sbi.randomness import generator, integer_seed


def main(
    *,
    problem: dict,
    seed: int,
    algorithms: list[str],
    budgets: list[int],
    searches: list[str],
    titles: dict[str, str],
    reference: str,
    target: str,
    tables: dict[str, list[str]],
    maker: Maker,
    output_table: str,
    output_text: str,
) -> None:
    """Compare ``algorithms`` at ``budgets`` on one problem; tables are in the same order.

    ``searches`` are those of them that have no posterior, ``titles`` what they are shown by.
    """
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    expect_problem(posed.key, reference, *(path for paths in tables.values() for path in paths))
    known = read_table(reference)[list(posed.parameters)].to_numpy()
    exact = Reference(generator(seed, "compare_algorithms").permutation(known), posed.space)
    classifier = integer_seed(seed, "compare_algorithms") % 2**32
    trials, parts = read_trials(target, posed), []
    runs = zip(
        *(algorithms, budgets, tables["samples"], tables["predictive"]),
        *(tables["cost"], tables["positions"]),
        strict=True,
    )
    with counter(len(algorithms), "comparison") as progress:
        for algorithm, budget, samples, predictive, cost, positions in runs:
            measured = with_features(read_table(predictive), posed)
            run = Run(
                algorithm=algorithm,
                budget=budget,
                search=algorithm in searches,
                samples=read_table(samples),
                distance=distances(measured, trials, posed.features),
                cost=read_table(cost),
                positions=read_table(positions),
            )
            parts.append(compare(run, exact, classifier))
            progress(1)
    table = pd.concat(parts, ignore_index=True)
    write_table(table, output_table, SCHEMA, maker, problem=posed.key)
    words = markdown(table, " or ".join(dict.fromkeys(posed.units)), titles)
    write_text(words, output_text, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            algorithms=snakemake.params.algorithms,
            budgets=snakemake.params.budgets,
            searches=snakemake.params.searches,
            titles=snakemake.params.titles,
            reference=snakemake.input.reference,
            target=snakemake.input.target,
            tables={
                name: list(snakemake.input[name])
                for name in ("samples", "predictive", "cost", "positions")
            },
            maker=maker,
            output_table=snakemake.output.table,
            output_text=snakemake.output.text,
        )
