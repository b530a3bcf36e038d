"""Splines with their bins as first axis are those of zuko."""

import copy

import pytest
import torch
from torch.func import vmap
from zuko.transforms import MonotonicRQSTransform

from analog_sbi.estimators import family
from analog_sbi.estimators.families.zuko_nsf import BinsFirst, stackable
from analog_sbi.estimators.settings import EstimatorSettings

BINS = 8
SHAPES = {"a spline a value": (50, 3), "a spline for all": (1, 3)}


def settings(shape):
    generator = torch.Generator().manual_seed(1)
    return [2 * torch.randn(*shape, size, generator=generator) for size in (BINS, BINS, BINS - 1)]


def values():
    """Some of them beyond the bounds, and one on a bound."""
    place = 4 * torch.randn(50, 3, generator=torch.Generator().manual_seed(2))
    place[0, 0] = 5.0
    assert (place.abs() > 5).any()
    return place.double()


@pytest.mark.parametrize("slope", [1e-3, 1e-1])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_values_slopes_and_inverses(shape, slope):
    parts = [part.double().requires_grad_(True) for part in settings(shape)]
    gradients = []
    for kind in (MonotonicRQSTransform, BinsFirst):
        spline = kind(*parts, slope=slope)
        found, log_slope = spline.call_and_ladj(values())
        total = found.square().sum() + log_slope.sum() + spline.inv(values()).square().sum()
        gradients.append(
            (found, log_slope, spline.inv(values()), *torch.autograd.grad(total, parts))
        )
    for theirs, ours in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_there_and_back():
    spline = BinsFirst(*(part.double() for part in settings((50, 3))))
    torch.testing.assert_close(spline.inv(spline(values())), values())


def test_stacked():
    parts, place = settings((4, 50, 3)), values().float().expand(4, 50, 3)
    stacked = vmap(lambda *own: BinsFirst(*own[:3])(own[3]))(*parts, place)
    alone = [BinsFirst(*(part[row] for part in parts))(place[row]) for row in range(4)]
    torch.testing.assert_close(stacked, torch.stack(alone))


def splines(network):
    return {m.univariate.func for m in network.modules() if hasattr(m, "univariate")}


@pytest.mark.parametrize("parameters", [1, 2])
def test_a_network_that_is_handed_out_keeps_zukos(parameters):
    estimator = EstimatorSettings(2, 10, family="zuko_nsf", blocks=1)
    theta, x = torch.rand(20, parameters), torch.rand(20, 3)
    state = family("zuko_nsf").build(estimator, theta, x)
    network = family("zuko_nsf").network(estimator, state)
    flow = family("zuko_nsf").flow(estimator, {name: part[None] for name, part in state.items()})
    assert splines(network) == {MonotonicRQSTransform}
    assert splines(stackable(copy.deepcopy(network))) == {BinsFirst}
    with torch.no_grad():
        theirs = network.log_prob(theta[None], x)[0]
        ours = flow.log_prob(theta[None, :, None], x[None])[0, :, 0]
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
