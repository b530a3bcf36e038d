"""Summaries of observations that are learned with a flow, or before it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators import family, stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import LEAST_FEATURES, EstimatorSettings
from analog_sbi.study import load
from analog_sbi.study.posing import check
from tests.setups import configuration

FEATURES = 40


def rounds(count: int = 200) -> list[RoundData]:
    """A slope and a wave, whose sizes are the parameters."""
    generator = np.random.default_rng(0)
    theta, time = generator.random((2, count, 2)), np.linspace(0, 1, FEATURES)
    x = theta[..., :1] * np.sin(6 * time) + theta[..., 1:] * time
    x += 0.05 * generator.standard_normal(x.shape)
    return [RoundData(theta.astype(np.float32), x.astype(np.float32))]


def settings(name: str, embedding: str) -> EstimatorSettings:
    return EstimatorSettings(2, 10, blocks=1, family=name, embedding=embedding, summaries=6)


def train(estimator: EstimatorSettings, by=training, epochs: int = 2, data=None):
    return by.train_round(
        data or rounds(),
        None,
        estimator=estimator,
        settings=TrainingSettings(max_num_epochs=epochs),
        seeds=range(2),
        numbers=range(2),
    )


@pytest.mark.parametrize(
    ("name", "embedding"), [("zuko_nsf", "cnn"), ("nsf", "cnn"), ("nsf", "autoencoder")]
)
def test_networks_with_summaries_train_as_in_sbi(name, embedding):
    estimator = settings(name, embedding)
    found, expected = train(estimator), train(estimator, by=stock)
    for key, value in expected.state.items():
        torch.testing.assert_close(found.state[key], value, atol=1e-5, rtol=1e-4)


def test_what_is_trained_beforehand_stays_and_tells_of_the_observations():
    estimator = settings("zuko_nsf", "autoencoder")
    short, long = train(estimator, epochs=1), train(estimator, epochs=3)
    frozen = [name for name in short.state if "_embedding_net.1" in name]
    assert frozen
    for name in frozen:
        assert torch.equal(short.state[name], long.state[name])
    network = family("zuko_nsf").network(
        estimator, {name: value[0] for name, value in short.state.items()}
    )
    of_parameters = {name for name, _ in network.named_parameters()}
    assert not of_parameters & set(frozen)
    data = rounds()[0]
    summaries = network.embedding_net(torch.as_tensor(data.x[0])).detach().numpy()
    design = np.column_stack([summaries, np.ones(len(summaries))])
    fitted = design @ np.linalg.lstsq(design, data.theta[0], rcond=None)[0]
    left = (data.theta[0] - fitted).var(axis=0)
    assert (left < 0.2 * data.theta[0].var(axis=0)).all()


def test_a_network_with_summaries_is_rebuilt_from_plain_data():
    estimator = settings("zuko_nsf", "cnn")
    state = train(estimator).state
    shapes = family("zuko_nsf").shapes(estimator, 2, FEATURES)
    assert {name: tuple(value.shape[1:]) for name, value in state.items()} == shapes
    theta, x = torch.rand(1, 7, 3, 2), torch.rand(1, 7, FEATURES)
    one = {name: value[:1] for name, value in state.items()}
    flow = family("zuko_nsf").flow(estimator, one)
    network = family("zuko_nsf").network(estimator, {k: v[0] for k, v in one.items()})
    expected = network.log_prob(theta[0].movedim(1, 0), x[0]).mT
    torch.testing.assert_close(flow.log_prob(theta, x)[0], expected)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"embedding": "cnn"}, "embedding: expected none for maf, found cnn"),
        ({"family": "nsf", "embedding": "rnn"}, "embedding: expected one of cnn, fc, autoencoder"),
        ({"family": "nsf", "summaries": 4}, "summaries: expected an embedding, found 4"),
    ],
)
def test_summaries_that_there_are_not_are_refused(changed, message):
    with pytest.raises(ConfigurationError, match=message):
        EstimatorSettings(2, 10, **changed)


@pytest.mark.parametrize(("observable", "refused"), [("features", True), ("trace", False)])
def test_convolutions_of_few_features_are_refused_before_any_work(observable, refused):
    content = configuration()
    content["experiments"]["adex_two"] |= {
        "observable": observable,
        "estimator": {"family": "zuko_nsf", "embedding": "cnn"},
    }
    if refused:
        with pytest.raises(ConfigurationError, match=f"fewer than {LEAST_FEATURES} features"):
            check(load(content))
    else:
        check(load(content))
