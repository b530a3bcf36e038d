"""Measure the parameters of a plan: a grid, a target, a round, posterior samples, a survey.

Output: the parameters where the plan makes them, its keys (``seed``, ``round``, ``trial``,
``point``) and the features of the observables, a row a measurement. Of very many measurements in
single precision. The metadata have units, the space of the parameters, the number of missing
measurements and what they depend on beyond the configuration. Seeds and ensembles have random
numbers of their own, and those of a table that is there already stay that would be measured as
they were (``members``).
"""

from analog_sbi.jobs import job

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analog_sbi import members
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import Setup, make
from analog_sbi.logs import counter
from analog_sbi.measuring import accept, measure_members, parameterized
from analog_sbi.plans import planned, restricted
from analog_sbi.problem import read_region
from analog_sbi.randomness import generator
from analog_sbi.tables.measurements import CALIBRATION, as_written


def main(
    *,
    setup: dict,
    infrastructure: dict,
    seed: int,
    purpose: list[str],
    plan: dict,
    parameterization: str,
    observables: list[str],
    precision: str,
    parameters_kept: bool,
    problem: str | None,
    max_missing: float,
    maker: Maker,
    calibration: str,
    region: str | None,
    rows: str | None,
    output: str,
) -> None:
    """Measure ``observables`` at the parameters of a plan, of which some take ``rows`` of a table.

    ``purpose`` tells the random numbers of the job, ``problem`` is the key that it belongs to, and
    ``region`` that of the restricted prior which a plan draws from.
    """
    where = Setup(**setup)
    backend = make(where, infrastructure)
    calibrated = read_table(calibration, CALIBRATION)
    space = parameterized(backend, where.model, parameterization).space
    random = generator(seed, where.backend, *purpose)
    if region and problem:
        plan = restricted(plan, read_region(region, problem))
    table = planned(plan, space, read_table(rows) if rows else None, seed, random)
    places = members.places(table)
    digests = members.digests(table)
    shares = list(places.values()) or [np.arange(len(table))]
    randoms = [generator(seed, where.backend, *purpose, number) for number in places] or [random]
    theta = table[list(space.names)].to_numpy()
    with counter(len(table), " ".join(purpose)) as progress:
        measurements = measure_members(
            backend,
            where.model,
            calibrated,
            [theta[share] for share in shares],
            parameterization,
            observables,
            randoms,
            progress,
            max_missing,
            _present(output, maker.of_a_seed, table, digests),
        )
    features = measurements.table.set_index(np.concatenate(shares)).sort_index()
    names = space.names if parameters_kept else ()
    columns, schema = as_written(table, features, space.names, names, precision)
    write_table(
        columns,
        output,
        schema,
        maker,
        {**dict(zip(names, space.units, strict=False)), **measurements.units},
        missing=measurements.missing,
        provenance=backend.provenance(calibrated),
        **({members.ENTRY: members.plain(digests)} if digests else {}),
        **({"problem": problem} if problem else {}),
    )
    accept(backend)


def _present(
    path: str, key: str, table: pd.DataFrame, digests: Mapping[int, str]
) -> dict[int, pd.DataFrame]:
    """Features of the members of a plan that stay, by their position among all members."""
    staying = members.stay(path, key, digests)
    if not staying:
        return {}
    by = str(members.column(table))
    before = read_table(path)
    logging.info("%s: %s %s stay", path, by, ", ".join(map(str, sorted(staying))))
    features = before.columns.difference(table.columns, sort=False)
    return {
        position: before.loc[before[by] == number, features]
        for position, number in enumerate(digests)
        if number in staying
    }


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            setup=snakemake.params.setup,
            infrastructure=snakemake.config.get(snakemake.wildcards.backend, {})
            | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            purpose=snakemake.params.purpose,
            plan=snakemake.params.plan,
            parameterization=snakemake.params.parameterization,
            observables=snakemake.params.observables,
            precision=snakemake.params.get("precision", "double"),
            parameters_kept=snakemake.params.get("parameters_kept", True),
            problem=snakemake.params.get("problem"),
            max_missing=snakemake.params.max_missing,
            calibration=snakemake.input.calibration,
            region=snakemake.input.get("region") or None,
            rows=snakemake.input.get("rows") or None,
            output=snakemake.output[0],
            maker=maker,
        )
