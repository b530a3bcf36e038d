"""An epidemic: rates of contact and recovery from numbers of infected among a thousand people.

Inferred as ``logarithm``, of which the prior is normal.
"""

import numpy as np

from analog_sbi.models import Mapped
from analog_sbi.sbibm.faces import data, parameters, rungekutta, unbounded

PEOPLE, TESTED = 1e6, 1000
STEP, EVERY, TIMES = 0.1, 170, 10  # days, steps; 0, 17, ..., 153 days
space = parameters([0.0] * 2, [np.inf] * 2)
LOGARITHMS = unbounded(2, "log_theta")
prior = {
    "log_theta_1": {"normal": [np.log(0.4), 0.5]},
    "log_theta_2": {"normal": [np.log(0.125), 0.2]},
}
parameterizations = {"logarithm": lambda inputs: Mapped(LOGARITHMS, np.exp)}
signals, observables = data(TIMES)


def infected(inputs):
    """Shares (N, 10) of infected people at contact and recovery rates (N, 2) per day."""
    contact, recovery = inputs.T

    def slope(state):
        new = contact * state[0] * state[1]
        return np.stack([-new, new - recovery * state[1]])

    start = np.stack([np.full(len(inputs), 1 - 1 / PEOPLE), np.full(len(inputs), 1 / PEOPLE)])
    return np.clip(rungekutta(slope, start, STEP, EVERY, TIMES)[:, 1].T, 0.0, 1.0)


def measure(inputs, generator):
    """How many of those that are tested are infected (N, 10)."""
    return {"data": generator.binomial(TESTED, infected(inputs)).astype(float)}
