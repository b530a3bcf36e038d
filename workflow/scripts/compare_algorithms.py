"""Compare algorithms at equal budgets with the reference posterior.

Outputs: a row a seed, algorithm and budget, and a table of medians as text.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table, write_text
from analog_sbi.backends import make
from analog_sbi.chain import bounds, parameter_names
from analog_sbi.checks.comparison import SCHEMA, compare, markdown
from analog_sbi.checks.distance import distances
from analog_sbi.checks.reference_distance import Reference
from analog_sbi.logs import counter, job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables import read_target


def main(
    *,
    settings: dict,
    seed: int,
    experiments: dict[str, dict],
    reference: str,
    target: str,
    tables: dict[str, list[str]],
    maker: Maker,
    output_table: str,
    output_text: str,
) -> None:
    """Compare ``experiments``, all on one problem, whose tables are in the same order."""
    torch.set_num_threads(1)
    device = make(settings["backend"], settings["settings"])
    kind = next(iter(experiments.values()))["parameters"]
    names = parameter_names(kind, device.length)
    width = np.subtract(*reversed(bounds(kind, device.length, device.limits)))
    known = generator(seed, "compare_algorithms").permutation(read_table(reference)[names])
    exact = Reference(known, width, tuple(names))
    classifier = integer_seed(seed, "compare_algorithms") % 2**32
    trials, parts = read_target(target, device.length), []
    with counter(len(experiments), "comparison") as progress:
        for experiment, samples, predictive, cost, positions in zip(
            experiments.values(), *tables.values(), strict=True
        ):
            features = feature_names(experiment["observable"], device.length)
            parts.append(
                compare(
                    experiment["algorithm"],
                    sum(experiment["rounds"]),
                    read_table(samples),
                    distances(read_table(predictive), trials, features),
                    read_table(cost),
                    read_table(positions),
                    exact,
                    classifier,
                )
            )
            progress(1)
    table = pd.concat(parts, ignore_index=True)
    write_table(table, output_table, SCHEMA, maker)
    write_text(markdown(table, device.height_unit), output_text)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            experiments=snakemake.params.experiments,
            reference=snakemake.input.reference,
            target=snakemake.input.target,
            tables={
                name: list(snakemake.input[name])
                for name in ("samples", "predictive", "cost", "positions")
            },
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            output_table=snakemake.output.table,
            output_text=snakemake.output.text,
        )
