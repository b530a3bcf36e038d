"""Sequential neural posterior estimation: atomic loss, and truncated proposals."""

from __future__ import annotations

import torch

from analog_sbi.algorithms.task import Outcome, Simulate, Task, seeded
from analog_sbi.algorithms.training import SAMPLING, options, trainer
from analog_sbi.inference import posterior as networks
from analog_sbi.inference.estimator import blind, build_network, stack
from analog_sbi.inference.rounds import RoundData
from analog_sbi.inference.training import train_round

# Support of a truncated proposal: quantile of the density of posterior samples (sbi's default),
# from fewer samples than sbi's million, which take as long as the training.
QUANTILE, SUPPORT_SAMPLES = 1e-4, 100_000


def atomic(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """SNPE-C (Greenberg et al., 2019), trained as in the study's experiments."""
    rounds, posterior = [], None
    with seeded(seed):
        theta = task.prior().sample(task.rounds[:1])
        for number in range(len(task.rounds)):
            x = simulate(theta)
            rounds.append(RoundData(theta[None].numpy(), x[None].numpy()))
            posterior = train_round(
                rounds,
                posterior,
                problem=task.problem,
                settings=task.training,
                seeds=[seed + number],
            )
            count = (*task.rounds[1:], task.samples)[number]
            drawn, _ = networks.sample(posterior, count, [seed + number], task.max_draws)
            theta = drawn[0]
    sees_nothing = posterior.history[0]["blind"]
    return Outcome(theta, networks.log_prob(posterior, theta)[0], sees_nothing)


def truncated(simulate: Simulate, task: Task, seed: int) -> Outcome:
    """TSNPE (Deistler et al., 2022): the prior where the last posterior has mass."""
    from sbi.inference import NPE
    from sbi.utils import RestrictedPrior, get_density_thresholder

    prior = task.prior()
    with seeded(seed):
        inference = trainer(
            NPE,
            prior,
            density_estimator=lambda theta, x: build_network(task.problem.estimator, theta, x),
        )
        proposal = prior
        for number, count in enumerate(task.rounds):
            theta = proposal.sample((count,))
            inference.append_simulations(theta, simulate(theta))
            inference.train(force_first_round_loss=True, **options(task))
            posterior = inference.build_posterior().set_default_x(task.problem.target)
            if number + 1 < len(task.rounds):
                accepts = get_density_thresholder(
                    posterior, quantile=QUANTILE, num_samples_to_estimate_support=SUPPORT_SAMPLES
                )
                proposal = RestrictedPrior(prior, accepts, sample_with="rejection")
        samples = posterior.sample((task.samples,), **SAMPLING)
        density = posterior.log_prob(samples, norm_posterior=False)
        sees_nothing = bool(blind(stack([posterior.posterior_estimator]))[0])
    return Outcome(samples, torch.as_tensor(density), sees_nothing)
