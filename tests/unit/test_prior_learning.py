"""What learns with a prior that is not uniform has the posterior of that prior."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi import algorithms
from analog_sbi.algorithms import running
from analog_sbi.algorithms.snpe import draws
from analog_sbi.algorithms.task import Task
from analog_sbi.estimators import losses, stock, training
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.stacked import StackedFlow
from analog_sbi.measuring import Measurements
from analog_sbi.posterior import from_plain
from analog_sbi.posterior.repeated import sample_given
from analog_sbi.prior import Box, over
from analog_sbi.space import Space
from tests.estimating import state_of
from tests.toys import of_each_seed, toy_problem

FREE = Space(("p0", "p1"), ("code", "code"), [-np.inf, -np.inf], [np.inf, np.inf])
# Noise as wide as the prior: half the posterior is the prior's. theta ~ N(0, 1), x ~ N(theta, 1),
# so that theta given x ~ N(x / 2, 1 / 2).
NORMAL = over(FREE, {"p0": {"normal": [0, 1]}, "p1": {"normal": [0, 1]}})
TARGET = np.array([1.0, -1.0])
MAF = EstimatorSettings(2, 10, permutations="reverse")
POSED = replace(toy_problem(2, 2), prior=NORMAL)


def learned(name, rounds, seeds=(0, 1), **training_settings):
    task = Task(
        problem=POSED,
        target=torch.tensor(TARGET, dtype=torch.float32),
        rounds=rounds,
        seeds=seeds,
        estimator=MAF,
        training=TrainingSettings(**training_settings),
        max_missing=0.0,
        max_draws=100_000,
    )

    def measure(theta, random):
        x = theta + random.standard_normal(theta.shape)
        return Measurements(pd.DataFrame(x, columns=["h_00", "h_10"]), {}, 0)

    streams = running.Streams(1, "toy", "mine", seeds)
    cost = running.Cost(np.zeros(len(seeds), dtype=np.int64))
    algorithm = algorithms.load(name)
    measured = of_each_seed(measure)
    return [*running.run(algorithm, task, streams, measured, lambda _: nullcontext(), cost)]


def mean_and_width(posterior, count=2000):
    samples, acceptance = posterior.sample(count, list(range(len(posterior.seeds))), 200_000)
    pooled = samples.flatten(0, 1)
    assert (acceptance > 0.99).all()  # there are no bounds that mass could leak out of
    return pooled.mean(dim=0).numpy(), pooled.std(dim=0).numpy()


@pytest.mark.parametrize(
    ("name", "rounds"),
    [("snpe_c", (400, 400)), ("tsnpe", (400, 400)), ("mcabc", (4000,))],
)
def test_the_posterior_is_that_of_the_prior(name, rounds):
    last = learned(name, rounds)[-1].posterior
    mean, width = mean_and_width(last)
    # a flat prior would give mean TARGET and width 1
    np.testing.assert_allclose(mean, TARGET / 2, atol=0.2)
    np.testing.assert_allclose(width, np.sqrt(0.5), atol=0.17)
    again = from_plain(last.plain())
    theta = torch.tensor(TARGET, dtype=torch.float32).expand(2, 1, 2)
    assert again.problem == POSED
    assert torch.equal(again.log_prob_at(theta), last.log_prob_at(theta))


@pytest.mark.parametrize("name", ["snle", "fmpe", "npse", "smcabc", "genetic"])
def test_every_algorithm_runs_without_bounds(name):
    budget = (60,) if algorithms.facts(name).sequential else (100,)
    last = learned(name, budget, seeds=(0,), max_num_epochs=3)[-1].posterior
    samples, _ = last.sample(5, [0], 100_000)
    assert torch.isfinite(samples).all()


def test_the_atomic_loss_divides_by_the_prior():
    flow = StackedFlow(state_of(EstimatorSettings(2, 8), 2))
    theta, x = 1000 * torch.rand(2, 20, 3), 100 * torch.rand(2, 20, 2)
    prior = torch.randn(2, 20)

    def generators():
        return [torch.Generator().manual_seed(seed) for seed in range(2)]

    loss = losses.AtomicLoss(5)(flow, flow.weights, losses.Batch(theta, x, generators(), prior))
    index = torch.cat(
        [
            torch.arange(20).expand(2, 20)[..., None],
            losses.draw_atoms(20, 4, generators()),
        ],
        dim=2,
    )
    atoms = torch.stack([theta[seed][index[seed]] for seed in range(2)])
    density = flow.log_prob(atoms, x) - torch.stack([prior[s][index[s]] for s in range(2)])
    torch.testing.assert_close(loss, torch.logsumexp(density, dim=2) - density[:, :, 0])


def test_seeds_train_as_they_do_alone_in_sbi_with_the_prior():
    theta = NORMAL.draw(240, np.random.default_rng(0)).reshape(2, 120, 2).astype(np.float32)
    x = theta + np.random.default_rng(1).standard_normal(theta.shape).astype(np.float32)
    rounds = [RoundData(theta[:, :60], x[:, :60]), RoundData(theta[:, 60:], x[:, 60:])]
    settings = {
        "estimator": MAF,
        "settings": TrainingSettings(max_num_epochs=5, batch_size=20),
        "seeds": [1, 2],
        "numbers": [0, 1],
    }
    start = training.train_round(rounds[:1], None, **settings).state
    ours, theirs, uniform = (
        by.train_round(rounds, start, **settings, prior=prior)
        for by, prior in ((training, NORMAL), (stock, NORMAL), (training, None))
    )
    for own, other, flat in zip(ours.history, theirs.history, uniform.history, strict=True):
        np.testing.assert_allclose(own["training"], other["training"], rtol=1e-4)
        np.testing.assert_allclose(own["validation"], other["validation"], rtol=1e-4)
        assert not np.allclose(own["training"], flat["training"], rtol=1e-2)


def test_several_trials_count_the_prior_once():
    networks = learned("snpe_c", (1000,), seeds=(0, 1, 2, 3))[-1].posterior
    trials = torch.tensor(TARGET, dtype=torch.float32).expand(3, 2)
    samples, worth = sample_given(networks, trials, 2000, 0)
    # three trials and one prior: theta ~ N(3 x / 4, 1 / 4)
    np.testing.assert_allclose(samples.mean(axis=(0, 1)), 0.75 * TARGET, atol=0.15)
    np.testing.assert_allclose(samples.std(axis=(0, 1)), 0.5, atol=0.1)
    assert (worth > 500).all()


def test_draws_of_a_box_keep_their_random_numbers():
    box = Box(Space(("a",), ("mV",), [100.0], [300.0]))
    drawn = draws(box, 5, torch.Generator().manual_seed(3))
    unit = torch.rand(5, 1, generator=torch.Generator().manual_seed(3))
    assert torch.equal(drawn, 100 + 200 * unit)
