"""Do the regions of the first round's posterior hold what they say? Each seed and ensemble.

Outputs: curves of expected coverage, ranks and TARP with their bands (``kind``, ``member``,
``method``, ``parameter``, ``level``, ``value``, ``low``, ``high``); and for each seed and ensemble
the errors and p-values (see ``diagnostics/coverage.py``), ``acceptance``, the least mass inside the
prior's bounds given any test, and ``blind``, for ensembles whether a member is.
"""

from analog_sbi.jobs import job

import torch

from analog_sbi import posterior
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.diagnostics.coverage import (
    CURVES,
    Settings,
    diagnose_members,
    prior_tests,
    summary_schema,
)
from analog_sbi.problem import Problem, expect_same
from analog_sbi.randomness import integer_seed
from analog_sbi.remedies.answering import members


def main(
    *,
    problem: dict,
    seed: int,
    experiment: str,
    size: int,
    settings: dict,
    max_draws: int,
    maker: Maker,
    networks: str,
    tests: str,
    output_curves: str,
    output_summary: str,
) -> None:
    """Diagnose every seed and every ensemble of ``size`` seeds."""
    torch.set_num_threads(1)
    posed, trained = Problem.from_plain(problem), posterior.read(networks)
    expect_same(posed.key, trained.problem.key, networks)
    how, known = Settings(**settings), prior_tests(read_table(tests), posed)
    purpose = (seed, posed.setup.backend, experiment, "check_calibration")
    of_tests, of_target = (
        members(trained, x, size, how.samples, integer_seed(*purpose, what), max_draws)
        for what, x in (("tests", known.x), ("target", trained.target[None]))
    )
    number = integer_seed(*purpose, "diagnose")
    curves, summary = diagnose_members(of_tests, of_target, known, posed.parameters, how, number)
    write_table(curves, output_curves, CURVES, maker, problem=posed.key)
    schema = summary_schema(posed.parameters)
    write_table(summary, output_summary, schema, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            size=snakemake.params.size,
            settings=snakemake.params.settings,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            networks=snakemake.input.posterior,
            tests=snakemake.input.tests,
            output_curves=snakemake.output.curves,
            output_summary=snakemake.output.summary,
        )
