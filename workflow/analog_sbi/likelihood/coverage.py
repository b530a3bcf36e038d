"""Simulation-based coverage of a reference posterior (Talts et al., arXiv:1804.06788).

Parameters drawn from the prior on the region, and measured, are ranked among posterior samples
given their measurement. The ranks are uniform if likelihood and sampler are right.
Shapes: K draws, D parameters, F features, T samples.
"""

from __future__ import annotations

import numpy as np
import torch
from sbi.diagnostics.sbc import check_uniformity_frequentist

from analog_sbi.likelihood.likelihood import Likelihood, log_likelihood
from analog_sbi.likelihood.sampling import Sampler

SAMPLES = 1000  # posterior samples that a draw is ranked among


def ranks(
    sampler: Sampler,
    likelihood: Likelihood,
    theta: np.ndarray,
    x: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Ranks (K, D + 1) of draws theta (K, D) given their measurements x (K, F).

    The number of samples below in each parameter, then that of samples with a higher posterior
    density: the level of the smallest highest-density region that holds the draw.
    """
    rows = []
    for truth, observation in zip(theta, x, strict=True):
        samples, _ = sampler.sample(observation, SAMPLES, generator)
        density = log_likelihood(likelihood, np.vstack([truth, samples]), observation)
        rows.append([*(samples < truth).sum(axis=0), (density[1:] > density[0]).sum()])
    return np.array(rows, dtype=float)


def uniformity(ranks: np.ndarray) -> np.ndarray:
    """P-values (D + 1,) of Kolmogorov and Smirnov's test, that of sbi, that ranks are uniform."""
    return check_uniformity_frequentist(torch.as_tensor(ranks), SAMPLES).numpy()
