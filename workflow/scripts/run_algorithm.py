"""Run the algorithm of an experiment for every seed.

Outputs: posterior samples (of searches the best points), every emulation that was used, what
each seed cost and whether its network is blind, and where an amortized posterior puts parameters of
tests (no rows for others). The cost is measured, so that only this table differs between equal
runs.
"""

import time

import numpy as np
import pandas as pd
import torch

from analog_sbi.algorithms import run
from analog_sbi.algorithms.amortized import positions
from analog_sbi.algorithms.task import Emulations, Task
from analog_sbi.artifacts import Maker, read_table, write_table
from analog_sbi.backends import make
from analog_sbi.checks import diagnostics
from analog_sbi.inference.rounds import TrainingSettings
from analog_sbi.logs import counter, job_log
from analog_sbi.problem import posed
from analog_sbi.randomness import generator, integer_seed
from analog_sbi.tables import (
    CALIBRATION,
    COST,
    measured,
    measurements_schema,
    positions_schema,
    samples_schema,
    units,
)


def main(
    *,
    backend: str,
    settings: dict,
    seed: int,
    name: str,
    experiment: dict,
    training: dict,
    samples: int,
    maker: Maker,
    calibration: str,
    target: str,
    tests: str | None,
    asked: int,
    outputs: dict[str, str],
) -> None:
    """Run ``name`` with the emulations of all its rounds for each seed.

    Amortized posteriors are put to the first ``asked`` of the ``tests``.
    """
    torch.set_num_threads(1)
    device = make(backend, settings)
    calibrated = read_table(calibration, CALIBRATION)
    problem = posed(experiment, device, target, (0,))
    names, features = list(problem.parameters), list(problem.features)
    task = Task(
        problem=problem,
        rounds=tuple(experiment["rounds"]),
        samples=samples,
        training=TrainingSettings.of(training),
        max_draws=training["max_draws"],
    )
    table = read_table(tests)[:asked] if tests else pd.DataFrame(columns=[*names, *features])
    known = diagnostics.emulations(table, names, features)
    drawn, emulated, costs, positioned = [], [], [], []
    with counter(experiment["seeds"], name) as progress:
        for number in range(experiment["seeds"]):
            random = generator(seed, backend, name, "run_algorithm", number)
            emulations = Emulations(
                measure=lambda theta, g=random: device.measure(calibrated, theta, g),
                select=lambda heights: measured(device, heights)[features].to_numpy(),
                budget=task.budget,
            )
            started = time.perf_counter()
            algorithm_seed = integer_seed(seed, backend, name, number) % 2**62
            outcome = run(experiment["algorithm"], emulations, task, algorithm_seed)
            total = time.perf_counter() - started
            table = pd.DataFrame(outcome.samples.double().numpy(), columns=names)
            density = np.nan if outcome.log_prob is None else outcome.log_prob.double().numpy()
            drawn.append(table.assign(log_prob=density, seed=number, round=len(task.rounds) - 1))
            used = measured(device, np.concatenate(emulations.heights))
            used[names] = np.concatenate(emulations.theta)
            emulated.append(used.assign(seed=number))
            costs.append(
                {
                    "seed": number,
                    "emulations": emulations.count,
                    "emulating_s": emulations.seconds,
                    "thinking_s": total - emulations.seconds,
                    "blind": outcome.blind,
                }
            )
            place = positions(outcome, problem, known.theta, known.x).double().numpy()
            positioned.append(pd.DataFrame(place, columns=names).assign(seed=number))
            progress(1)
    of_units = units(device, names)
    write_table(pd.concat(drawn), outputs["samples"], samples_schema(names), maker, of_units)
    write_table(
        pd.concat(emulated),
        outputs["emulations"],
        measurements_schema(names, device.length, "seed"),
        maker,
        of_units,
        provenance=device.provenance(calibrated),
    )
    write_table(pd.DataFrame(costs), outputs["cost"], COST, maker)
    write_table(pd.concat(positioned), outputs["positions"], positions_schema(names), maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            backend=snakemake.wildcards.backend,
            settings=snakemake.params.settings | {"threads": snakemake.threads},
            seed=snakemake.params.seed,
            name=snakemake.wildcards.experiment,
            experiment=snakemake.params.experiment,
            training=snakemake.params.training,
            samples=snakemake.params.samples,
            calibration=snakemake.input.calibration,
            target=snakemake.input.target,
            tests=snakemake.input.get("tests") or None,
            asked=snakemake.params.asked,
            outputs=dict(snakemake.output.items()),
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
        )
