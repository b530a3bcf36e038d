"""The posterior given several trials, of a network that answers exactly."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from analog_sbi.posterior import repeated
from analog_sbi.prior import Box
from analog_sbi.space import Space

SPREAD = np.array([0.5, 2.0])
SPACE = Space(("a", "b"), ("1", "1"), [-10.0, -10.0], [10.0, 10.0])


@dataclass(frozen=True)
class Exact:
    """Networks of as many seeds that answer a normal distribution around the observation."""

    seeds: tuple[int, ...] = (0, 1)
    problem = SimpleNamespace(space=SPACE, prior=Box(SPACE))

    @property
    def flow(self):
        return self

    def select(self, positions):
        return Exact(tuple(self.seeds[i] for i in positions))

    def log_prob(self, theta, x):
        return -(((theta - x[:, :, None]) / torch.tensor(SPREAD)) ** 2).sum(dim=-1) / 2


@pytest.mark.parametrize("number", [1, 10, 100])
def test_the_width_falls_with_the_root_of_the_number_of_trials(number):
    random = np.random.default_rng(number)
    trials = [1.0, -2.0] + SPREAD * random.standard_normal((number, 2))
    samples, worth = repeated.sample_given(
        Exact(), torch.tensor(trials, dtype=torch.float32), 2000, seed=1
    )
    assert samples.shape == (2, 2000, 2)
    assert (worth > 500).all()
    exact = SPREAD / np.sqrt(number)
    np.testing.assert_allclose(samples.std(axis=1) / exact, 1, atol=0.08)
    np.testing.assert_allclose((samples.mean(axis=1) - trials.mean(axis=0)) / exact, 0, atol=0.12)


def test_samples_stay_within_the_bounds():
    trials = torch.tensor([[9.9, 0.0]] * 3)
    samples, _ = repeated.sample_given(Exact((0,)), trials, 500, seed=1)
    assert Exact.problem.space.contains(samples[0]).all()
    assert samples[0, :, 0].max() > 9.9
