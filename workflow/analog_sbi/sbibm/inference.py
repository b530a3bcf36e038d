"""SNPE of one task given all of its observations side by side.

Observations take the place of seeds: their networks are trained together, each on its own
simulations of the same prior and simulator, and each proposes given its own observation.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from analog_sbi.algorithms.running import Cost, Streams, run
from analog_sbi.algorithms.snpe import Atomic
from analog_sbi.algorithms.task import Progress, Task
from analog_sbi.backends import Setup, make
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.measuring import Measurements, measure_members
from analog_sbi.models import load
from analog_sbi.posterior import Networks
from analog_sbi.problem import Given, Problem, parameterization_of, pose
from analog_sbi.provenance import file_digest
from analog_sbi.randomness import integer_seed
from analog_sbi.sbibm import archive, task_file
from analog_sbi.sbibm.faces import DATA

ROUNDS = 10  # of equal size, as sbibm's


@dataclass(frozen=True)
class Run:
    """Samples (O, N, D) of the task's own parameters, and what they cost.

    ``acceptance`` (O,) is the share of draws within the prior's bounds, ``seconds`` the processor's
    time of all observations together.
    """

    samples: np.ndarray
    acceptance: np.ndarray
    seconds: float


class SideBySide(Atomic):
    """SNPE-C of which each seed has an observation of its own, a row of ``targets`` (O, F)."""

    def __init__(self, targets: Tensor) -> None:
        """Take the observations of the seeds in turn."""
        self.targets = targets

    def _proposal(self, networks: Networks, count: int, seeds: Sequence[int], task: Task) -> Tensor:
        return answers(networks, self.targets, count, seeds, task.max_draws)[0]


def answers(
    networks: Networks, targets: Tensor, count: int, seeds: Sequence[int], max_draws: int
) -> tuple[Tensor, Tensor]:
    """Samples (O, count, D) of each network given its own target (O, F), and acceptance (O,)."""
    parts = [
        networks.select([i]).given(target).sample(count, [seed], max_draws)
        for i, (target, seed) in enumerate(zip(targets, seeds, strict=True))
    ]
    samples, acceptance = zip(*parts, strict=True)
    return torch.cat(samples), torch.cat(acceptance)


def posed(name: str, observations: Sequence[int]) -> Problem:
    """Problem of a task given observations; of several, they are one target by name.

    Parameters are those without bounds, or nearly so, where the task has such.
    """
    path = task_file(name)
    setup = Setup("function", path, {"code": file_digest(path)})
    named = f"observations {', '.join(map(str, observations))} of {name}"
    parameters = list(load(path).parameterizations)[-1]
    target = Given(named, str(archive.folder() / name), named)
    return pose(setup, make(setup), parameters, observable_of(name), {}, target)


def _silent(round: int) -> AbstractContextManager[Progress]:
    """Tell nothing of a training."""
    return nullcontext(lambda epochs, seeds: None)


def observable_of(name: str) -> str:
    """Name of the observable of a task."""
    return next(iter(load(task_file(name)).observables))


def infer(
    name: str,
    observations: Sequence[int],
    budget: int,
    *,
    study_seed: int,
    samples: int,
    estimator: EstimatorSettings,
    training: TrainingSettings,
    max_draws: int,
) -> Run:
    """Infer the parameters of a task given observations, with ``budget`` simulations of each.

    Batches of the training are as large as a round, or ``training.batch_size`` where that is less.
    """
    started = time.process_time()
    problem = posed(name, observations)
    seen = load(problem.setup.model).observable(problem.observable, problem.signals)
    raw = np.stack([archive.observation(name, number) for number in observations])
    targets = torch.tensor(seen({DATA: raw}), dtype=torch.float32)
    size = budget // ROUNDS
    task = Task(
        problem=problem,
        target=targets[0],
        rounds=(size,) * ROUNDS,
        seeds=tuple(observations),
        estimator=estimator,
        training=replace(training, batch_size=min(training.batch_size, size)),
        max_missing=0.0,
        max_draws=max_draws,
    )
    backend = make(problem.setup)
    calibration = backend.calibrate(np.random.default_rng(0))

    def measured(
        theta: Sequence[np.ndarray], random: Sequence[np.random.Generator]
    ) -> Measurements:
        return measure_members(
            backend,
            problem.setup.model,
            calibration,
            theta,
            problem.parameterization,
            [problem.observable],
            random,
        )

    streams = Streams(study_seed, "sbibm", f"{name}_{budget}", task.seeds)
    cost = Cost(np.zeros(len(observations), dtype=np.int64))
    rounds = run(SideBySide(targets), task, streams, measured, _silent, cost)
    *_, last = rounds
    seeds = [integer_seed(study_seed, "sbibm", name, str(budget), s) for s in observations]
    assert isinstance(last.posterior, Networks)
    theta, acceptance = answers(last.posterior, targets, samples, seeds, max_draws)
    mapping = parameterization_of(problem, backend.inputs)
    own = np.stack([mapping(part) for part in theta.double().numpy()])
    return Run(own, acceptance.numpy(), time.process_time() - started)
