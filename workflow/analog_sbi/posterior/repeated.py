"""The posterior given several trials, not their mean.

Trials are independent given the parameters, so that likelihoods multiply: networks of a likelihood
or of its ratio (SNLE, SNRE) give the posterior up to a constant. Networks of a posterior that saw
the whole prior do as well. The posterior given n of them is proportional to the
product of the posteriors given each, in which the prior stands n times,

    p(theta | x_1, ..., x_n) ~ prod_i q(theta | x_i) / p(theta)^(n - 1)  within the prior's bounds,

which is sampled by importance (population Monte Carlo; Cappe et al., 2004): a Student
distribution is fitted to weighted samples of the round before it. Errors of a network add up as
well, n times, so that more trials ask for a better network. Meaningful after the first round only.
Shapes: S networks, n trials of F features, D parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import logsumexp
from torch import Tensor

from analog_sbi.posterior.base import Posterior, PosteriorFormatError
from analog_sbi.posterior.networks import Networks
from analog_sbi.posterior.stock import Stock
from analog_sbi.prior import Box, median_and_spread

POPULATION, ROUNDS = 4000, 6
FEWEST = 100.0  # independent samples, below which is warned
FREEDOM = 5.0  # of the Student distribution, whose tails are wider than the posterior's
WIDER = 1.5  # by which its covariance exceeds that of the samples


def sample_given(
    posterior: Networks | Stock, trials: Tensor, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Samples (S, count, D) given trials (n, F), and how many they are worth (S,).

    Samples are drawn again from weighted ones, so that some come several times.
    """
    each = range(len(posterior.seeds))
    found = [_sample(posterior.select([i]), trials, count, seed + i) for i in each]
    return np.stack([part[0] for part in found]), np.array([part[1] for part in found])


def given_trials(
    posterior: Posterior, trials: np.ndarray, count: int, seeds: Sequence[int]
) -> tuple[Tensor, Tensor, np.ndarray]:
    """Samples (S, count, D) given trials (n, F), log densities (S, count), worth in samples (S,).

    ``seeds`` seed a generator for each network. Densities are up to a constant. Warns if samples
    are worth few independent ones; raises PosteriorFormatError for another posterior than one of
    SNLE or SNRE.
    """
    if not isinstance(posterior, Stock):
        kind = type(posterior).__name__.lower()
        raise PosteriorFormatError(f"kind: expected likelihoods or ratios, found {kind}")
    x = torch.tensor(trials, dtype=torch.float32)
    networks = [posterior.select([i]) for i in range(len(posterior.seeds))]
    drawn = [_sample(own, x, count, seed) for own, seed in zip(networks, seeds, strict=True)]
    theta = torch.tensor(np.stack([part[0] for part in drawn]), dtype=torch.float32)
    worth = np.array([part[1] for part in drawn])
    if worth.min() < FEWEST:
        logging.warning(
            "samples given %d trials are worth %.0f independent ones", len(x), worth.min()
        )
    pairs = zip(networks, theta, strict=True)
    return theta, torch.cat([own.log_prob_of(x, place) for own, place in pairs]), worth


@torch.no_grad()
def log_density(posterior: Networks | Stock, trials: Tensor, theta: np.ndarray) -> np.ndarray:
    """Log density (A,) at parameters (A, D) given trials (n, F), up to a constant; of one network.

    -inf out of the prior's bounds, and in tails that networks have not seen, where the quotient of
    densities is anything.
    """
    asked = torch.tensor(theta, dtype=torch.float32)
    if isinstance(posterior, Stock):
        return posterior.log_prob_of(trials, asked)[0].double().numpy()
    each = posterior.flow.log_prob(asked.expand(1, len(trials), *asked.shape), trials[None])
    whole = each[0].double().sum(dim=0).numpy()
    prior = posterior.problem.prior
    low, high = prior.window
    inside = ((theta >= low) & (theta <= high)).all(axis=-1) & prior.contains(theta)
    if not isinstance(prior, Box):
        whole = whole - (len(trials) - 1) * np.where(inside, prior.log_prob(theta), 0.0)
    return np.where(inside, whole, -np.inf)


def _sample(
    network: Networks | Stock, trials: Tensor, count: int, seed: int
) -> tuple[np.ndarray, float]:
    from scipy.stats import multivariate_t

    random, prior = np.random.default_rng(seed), network.problem.prior
    theta = prior.draw(POPULATION, random)
    uniform = isinstance(prior, Box)
    proposed = np.zeros(len(theta)) if uniform else prior.log_prob(theta)
    width = prior.space.width if uniform else median_and_spread(prior)[1]
    density = log_density(network, trials, theta)
    for number in range(ROUNDS):
        # a flattened density first, of which draws from the prior hold enough
        flat = 4.0 ** min(0, number + 2 - ROUNDS)
        share = _shares(flat * density - proposed)
        mean = share @ theta
        spread = WIDER * np.cov(theta.T, aweights=share, ddof=0).reshape(len(width), -1)
        spread += np.diag((1e-6 * width) ** 2)
        proposal = multivariate_t(mean, spread, df=FREEDOM, seed=random)
        theta = proposal.rvs(POPULATION).reshape(POPULATION, -1)
        proposed, density = proposal.logpdf(theta), log_density(network, trials, theta)
    share = _shares(density - proposed)
    return theta[random.choice(len(theta), size=count, p=share)], float(1 / (share**2).sum())


def _shares(log_weights: np.ndarray) -> np.ndarray:
    """Weights (N,) that sum to one."""
    return np.exp(log_weights - logsumexp(log_weights))
