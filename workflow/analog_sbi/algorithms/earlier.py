"""Seeds that an earlier run of an experiment made, and that stay when others are added.

All rounds of an experiment that run in one job are made together, and stay together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from analog_sbi.algorithms.running import Round
from analog_sbi.artifacts import read_metadata, read_table
from analog_sbi.measuring import Measurements
from analog_sbi.posterior import read
from analog_sbi.posterior.joining import join, of_seeds


def earlier(
    number: int,
    parameters: str | Path,
    observations: str | Path,
    posterior: str | Path,
    seeds: Collection[int],
) -> Round:
    """What the files of a round have of some seeds; raises what reading them does."""
    theta, x = (_rows(path, seeds) for path in (parameters, observations))
    features = x.drop(columns="seed")
    missing = int(features.isna().any(axis=1).sum())
    measurements = Measurements(features, read_metadata(observations)["units"], missing)
    return Round(number, theta, measurements, of_seeds(read(posterior), sorted(seeds)))


def continued(before: Sequence[Round], new: Iterable[Round]) -> Iterator[Round]:
    """Rounds with the seeds of both; of one where the other has no rounds."""
    if not before:
        yield from new
        return
    rounds = iter(new)
    for own in before:
        other = next(rounds, None)
        yield own if other is None else together(own, other)


def together(one: Round, other: Round) -> Round:
    """A round with the seeds of both, seed after seed."""
    measured = one.measurements, other.measurements
    parameters = pd.concat([one.parameters, other.parameters], ignore_index=True)
    features = pd.concat([part.table for part in measured], ignore_index=True)
    order = parameters["seed"].argsort(kind="stable")
    return Round(
        one.number,
        parameters.iloc[order].reset_index(drop=True),
        Measurements(
            features.iloc[order].reset_index(drop=True),
            measured[0].units,
            sum(part.missing for part in measured),
        ),
        join([one.posterior, other.posterior]),
    )


def _rows(path: str | Path, seeds: Collection[int]) -> pd.DataFrame:
    table = read_table(path)
    return table[table["seed"].isin(seeds)].reset_index(drop=True)
