"""Repair the networks of an experiment in one way, and judge what they answer.

Output: a row a seed and ensemble with coverage over the prior, distance to the reference, width and
time (``remedies/comparison.py``).
"""

from analog_sbi.jobs import job

from time import perf_counter

import torch

from analog_sbi import posterior
from analog_sbi.algorithms.running import as_dataset
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.diagnostics.coverage import prior_tests
from analog_sbi.diagnostics.keys import expect_problem
from analog_sbi.diagnostics.reference_distance import Reference
from analog_sbi.problem import Problem, expect_same
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.remedies.answering import members
from analog_sbi.remedies.comparison import JUDGED, judged
from analog_sbi.remedies.repairing import repair
from analog_sbi.tables.measurements import parameters_schema


def main(
    *,
    problem: dict,
    seed: int,
    experiment: str,
    remedy: str,
    asked: int,
    compared: int,
    samples: int,
    steps: int,
    size: int,
    max_draws: int,
    maker: Maker,
    tables: dict[str, str],
    output: str,
) -> None:
    """Judge networks repaired by ``remedy`` on the first ``asked`` tests.

    ``compared`` samples of each are compared with the reference, ``size`` seeds are an ensemble.
    """
    torch.set_num_threads(1)
    posed = Problem.from_plain(problem)
    of_problem = ("parameters", "observations", "cost", "reference")
    expect_problem(posed.key, *(tables[name] for name in of_problem))
    networks = posterior.read_networks(tables["posterior"])
    expect_same(posed.key, networks.problem.key, tables["posterior"])
    schema = parameters_schema(posed.parameters, "seed")
    theta, x = read_table(tables["parameters"], schema), read_table(tables["observations"])
    data = [as_dataset(theta, x, posed).of("seed", s) for s in networks.seeds]
    start = perf_counter()
    repaired = repair(remedy, networks, data, seed, max_draws)
    repairing = (perf_counter() - start) / len(networks.seeds)
    tests = prior_tests(read_table(tables["tests"])[:asked], posed)
    purpose = (seed, posed.setup.backend, experiment, "judge_remedy", remedy)
    of_tests, of_target = (
        members(repaired, observed, size, count, integer_seed(*purpose, what), max_draws)
        for what, observed, count in (
            ("tests", tests.x, samples),
            ("target", repaired.target[None], compared),
        )
    )
    known = read_table(tables["reference"])[list(posed.parameters)].to_numpy()
    exact = Reference(generator(*purpose).permutation(known), posed.space)
    table = judged(
        of_tests,
        of_target,
        tests,
        posed.prior.log_prob(tests.theta.double().numpy()),
        exact,
        samples,
        steps,
        read_table(tables["cost"])["thinking_s"].mean() + repairing,
        size,
        integer_seed(*purpose, "classifier") % 2**32,
    )
    write_table(table, output, JUDGED, maker, problem=posed.key)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            problem=snakemake.params.problem,
            seed=snakemake.params.seed,
            experiment=snakemake.wildcards.experiment,
            remedy=snakemake.wildcards.repair,
            asked=snakemake.params.asked,
            compared=snakemake.params.compared,
            samples=snakemake.params.samples,
            steps=snakemake.params.steps,
            size=snakemake.params.size,
            max_draws=snakemake.params.max_draws,
            maker=maker,
            tables=dict(snakemake.input.items()),
            output=snakemake.output[0],
        )
