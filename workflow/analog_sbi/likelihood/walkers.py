"""Samples from an estimated likelihood by Markov chain Monte Carlo (emcee).

An ensemble of walkers moves by differential evolution (ter Braak and Vrugt, Stat. Comput. 18,
2008) and stretches (Goodman and Weare, CAMCoS 5, 2010); two independent ensembles tell whether
they have forgotten where they started. They walk over the logits of the place in the region: in the
box itself nearly all moves out of a corner end outside, and walkers there stand still.
Shapes: D parameters, W walkers, K steps, T samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import emcee
import numpy as np
from scipy.special import log_expit, softmax

from analog_sbi.errors import ConfigurationError
from analog_sbi.likelihood.likelihood import Likelihood, log_likelihood

START = 0.2  # exponent of the likelihood that starting points are drawn from
CANDIDATES = 20  # of which one becomes a starting point
ENSEMBLES = 2


@dataclass(frozen=True)
class Effort:
    """Walkers of an ensemble, steps that are forgotten, and steps that are kept."""

    walkers: int
    burn_in: int
    steps: int


@dataclass(frozen=True)
class Sampler:
    """Draws posterior samples under a uniform prior on the region of a likelihood."""

    likelihood: Likelihood
    effort: Effort
    temper: float = 1.0

    def sample(
        self, x: np.ndarray, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, dict[str, float]]:
        """Samples (count, D) given x (F,), and how the walk went.

        ``r_hat`` is the largest over the parameters, ``effective_samples`` the smallest, of all
        that were kept, ``acceptance`` the mean. Raises ConfigurationError if fewer samples were
        kept than are asked for.
        """
        kept = ENSEMBLES * self.effort.walkers * self.effort.steps
        if count > kept:
            raise ConfigurationError(
                f"walkers: expected at most {kept} samples, found a request for {count}"
            )
        runs = [self._run(x, generator) for _ in range(ENSEMBLES)]
        chains = np.stack([run.get_chain(discard=self.effort.burn_in) for run in runs])
        autocorrelation = np.max(
            [run.get_autocorr_time(discard=self.effort.burn_in, tol=0) for run in runs], axis=0
        )
        flat = chains.reshape(-1, chains.shape[-1])
        chosen = generator.choice(len(flat), size=count, replace=False)
        return self.likelihood.region.bounded(flat[chosen]), {
            "r_hat": float(r_hat(chains).max()),
            "effective_samples": float(len(flat) / autocorrelation.max()),
            "acceptance": float(np.mean([run.acceptance_fraction.mean() for run in runs])),
        }

    def _log_likelihood(self, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
        return self.temper * log_likelihood(self.likelihood, theta, x)

    def _run(self, x: np.ndarray, generator: np.random.Generator) -> emcee.EnsembleSampler:
        region = self.likelihood.region

        def log_posterior(logits: np.ndarray) -> np.ndarray:
            volume = (log_expit(logits) + log_expit(-logits)).sum(axis=1)
            return self._log_likelihood(region.bounded(logits), x) + volume

        candidates = region.draw(CANDIDATES * self.effort.walkers, generator)
        weights = softmax(START * self._log_likelihood(candidates, x))
        start = candidates[
            generator.choice(len(weights), size=self.effort.walkers, p=weights, replace=False)
        ]
        run = emcee.EnsembleSampler(
            self.effort.walkers,
            len(region),
            log_posterior,
            moves=[(emcee.moves.DEMove(), 0.8), (emcee.moves.StretchMove(), 0.2)],
            vectorize=True,
        )
        legacy = np.random.RandomState(generator.integers(2**32))
        state = emcee.State(region.unbounded(start), random_state=legacy.get_state())
        run.run_mcmc(state, self.effort.burn_in + self.effort.steps)
        return run


def r_hat(chains: np.ndarray) -> np.ndarray:
    """Potential scale reduction (D,) of ensembles (E, K, W, D), each split into two halves.

    The ratio of the sd of all to that within (Gelman and Rubin, Stat. Sci. 7, 1992), where the
    draws of all walkers of an ensemble at half of its steps are one sequence.
    """
    count, steps, walkers, dimensions = chains.shape
    half = steps // 2
    parts = chains[:, : 2 * half].reshape(2 * count, half * walkers, dimensions)
    within = parts.var(axis=1, ddof=1).mean(axis=0)
    between = parts.mean(axis=1).var(axis=0, ddof=1)
    return np.sqrt(1 + between / within)
