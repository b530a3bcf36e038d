"""Networks and simulations for tests of estimators."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from analog_sbi.estimators import family
from analog_sbi.estimators.rounds import RoundData
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.state import State, stack


def state_of(
    settings: EstimatorSettings, seeds: int, parameters: int = 3, features: int = 2
) -> State:
    """State of networks with different weights, for parameters in 0..1022, observations in 0..100.

    Weights that a family starts at zero are not zero here.
    """
    states = []
    for seed in range(seeds):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            data = 1022 * torch.rand(100, parameters), 100 * torch.rand(100, features)
            state = family(settings.family).build(settings, *data)
            for name, tensor in state.items():
                if name.endswith((".weight", "_entries")):
                    tensor += 0.1 * torch.randn_like(tensor)
            states.append(state)
    return stack(states)


def observe(theta: np.ndarray, features: int, generator: np.random.Generator) -> np.ndarray:
    """A smooth, noisy toy: observations (..., F) of parameters in 0..1022."""
    count = theta.shape[-1]
    mixing = np.linspace(0.2, 1.0, count * features).reshape(count, features)
    signal = 100 * np.tanh(theta / 1022 @ mixing) + 50 * theta[..., :1] / 1022
    noise = 1.5 * generator.standard_normal(signal.shape)
    return (signal + noise).astype(np.float32)


def simulated(
    generator: np.random.Generator, seeds: int, size: int, parameters: int = 3, features: int = 2
) -> RoundData:
    """Simulations of parameters from the prior."""
    theta = (1022 * generator.random((seeds, size, parameters))).astype(np.float32)
    return RoundData(theta, observe(theta, features, generator))


def drawn(
    settings: EstimatorSettings, state: State, x: Tensor, count: int, high: float
) -> np.ndarray:
    """Samples (S, count, D) between 0 and ``high`` given x (F,)."""
    seeds, parameters = len(next(iter(state.values()))), _parameters(settings, state)
    noise = torch.randn(
        seeds, 1, 100 * count, parameters, generator=torch.Generator().manual_seed(0)
    )
    theta = family(settings.family).flow(settings, state).inverse(noise, x.expand(seeds, 1, -1))
    inside = ((theta >= 0) & (theta <= high)).all(dim=-1)
    kept = [theta[seed, 0, inside[seed, 0]][:count] for seed in range(seeds)]
    return torch.stack(kept).numpy()


def _parameters(settings: EstimatorSettings, state: State) -> int:
    (first,) = next(iter(state.values())).shape[1:]  # the shift of the parameters
    return first
