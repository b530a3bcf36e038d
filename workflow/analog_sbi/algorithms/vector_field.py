"""Posteriors as vector fields, trained once on emulations of the prior.

Noise is added to parameters, so they have to be on the scale of the noise: parameters are brought
to mean 0 and variance 1 under the prior. With the codes of the chip, which reach 1022, they
are hardly diffused, and score matching returns little else than the prior. (sbi's
``compose_standardization`` would do the same, but answers one observation at a time.)
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded
from analog_sbi.algorithms.training import SAMPLING, options, trainer

EDGE = math.sqrt(3)  # a uniform distribution from -EDGE to EDGE has variance 1
LARGEST_BATCH = 100_000  # samples of all observations at a time, the most that sbi allows


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
    from sbi.utils import BoxUniform

    low, high = task.problem.low, task.problem.high
    prior = BoxUniform(torch.full_like(low, -EDGE), torch.full_like(high, EDGE))

    def codes(standard: Tensor) -> Tensor:
        return low + (standard + EDGE) / (2 * EDGE) * (high - low)

    with seeded(seed):
        inference = trainer(kind, prior, vf_estimator=network())
        standard = prior.sample((task.budget,))
        inference.append_simulations(standard, simulate(codes(standard)))
        inference.train(**options(task))
        posterior = inference.build_posterior().set_default_x(task.problem.target)
        samples = posterior.sample((task.samples,), **SAMPLING)

    def answer(x: Tensor, count: int) -> Tensor:
        with seeded(seed), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "[0-9.]+% of samples drawn", UserWarning)
            standard = posterior.sample_batched(
                (count,),
                x,
                reject_outside_prior=False,  # it would not end given some observations
                max_sampling_batch_size=max(1, LARGEST_BATCH // len(x)),
                show_progress_bars=False,
            )
        return codes(standard)

    return Outcome(codes(samples), answer=answer)
