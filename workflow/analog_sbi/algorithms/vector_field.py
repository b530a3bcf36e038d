"""Posteriors as vector fields, trained once on emulations of the prior."""

from __future__ import annotations

from analog_sbi.algorithms.task import Outcome, Simulate, Task, draw_prior, seeded
from analog_sbi.algorithms.training import options, trainer


def flow_matching(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """FMPE (Wildberger et al., 2023) with sbi's default network."""
    from sbi.inference import FMPE

    return _amortized(FMPE, simulate, task, seed)


def score(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """NPSE (Geffner et al., 2023; Sharrock et al., 2024) with sbi's default network."""
    from sbi.inference import NPSE

    return _amortized(NPSE, simulate, task, seed)


def _amortized(kind: type, simulate: Simulate, task: Task, seed: int) -> Outcome:
    with seeded(seed):
        inference = trainer(kind, task.prior())
        theta = draw_prior(task.problem, task.budget)
        inference.append_simulations(theta, simulate(theta))
        inference.train(**options(task))
        posterior = inference.build_posterior().set_default_x(task.problem.target)
        return Outcome(posterior.sample((task.samples,), show_progress_bars=False))
