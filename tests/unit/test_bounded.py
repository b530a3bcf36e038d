"""Flows whose densities end at the bounds of the prior."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import bounded, stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.prior import Box
from analog_sbi.space import Space

SPACE = Space(("a", "b"), ("1", "1"), [-2.0, 10.0], [1.0, 20.0])
MAF = EstimatorSettings(2, 10, permutations="reverse", bounded=True)
SETTINGS = TrainingSettings(max_num_epochs=40, stop_after_epochs=40)


def rounds(count: int = 300) -> list[RoundData]:
    """The first parameter is seen through noise, the second not at all."""
    generator = np.random.default_rng(0)
    theta = np.stack([SPACE.draw(count, generator) for _ in range(2)]).astype(np.float32)
    x = theta[..., :1] + 0.3 * generator.standard_normal((2, count, 1))
    return [RoundData(theta, np.concatenate([x, x**2], axis=2).astype(np.float32))]


def train(estimator=MAF, previous=None, data=None, by=training, settings=SETTINGS):
    arguments = {"estimator": estimator, "settings": settings, "prior": Box(SPACE)}
    return by.train_round(data or rounds(), previous, seeds=range(2), numbers=range(2), **arguments)


def mass(state, x: float) -> tuple[float, float]:
    """Integral of the first network's density over the box, and of the upper half of ``b``."""
    steps = 120
    theta = torch.tensor(SPACE.cells(steps), dtype=torch.float32)
    flow = bounded.flow(MAF, state, SPACE)
    seen = torch.tensor([x, x**2]).expand(2, 1, 2)
    density = flow.log_prob(theta.expand(2, 1, *theta.shape), seen)[0, 0].exp()
    cell = SPACE.volume / steps**2
    return float(density.sum() * cell), float(density[theta[:, 1] > 15].sum() * cell)


@pytest.fixture(scope="module")
def trained():
    return train()


def test_all_of_the_density_lies_within_the_bounds(trained):
    whole, upper = mass(trained.state, -0.5)
    assert whole == pytest.approx(1, abs=0.01)
    assert upper == pytest.approx(0.5, abs=0.1)  # flat in what is not seen


def test_samples_lie_within_the_bounds_and_have_the_density(trained):
    flow = bounded.flow(MAF, trained.state, SPACE)
    noise = torch.randn(2, 1, 4000, 2, generator=torch.Generator().manual_seed(0))
    theta = flow.inverse(noise, torch.tensor([-0.5, 0.25]).expand(2, 1, 2))
    assert SPACE.contains(theta.double().numpy()).all()
    share = float((theta[0, 0, :, 1] > 15).float().mean())
    assert share == pytest.approx(mass(trained.state, -0.5)[1], abs=0.04)


def test_without_bounds_mass_leaks_here():
    """The same flow of parameters themselves leaves mass outside."""
    open_ = replace(MAF, bounded=False)
    flow = bounded.flow(open_, train(open_).state, SPACE)
    noise = torch.randn(2, 1, 4000, 2, generator=torch.Generator().manual_seed(0))
    theta = flow.inverse(noise, torch.tensor([-0.5, 0.25]).expand(2, 1, 2))
    assert SPACE.contains(theta.double().numpy()).mean() < 0.97


def test_a_second_round_learns_by_densities_of_parameters(trained):
    """Atoms are compared by densities of parameters, in which the uniform prior drops out."""
    generator = np.random.default_rng(1)
    near = Space(SPACE.names, SPACE.units, [-1.0, 10.0], [0.0, 20.0])
    theta = np.stack([near.draw(300, generator) for _ in range(2)]).astype(np.float32)
    x = theta[..., :1] + 0.3 * generator.standard_normal((2, 300, 1))
    data = [*rounds(), RoundData(theta, np.concatenate([x, x**2], axis=2).astype(np.float32))]
    short = TrainingSettings(max_num_epochs=10)
    after = train(previous=trained.state, data=data, settings=short)
    whole, upper = mass(after.state, -0.5)
    assert whole == pytest.approx(1, abs=0.01)
    assert upper == pytest.approx(0.5, abs=0.15)


def test_sbis_estimator_has_the_same_density(trained):
    from analog_sbi.estimators import family

    one = {name: value[0] for name, value in trained.state.items()}
    network = bounded.as_sbi(family("maf").network(MAF, one), SPACE)
    theta, x = torch.tensor([[0.5, 12.0], [-1.9, 19.0]]), torch.tensor([[0.4, 0.2]])
    flow = bounded.flow(MAF, trained.state, SPACE)
    expected = flow.log_prob(theta.expand(2, 1, 2, 2), x.expand(2, 1, 2))[0, 0]
    torch.testing.assert_close(network.log_prob(theta[:, None], x)[:, 0], expected)
    samples = network.sample((500,), x)
    assert SPACE.contains(samples.detach().double().numpy()).all()


def test_where_there_are_no_bounds_it_is_refused():
    with pytest.raises(ConfigurationError, match="bounded: expected a prior with bounds"):
        bounded.Bounds.of(Space(("a",), ("1",), [-np.inf], [np.inf]))
    with pytest.raises(ConfigurationError, match="training: expected batched"):
        train(by=stock)
