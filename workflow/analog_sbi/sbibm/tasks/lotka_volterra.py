"""Predators and prey: rates of birth and death from noisy numbers of both.

Inferred as ``logarithm``, of which the prior is normal, given the logarithms of the numbers, whose
noise is normal.
"""

import numpy as np

from analog_sbi.models import Mapped
from analog_sbi.sbibm.faces import data, parameters, rungekutta, unbounded

STEP, EVERY, TIMES = 0.005, 420, 10  # days, steps; 0, 2.1, ..., 18.9 days
NOISE = 0.1  # of the logarithm of a number
space = parameters([0.0] * 4, [np.inf] * 4)
LOGARITHMS = unbounded(4, "log_theta")
prior = {
    name: {"normal": [mean, 0.5]}
    for name, mean in zip(LOGARITHMS.names, (-0.125, -3.0, -0.125, -3.0), strict=True)
}
parameterizations = {"logarithm": lambda inputs: Mapped(LOGARITHMS, np.exp)}
signals, observables = data(2 * TIMES, np.log, "log_data")


def animals(inputs):
    """Logarithms (N, 20) of the numbers of prey and then predators, at rates (N, 4) per day."""
    birth, eaten, death, fed = inputs.T

    def slope(state):
        return np.stack([birth - eaten * np.exp(state[1]), fed * np.exp(state[0]) - death])

    start = np.log(np.array([[30.0], [1.0]])) + np.zeros((2, len(inputs)))
    states = rungekutta(slope, start, STEP, EVERY, TIMES)
    return states.transpose(2, 1, 0).reshape(len(inputs), -1)


def measure(inputs, generator):
    """Numbers of prey and predators (N, 20) as they are counted."""
    numbers = np.clip(animals(inputs), np.log(1e-10), np.log(1e4))
    return {"data": np.exp(generator.normal(numbers, NOISE))}
