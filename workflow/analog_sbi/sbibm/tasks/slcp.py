"""Simple likelihood, complex posterior: four points of a normal distribution in the plane."""

import numpy as np

from analog_sbi.sbibm.faces import data, parameters

POINTS = 4
space = parameters([-3.0] * 5, [3.0] * 5)
signals, observables = data(2 * POINTS)


def measure(inputs, generator):
    """Points (N, 8) with mean, standard deviations and correlation of parameters (N, 5)."""
    first, second, correlation = inputs[:, 2] ** 2, inputs[:, 3] ** 2, np.tanh(inputs[:, 4])
    # the package adds 1e-6 to both variances; the factor of the covariance
    a = np.sqrt(first**2 + 1e-6)
    b = correlation * first * second / a
    c = np.sqrt(second**2 + 1e-6 - b**2)
    noise = generator.standard_normal((len(inputs), POINTS, 2))
    x = inputs[:, [0]] + a[:, None] * noise[..., 0]
    y = inputs[:, [1]] + b[:, None] * noise[..., 0] + c[:, None] * noise[..., 1]
    return {"data": np.stack([x, y], axis=2).reshape(len(inputs), -1)}
