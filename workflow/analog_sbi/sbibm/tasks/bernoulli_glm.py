"""Spikes of a generalized linear model of a neuron, and their sufficient statistics.

Parameters are an offset and a filter of nine values, normal with a covariance that makes filters
smooth. They are inferred as ``white`` parameters, of which each is standard normal.
"""

import numpy as np

from analog_sbi.models import Mapped
from analog_sbi.sbibm.archive import tensor
from analog_sbi.sbibm.faces import data, unbounded

FILTER = 9
space = unbounded(1 + FILTER)
WHITE = unbounded(1 + FILTER, "white")
prior = {name: {"normal": [0.0, 1.0]} for name in WHITE.names}
signals, observables = data(1 + FILTER)


def precision():
    """Inverse covariance (10, 10) of the prior, which punishes differences of second order."""
    steps = np.eye(FILTER) - np.diag(np.ones(FILTER - 1), -1)
    smooth = steps @ steps + np.diag(np.sqrt(np.arange(FILTER) / FILTER))
    whole = np.zeros((1 + FILTER, 1 + FILTER))
    whole[0, 0], whole[1:, 1:] = 0.5, smooth.T @ smooth
    return whole


def white(inputs):
    """Parameters as the factor of their covariance times standard normal ones."""
    factor = np.linalg.cholesky(np.linalg.inv(precision()))
    return Mapped(WHITE, lambda theta: theta @ factor.T)


parameterizations = {"white": white}


def spikes(inputs, generator):
    """Spikes (N, 100), 0 or 1, at parameters (N, 10)."""
    drive = inputs @ tensor("bernoulli_glm", "design_matrix.pt").astype(float).T
    return (generator.random(drive.shape) < 1 / (1 + np.exp(-drive))).astype(float)


def measure(inputs, generator):
    """Number of spikes, and the stimulus before them (N, 10)."""
    fired = spikes(inputs, generator)
    stimulus = tensor("bernoulli_glm", "stimulus_I.pt").astype(float)
    lagged = [fired[:, lag:] @ stimulus[: len(stimulus) - lag] for lag in range(FILTER)]
    return {"data": np.stack([fired.sum(axis=1), *lagged], axis=1)}
