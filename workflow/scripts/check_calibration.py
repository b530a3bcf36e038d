"""Test whether the first round's posteriors of an experiment are calibrated.

Outputs: curves of expected coverage, ranks and TARP for every seed and ensemble, and a row of
numbers for each.
"""

import numpy as np
import pandas as pd
import torch

from analog_sbi.artifacts import Maker, read_plain, read_table, write_table
from analog_sbi.checks.calibration import CURVES, SUMMARY, Draws, diagnose, local_test
from analog_sbi.inference import ensemble
from analog_sbi.inference.amortized import amortize
from analog_sbi.inference.estimator import blind
from analog_sbi.inference.posterior import from_plain
from analog_sbi.logs import counter, job_log
from analog_sbi.randomness import integer_seed


def main(
    *,
    backend: str,
    experiment: str,
    seed: int,
    size: int,
    shown: int,
    settings: dict,
    max_draws: int,
    maker: Maker,
    posterior: str,
    tests: str,
    output_curves: str,
    output_summary: str,
) -> None:
    """Diagnose every network and ensembles of ``size``; L-C2ST for those and seed ``shown``."""
    torch.set_num_threads(1)
    trained = from_plain(read_plain(posterior))
    problem = trained.problem
    columns = [*problem.parameters, *problem.features]
    table = read_table(tests)[columns].dropna().to_numpy(dtype=np.float32)
    theta, x = np.split(table, [len(problem.parameters)], axis=1)
    fresh = Draws(torch.from_numpy(theta.copy()), torch.from_numpy(x.copy()), problem.parameters)
    levels = np.linspace(0, 1, settings["levels"] + 2)[1:-1]

    single = ensemble.of(trained, 1)
    groups = [("seed", number, single, number) for number in range(len(single.members))]
    several = ensemble.of(trained, size)
    groups += [("ensemble", number, several, number) for number in range(len(several.members))]
    curves, rows = [], []
    with counter(len(groups), f"{experiment} calibration") as progress:
        for kind, number, mixture, index in groups:
            networks = ensemble.networks(mixture, index)
            random = integer_seed(seed, backend, experiment, "check_calibration", kind, number)
            posterior_of = amortize(networks, fresh.x, settings["samples"], random, max_draws)
            found, numbers = diagnose(posterior_of, fresh, levels, random)
            if kind == "ensemble" or problem.seeds[number] == shown:
                given = amortize(
                    networks, problem.target[None], settings["samples"], random, max_draws
                )
                numbers["lc2st_p"] = local_test(
                    posterior_of,
                    fresh,
                    given.samples[:, 0],
                    problem.target,
                    settings["lc2st_trials"],
                    random,
                )
            curves.append(found.assign(kind=kind, member=number))
            sees = not bool(blind(networks.state).any())
            rows.append({"kind": kind, "member": number, "tests": len(x), "blind": not sees})
            rows[-1] |= {"lc2st_p": np.nan} | numbers
            progress(1)
    write_table(pd.concat(curves, ignore_index=True), output_curves, CURVES, maker)
    write_table(pd.DataFrame(rows), output_summary, SUMMARY, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            experiment=snakemake.wildcards.experiment,
            seed=snakemake.params.seed,
            size=snakemake.params.size,
            shown=snakemake.params.shown,
            settings=snakemake.params.settings,
            max_draws=snakemake.params.max_draws,
            posterior=snakemake.input.posterior,
            tests=snakemake.input.tests,
            output_curves=snakemake.output.curves,
            output_summary=snakemake.output.summary,
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
