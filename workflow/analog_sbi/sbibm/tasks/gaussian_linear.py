"""Mean of a normal distribution with a normal prior, in ten dimensions."""

import numpy as np

from analog_sbi.sbibm.faces import data, unbounded

VARIANCE = 0.1  # of the prior, and of the noise

space = unbounded(10)
prior = {name: {"normal": [0.0, np.sqrt(VARIANCE)]} for name in space.names}
signals, observables = data(10)


def measure(inputs, generator):
    """Parameters (N, 10) and noise."""
    return {"data": generator.normal(inputs, np.sqrt(VARIANCE))}
