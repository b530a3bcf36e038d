"""Likelihoods and ratios learned in rounds, sampled by Markov chains."""

from __future__ import annotations

from typing import Any

import torch

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded
from analog_sbi.algorithms.training import options, trainer
from analog_sbi.inference.estimator import permuted

# sbi's default sampler; more chains that keep each second step, for many samples at once.
CHAINS = {"num_chains": 50, "warmup_steps": 100, "thin": 2}


def likelihood(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """SNLE (Papamakarios et al., 2019) with a flow of the study's size."""
    from sbi.inference import NLE
    from sbi.neural_nets import likelihood_nn

    size = task.problem.estimator
    flow = likelihood_nn(
        "maf",
        hidden_features=size.hidden,
        num_transforms=size.transforms,
        num_blocks=size.blocks,
    )

    def build(*data: Any) -> Any:
        return permuted(flow(*data), size)

    with seeded(seed):
        return _rounds(trainer(NLE, task.prior(), density_estimator=build), simulate, task)


def ratio(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """SNRE-B (Durkan et al., 2020) with sbi's default classifier."""
    from sbi.inference import NRE
    from sbi.neural_nets import classifier_nn

    with seeded(seed):
        network = classifier_nn("resnet")
        return _rounds(trainer(NRE, task.prior(), classifier=network), simulate, task)


def _rounds(inference: Any, simulate: Simulate, task: Task) -> Outcome:
    """Train after each round and propose from the posterior so far."""
    proposal = task.prior()
    for count in task.rounds:
        theta = _draw(proposal, count)
        inference.append_simulations(theta, simulate(theta))
        inference.train(**options(task))
        posterior = inference.build_posterior(
            mcmc_method="slice_np_vectorized", mcmc_parameters=CHAINS
        )
        proposal = posterior.set_default_x(task.problem.target)
    samples = _draw(posterior, task.samples)
    return Outcome(samples, torch.as_tensor(posterior.potential(samples)).detach())


def _draw(proposal: Any, count: int) -> torch.Tensor:
    """Samples of the prior or of a posterior, within the prior's bounds."""
    quiet = {"show_progress_bars": False} if hasattr(proposal, "potential") else {}
    return proposal.sample((count,), **quiet)
