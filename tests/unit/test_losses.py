"""What may be added to a loss for small budgets, against closed forms and torch's own."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import stock, training
from analog_sbi.estimators.losses import Balanced, Batch, Steady, likelihood_loss
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.prior import Box
from analog_sbi.space import Space

SPACE = Space(("a", "b"), ("1", "1"), [-2.0, -2.0], [2.0, 2.0])
MAF = EstimatorSettings(2, 10, permutations="reverse")
SETTINGS = TrainingSettings(max_num_epochs=20)


class Normal:
    """Posterior N(x, 1 / precision) of each parameter, as a flow of which the loss is known."""

    def __init__(self, precision: float) -> None:
        self.precision = torch.tensor(precision)

    def log_density(self, theta, x, weights):
        square = (theta - x[:, :, None]).square().sum(dim=1)
        log = 0.5 * theta.shape[1] * (self.precision / (2 * np.pi)).log()
        return log - 0.5 * self.precision * square


def batch(seeds=2, items=400, noise=1.0):
    torch.manual_seed(3)
    theta = 4 * torch.rand(seeds, items, 2) - 2
    return theta, theta + noise * torch.randn(seeds, items, 2)


def test_the_penalty_is_the_root_mean_square_of_standardized_slopes():
    theta, x = batch()
    flow, flat = Normal(3.0), torch.zeros(2, 1, requires_grad=True)
    plain = likelihood_loss(flow, flat, Batch(theta, x))
    found = Steady(likelihood_loss, 0.7)(flow, flat, Batch(theta, x))
    slope = 3.0 * (theta - x)
    square = sum((slope * value.std(dim=1, keepdim=True)).square().sum(dim=2) for value in batch())
    expected = plain + 0.7 * square.mean(dim=1, keepdim=True).sqrt()
    torch.testing.assert_close(found, expected)
    with torch.no_grad():  # as in validation
        torch.testing.assert_close(Steady(likelihood_loss, 0.7)(flow, flat, Batch(theta, x)), plain)


def test_units_change_no_penalty():
    theta, x = batch()
    flat = torch.zeros(2, 1, requires_grad=True)

    def added(scale):
        flow = Normal(1 / scale**2)
        values = (scale * theta, scale * x)
        plain = likelihood_loss(flow, flat, Batch(*values))
        return Steady(likelihood_loss, 1.0)(flow, flat, Batch(*values)) - plain

    torch.testing.assert_close(added(1000.0), added(1.0), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("precision", "is_balanced"), [(100.0, True), (1600.0, False)])
def test_an_over_confident_posterior_is_out_of_balance(precision, is_balanced):
    theta, x = batch(items=4000, noise=0.1)
    prior = torch.full(theta.shape[:2], -SPACE.log_volume)
    plain = likelihood_loss(Normal(precision), None, Batch(theta, x))
    added = (
        Balanced(likelihood_loss, 100.0)(Normal(precision), None, Batch(theta, x, prior=prior))
        - plain
    )
    assert ((added < 2.0) == is_balanced).all()


def test_decay_is_that_of_adamw():
    torch.manual_seed(0)
    weights, gradients = torch.randn(3, 5), torch.randn(4, 3, 5)
    own = weights.clone()
    adam = training._Adam(0.1, torch.zeros(3, 5), torch.zeros(3, 5), decay=0.3)
    parameter = torch.nn.Parameter(weights.clone())
    other = torch.optim.AdamW([parameter], lr=0.1, weight_decay=0.3)
    for gradient in gradients:
        adam.step(own, gradient)
        parameter.grad = gradient
        other.step()
    torch.testing.assert_close(own, parameter.detach())


def rounds(count=200, seeds=2):
    generator = np.random.default_rng(1)
    theta = generator.uniform(-2, 2, (seeds, count, 2))
    return RoundData(theta, theta + 0.5 * generator.standard_normal((seeds, count, 2)))


def train(estimator, previous=None, data=None, by=training):
    return by.train_round(
        [rounds()] if data is None else data,
        previous,
        estimator=estimator,
        settings=SETTINGS,
        seeds=[1, 2],
        numbers=[0, 1],
        prior=Box(SPACE),
    )


@pytest.mark.parametrize("family", ["maf", "zuko_nsf"])
@pytest.mark.parametrize("name", ["weight_decay", "gradient_penalty", "balance"])
def test_networks_of_every_family_train_with_each(family, name):
    sizes = {"permutations": "reverse"} if family == "maf" else {}
    plain = EstimatorSettings(2, 10, family=family, **sizes)
    strong = train(replace(plain, **{name: 5.0}))
    weak = train(plain)
    assert all(np.isfinite(part["best_validation_loss"]) for part in strong.history)
    assert [part["training"] for part in strong.history] != [
        part["training"] for part in weak.history
    ]


def test_later_rounds_take_a_penalty_and_no_balance():
    first = train(MAF)
    both = [rounds(), rounds(100)]
    steady = train(replace(MAF, gradient_penalty=0.1), first.state, both)
    assert np.isfinite(steady.history[0]["best_validation_loss"])
    with pytest.raises(ConfigurationError, match="balance: expected a single round, found more"):
        train(replace(MAF, balance=10.0), first.state, both)


def test_what_there_is_not_is_refused():
    with pytest.raises(ConfigurationError, match=r"gradient_penalty: expected 0 if bounded"):
        EstimatorSettings(2, 10, bounded=True, gradient_penalty=1.0)
    with pytest.raises(ConfigurationError, match=r"weight_decay: expected a number from 0 on"):
        EstimatorSettings(2, 10, weight_decay=-1.0)
    with pytest.raises(ConfigurationError, match="expected batched for weight_decay, found sbi"):
        train(replace(MAF, weight_decay=0.1), by=stock)
