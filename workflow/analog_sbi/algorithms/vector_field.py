"""Posteriors as vector fields, trained once on emulations of the prior.

Noise is added to parameters, so they have to be on the scale of the noise: sbi standardizes them
where ``compose_standardization`` is set. Without it the codes of the chip, which reach 1022, are
hardly diffused, and score matching returns little else than the prior.
"""

from __future__ import annotations

from collections.abc import Callable

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded
from analog_sbi.algorithms.training import options, trainer


def flow_matching(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """FMPE (Wildberger et al., 2023) with sbi's default network."""
    from sbi.inference import FMPE
    from sbi.neural_nets import posterior_flow_nn

    return _amortized(FMPE, posterior_flow_nn, simulate, task, seed)


def score(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """NPSE (Geffner et al., 2023; Sharrock et al., 2024) with sbi's default network."""
    from sbi.inference import NPSE
    from sbi.neural_nets import posterior_score_nn

    return _amortized(NPSE, posterior_score_nn, simulate, task, seed)


def _amortized(kind: type, network: Callable, simulate: Simulate, task: Task, seed: int) -> Outcome:
    field = network(compose_standardization=True)
    with seeded(seed):
        inference = trainer(kind, task.prior(), vf_estimator=field)
        theta = task.prior().sample((task.budget,))
        inference.append_simulations(theta, simulate(theta))
        inference.train(**options(task))
        posterior = inference.build_posterior().set_default_x(task.problem.target)
        return Outcome(posterior.sample((task.samples,), show_progress_bars=False))
