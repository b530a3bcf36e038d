"""Spikes of a generalized linear model of a neuron, without statistics of them."""

from analog_sbi.sbibm.faces import data
from analog_sbi.sbibm.tasks import bernoulli_glm

space, prior = bernoulli_glm.space, bernoulli_glm.prior
parameterizations = bernoulli_glm.parameterizations
signals, observables = data(100)


def measure(inputs, generator):
    """Spikes (N, 100)."""
    return {"data": bernoulli_glm.spikes(inputs, generator)}
