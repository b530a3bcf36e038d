"""Measure how far posterior samples of an experiment are from the reference posterior.

Output: for every seed, ensemble and round ``c2st``, ``mmd``, ``wasserstein`` (mean and each
parameter's), the paper's E (``distance``) and whether a network involved is ``blind``; and what
the reference gives against itself (``kind`` floor).
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.chain import bounds, parameter_names
from analog_sbi.checks import distance
from analog_sbi.checks.reference_distance import (
    Reference,
    distances_schema,
    ensembles_blind,
    floors,
    of_members,
)
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables import read_target


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    experiment: str,
    parameters: str,
    observable: str,
    samples: int,
    rounds: list[int],
    size: int,
    maker: Maker,
    tables: dict[str, str],
    output: str,
) -> None:
    """Compare up to ``samples`` samples of each seed and ensemble after each of the ``rounds``."""
    torch.set_num_threads(1)
    device = make(backend, settings)
    names = parameter_names(parameters, device.length)
    features = feature_names(observable, device.length)
    low, high = bounds(parameters, device.length, device.limits)
    known = read_table(tables["reference"])[names].to_numpy()
    purpose = (backend, experiment, "measure_distances")
    reference = Reference(
        generator(seed, *purpose).permutation(known), np.subtract(high, low), tuple(names)
    )
    classifier = integer_seed(seed, *purpose) % 2**32  # of scikit-learn, which takes 32 bits

    estimators = read_table(tables["estimators"])
    blind = {"seed": estimators, "ensemble": ensembles_blind(estimators, size)}
    target, parts = read_target(tables["target"], device.length), []
    for kind in blind:
        checked, drawn = (
            table[table["round"].isin(rounds)]
            for table in (read_table(tables[f"{kind}_predictive"]), read_table(tables[kind]))
        )
        found = of_members(kind, drawn, reference, samples, classifier)
        far = distance.with_estimators(
            distance.distances(checked, target, features), blind[kind][["seed", "round", "blind"]]
        )
        parts.append(found.merge(far.rename(columns={"seed": "member"}), on=["member", "round"]))
    compared = min(samples, *drawn.groupby(["seed", "round"]).size())
    parts.append(floors(reference, compared, classifier))
    write_table(pd.concat(parts, ignore_index=True), output, distances_schema(names), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            parameters=snakemake.params.parameters,
            observable=snakemake.params.observable,
            samples=snakemake.params.samples,
            rounds=snakemake.params.rounds,
            size=snakemake.params.size,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            tables=dict(snakemake.input.items()),
            output=snakemake.output[0],
        )
