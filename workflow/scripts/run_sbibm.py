"""Infer the parameters of a task of sbibm given all its observations; how close is the answer?

Output: a row an observation with ``c2st`` to the reference posterior, ``minutes`` and
``acceptance`` (``sbibm.scoring``).
"""

from analog_sbi.jobs import job

import torch

from analog_sbi.artifacts import Maker, write_table
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.sbibm.inference import infer
from analog_sbi.sbibm.scoring import SCORES, score


def main(
    *,
    task: str,
    budget: int,
    seed: int,
    observations: list[int],
    samples: int,
    batch_size: int,
    max_draws: int,
    estimator: dict,
    inference: dict,
    maker: Maker,
    output: str,
) -> None:
    """Run SNPE with ``budget`` simulations of each observation and compare ``samples``."""
    torch.set_num_threads(1)
    run = infer(
        task,
        observations,
        budget,
        study_seed=seed,
        samples=samples,
        estimator=EstimatorSettings(**estimator),
        training=TrainingSettings.of(inference | {"batch_size": batch_size}),
        max_draws=max_draws,
    )
    write_table(score(task, observations, budget, run), output, SCORES, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            task=snakemake.wildcards.task,
            budget=int(snakemake.wildcards.budget),
            seed=snakemake.params.seed,
            observations=list(snakemake.params.settings["observations"]),
            samples=snakemake.params.settings["samples"],
            batch_size=snakemake.params.settings["batch_size"],
            max_draws=snakemake.params.settings["max_draws"],
            estimator=snakemake.params.settings["estimator"],
            inference=snakemake.params.inference,
            maker=maker,
            output=snakemake.output[0],
        )
