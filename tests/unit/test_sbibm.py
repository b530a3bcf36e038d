"""The tasks of sbibm: simulators, observations and reference posteriors that belong together."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.models import load
from analog_sbi.models.file import module
from analog_sbi.problem import parameterization_of
from analog_sbi.sbibm import NAMES, archive, inference, scoring, task_file
from analog_sbi.sbibm.inference import SideBySide, infer, posed
from analog_sbi.sbibm.tasks import bernoulli_glm, lotka_volterra, sir, slcp
from analog_sbi.study.availability import has_sbibm

needs_files = pytest.mark.skipif(not has_sbibm(), reason="envs/sbibm.txt is not installed")
MAF = EstimatorSettings(2, 10, permutations="reverse")


@needs_files
@pytest.mark.parametrize("name", NAMES)
def test_observations_are_what_a_task_simulates_where_they_came_from(name):
    numbers, repeats = range(1, 11), 300
    theta = np.stack([archive.true_parameters(name, number) for number in numbers])
    x = np.stack([archive.observation(name, number) for number in numbers])
    inputs = np.repeat(theta, repeats, axis=0)
    data = module(task_file(name)).measure(inputs, np.random.default_rng(0))["data"]
    many = data.reshape(len(x), repeats, -1).swapaxes(0, 1)
    ranks = (many < x).mean(axis=0) + 0.5 * (many == x).mean(axis=0)
    # of a true simulator 2 in 300 data lie beyond all simulated ones
    beyond = np.mean((ranks < 1e-3) | (ranks > 1 - 1e-3))
    assert beyond < 0.05
    assert abs(ranks.mean() - 0.5) < 0.2


@needs_files
@pytest.mark.parametrize("name", NAMES)
def test_references_lie_within_the_prior(name):
    problem = posed(name, [1])
    own = load(task_file(name)).parameterization("identity", module(task_file(name)).space)
    samples = archive.reference(name, 1)
    assert samples.shape == (10_000, len(own.space))
    assert own.space.contains(samples).all()
    drawn = problem.prior.draw(2000, np.random.default_rng(0))
    theta = parameterization_of(problem, own.space)(drawn)
    # at most at both ends of a uniform prior: sqrt(3) times its spread
    assert (samples.std(axis=0) < 1.75 * theta.std(axis=0)).all()


def test_the_posterior_of_a_normal_mean_is_known():
    prior = posed_prior("gaussian_linear")
    assert prior.density(0, np.zeros(1))[0] == pytest.approx(1 / np.sqrt(2 * np.pi * 0.1))


def posed_prior(name):
    from analog_sbi.prior import over

    model = module(task_file(name))
    return over(model.space, model.prior)


def test_white_parameters_have_the_priors_covariance():
    mapping = bernoulli_glm.white(bernoulli_glm.space)
    factor = mapping(np.eye(10))
    np.testing.assert_allclose(factor.T @ factor @ bernoulli_glm.precision(), np.eye(10), atol=1e-9)


@pytest.mark.parametrize(("contact", "recovery"), [(0.6, 0.19), (1.5, 0.1), (0.1, 0.2)])
def test_the_epidemic_is_scipys(contact, recovery):
    def slope(t, state):
        new = contact * state[0] * state[1]
        return [-new, new - recovery * state[1]]

    times = np.arange(10) * 17.0
    exact = solve_ivp(slope, (0, 160), [1 - 1e-6, 1e-6], t_eval=times, rtol=1e-9, atol=1e-13).y[1]
    ours = sir.infected(np.array([[contact, recovery]]))[0]
    np.testing.assert_allclose(ours, exact, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("theta", [(0.69, 0.11, 0.89, 0.12), (2.0, 0.02, 1.5, 0.1)])
def test_the_animals_are_scipys(theta):
    birth, eaten, death, fed = theta

    def slope(t, state):
        prey, predators = state
        return [birth * prey - eaten * prey * predators, fed * prey * predators - death * predators]

    times = np.arange(10) * 2.1
    exact = solve_ivp(slope, (0, 20), [30, 1], t_eval=times, method="LSODA", rtol=1e-10, atol=1e-12)
    ours = lotka_volterra.animals(np.array([theta]))[0]
    np.testing.assert_allclose(ours, np.log(exact.y).ravel(), atol=1e-3)


def test_four_points_have_the_covariance_of_the_parameters():
    theta = np.array([[0.5, -1.0, 1.2, 0.7, 0.4]])
    x = slcp.measure(np.repeat(theta, 20_000, axis=0), np.random.default_rng(0))["data"]
    a, b, r = 1.2**2, 0.7**2, np.tanh(0.4)
    np.testing.assert_allclose(x[:, :2].mean(axis=0), theta[0, :2], atol=0.05)
    np.testing.assert_allclose(
        np.cov(x[:, :2].T), [[a**2, r * a * b], [r * a * b, b**2]], atol=0.08
    )


def test_the_measure_is_chance_for_equals_and_one_for_strangers():
    random = np.random.default_rng(0)
    known, same = random.standard_normal((2, 200, 2))
    assert scoring.c2st(known, same) == pytest.approx(0.5, abs=0.1)
    assert scoring.c2st(known, same + 9) > 0.99


@needs_files
@pytest.mark.parametrize(("name", "pair"), [("gaussian_linear", (1, 2)), ("two_moons", (3, 8))])
def test_a_task_is_inferred_side_by_side(name, pair):
    run = infer(
        name,
        pair,
        200,
        study_seed=1,
        samples=100,
        estimator=MAF,
        training=TrainingSettings(batch_size=20, learning_rate=5e-3, max_num_epochs=12),
        max_draws=100_000,
    )
    rows = scoring.score(name, pair, 200, run)
    scoring.SCORES.validate(rows)
    # each lies nearer to its own reference than to the other's
    for index in (0, 1):
        away = [nearest(run.samples[index], archive.reference(name, n)[:500]) for n in pair]
        assert away[index] < away[1 - index]


def nearest(samples, reference):
    """Median distance of samples to the nearest of a reference."""
    return np.median(np.linalg.norm(samples[:, None] - reference, axis=2).min(axis=1))


class StoppedError(Exception):
    """Stands in for the training."""


@needs_files
@pytest.mark.parametrize(
    ("name", "of_each", "inferred", "near"),
    [
        ("lotka_volterra", np.log, np.log, 10 * lotka_volterra.NOISE),
        ("gaussian_linear", np.asarray, np.asarray, 2.0),
    ],
)
def test_observations_are_seen_as_simulations_are(name, of_each, inferred, near, monkeypatch):
    given = []

    def no_run(algorithm, task, streams, measured, *rest):
        theta = inferred(archive.true_parameters(name, 2))
        table = measured([theta[None]], [np.random.default_rng(1)]).table
        given.extend((algorithm.targets, task.target, table.to_numpy()))
        raise StoppedError

    monkeypatch.setattr(inference, "run", no_run)
    settings = {"study_seed": 1, "samples": 10, "estimator": MAF, "max_draws": 10}
    with pytest.raises(StoppedError):
        infer(name, [2], 100, training=TrainingSettings(), **settings)
    targets, target, simulated = given
    expected = torch.tensor(of_each(archive.observation(name, 2)), dtype=torch.float32)
    assert torch.equal(targets, expected[None])
    assert torch.equal(target, expected)
    np.testing.assert_allclose(simulated[0], expected, atol=near)


@needs_files
def test_each_observation_proposes_for_itself():
    from tests.toys import untrained

    networks = untrained([(20.0, 20.0), (60.0, 60.0)], EstimatorSettings(2, 8), seen=5.0)
    targets = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    asked = type("Task", (), {"max_draws": 10_000})()
    both = SideBySide(targets)._proposal(networks, 20, [1, 2], asked)
    alone = networks.select([1]).given(targets[1]).sample(20, [2], 10_000)[0]
    assert torch.equal(both[1], alone[0])
    assert not torch.equal(both[1], networks.select([1]).sample(20, [2], 10_000)[0][0])


def test_a_summary_says_what_is_worse_than_published():
    rows = scoring.published()
    assert set(rows["task"]) == set(NAMES)
    known = rows[(rows["task"] == "slcp") & (rows["budget"] == 1000)].iloc[0]
    for excess, within in ((0.029, True), (0.031, False)):
        scores = {
            "task": "slcp",
            "observation": [1],
            "budget": 1000,
            "samples": 10,
            "c2st": known["c2st"] + excess,
            "minutes": 1.0,
            "acceptance": 1.0,
        }
        table = scoring.summary(scoring.SCORES.validate(scoring.pd.DataFrame(scores)))
        scoring.SUMMARY.validate(table)
        scoring.SUMMARY.validate(scoring.summary(scoring.pd.DataFrame(scores | {"budget": 200})))
        assert table["within"].tolist() == [within]
        assert ("| yes |" if within else "| no |") in scoring.markdown(table)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(archive, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"expected the package sbibm, .*--no-deps"):
        archive.folder()
