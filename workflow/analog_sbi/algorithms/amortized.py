"""Where parameters of tests lie among samples of an amortized posterior given their measurements.

K samples of D parameters given each of M tests.
"""

from __future__ import annotations

import torch
from torch import Tensor

from analog_sbi.algorithms.task import Outcome
from analog_sbi.inference.posterior import Problem, within

SAMPLES = 99  # given each test: 100 ranks, so that the edges of a central interval lie between two


def positions(outcome: Outcome, problem: Problem, theta: Tensor, x: Tensor) -> Tensor:
    """Positions (M, D), 0 to 1, of parameters theta (M, D) among samples given measurements (M, F).

    Samples outside the prior's bounds do not count; positions are missing where none is inside.
    No rows if the posterior is not amortized.
    """
    if outcome.answer is None or not len(theta):
        return torch.empty(0, theta.shape[1])
    return among(outcome.answer(x, SAMPLES), theta, problem)


def among(samples: Tensor, theta: Tensor, problem: Problem) -> Tensor:
    """The same for given samples (K, M, D)."""
    inside = within(problem, samples)
    below = ((samples < theta) & inside[..., None]).sum(dim=0)
    count = inside.sum(dim=0)[:, None]
    return torch.where(count > 0, (below + 0.5) / (count + 1), torch.nan)
