"""Common mean of a wide and a narrow normal distribution (Sisson et al., 2007)."""

import numpy as np

from analog_sbi.sbibm.faces import data, parameters

space = parameters([-10.0] * 2, [10.0] * 2)
signals, observables = data(2)


def measure(inputs, generator):
    """Parameters (N, 2) and noise of standard deviation 1 or 0.1."""
    spread = np.where(generator.random(len(inputs)) < 0.5, 1.0, 0.1)
    return {"data": generator.normal(inputs, spread[:, None])}
