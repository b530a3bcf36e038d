"""Is the posterior of the first round calibrated? Every seed and ensemble, by sbi's diagnostics.

Outputs: curves of expected coverage, ranks and TARP with their bands (``kind``, ``member``,
``method``, ``parameter``, ``level``, ``value``, ``low``, ``high``); and for each seed and ensemble
the errors and p-values (see ``checks/diagnostics.py``), ``acceptance``, the least mass inside the
prior's bounds given any test, and ``blind``, for ensembles whether a member is.
"""

import logging

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, read_table, write_table
from analog_sbi.checks.diagnostics import (
    CURVES,
    AtTarget,
    Settings,
    diagnose,
    emulations,
    summary_schema,
)
from analog_sbi.inference.amortized import members
from analog_sbi.inference.posterior import from_plain
from analog_sbi.logs import job_log
from analog_sbi.randomness import integer_seed


def main(
    *,
    seed: int,
    backend: str,
    name: str,
    size: int,
    settings: dict,
    max_draws: int,
    maker: Maker,
    posterior: str,
    tests: str,
    output_curves: str,
    output_summary: str,
) -> None:
    """Diagnose every seed and every ensemble of ``size`` seeds."""
    torch.set_num_threads(1)
    trained = from_plain(read_plain(posterior))
    problem = trained.problem
    names, target = problem.parameters, problem.target
    known = emulations(read_table(tests), names, problem.features)
    purpose = (seed, backend, name, "check_calibration")
    of_tests, of_target = (
        members(trained, x, size, settings["samples"], integer_seed(*purpose, what), max_draws)
        for what, x in (("tests", known.x), ("target", target[None]))
    )
    curves, rows = [], []
    for (kind, member), answers in of_tests.items():
        at_target = AtTarget(of_target[kind, member].samples[:, 0], target)
        number = integer_seed(*purpose, "diagnose")
        found = diagnose(answers, known, at_target, names, Settings(**settings), number)
        key = {"kind": kind, "member": np.int64(member)}
        curves.append(found.curves.assign(**key))
        rows.append(
            {
                **key,
                **found.numbers,
                "tests": len(known.x),
                "samples": settings["samples"],
                "acceptance": float(answers.log_mass.exp().min()),
                "blind": any(history["blind"] for history in answers.posterior.history),
            }
        )
        logging.info("%s %d: coverage error %+.3f", kind, member, found.numbers["coverage_error"])
    write_table(pd.concat(curves, ignore_index=True), output_curves, CURVES, maker)
    write_table(pd.DataFrame(rows), output_summary, summary_schema(names), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            seed=snakemake.params.seed,
            backend=snakemake.wildcards.backend,
            name=snakemake.wildcards.experiment,
            size=snakemake.params.size,
            settings=snakemake.params.settings,
            max_draws=snakemake.params.max_draws,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            posterior=snakemake.input.posterior,
            tests=snakemake.input.tests,
            output_curves=snakemake.output.curves,
            output_summary=snakemake.output.summary,
        )
