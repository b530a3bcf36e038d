"""Mean of a normal distribution with a uniform prior, in ten dimensions."""

import numpy as np

from analog_sbi.sbibm.faces import data, parameters

space = parameters([-1.0] * 10, [1.0] * 10)
signals, observables = data(10)


def measure(inputs, generator):
    """Parameters (N, 10) and noise of variance 0.1."""
    return {"data": generator.normal(inputs, np.sqrt(0.1))}
