"""Two moons: a posterior of two crescents (Greenberg et al., 2019)."""

import numpy as np

from analog_sbi.sbibm.faces import data, parameters

space = parameters([-1.0] * 2, [1.0] * 2)
signals, observables = data(2)


def measure(inputs, generator):
    """A point on a crescent, moved by what the parameters (N, 2) are along the diagonals."""
    angle = generator.uniform(-np.pi / 2, np.pi / 2, len(inputs))
    radius = generator.normal(0.1, 0.01, len(inputs))
    crescent = np.stack([radius * np.cos(angle) + 0.25, radius * np.sin(angle)], axis=1)
    total, difference = inputs[:, 0] + inputs[:, 1], inputs[:, 1] - inputs[:, 0]
    return {"data": crescent + np.stack([-np.abs(total), difference], axis=1) / np.sqrt(2)}
