"""Other algorithms on a problem of known posterior: x is theta over its range, and noise.

Parameters are on the scale of the chip's codes, which an algorithm must not depend on.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi.algorithms import ALGORITHMS, AMORTIZED, SEARCHES, run
from analog_sbi.algorithms.amortized import among, positions
from analog_sbi.algorithms.task import BudgetError, Emulations, Task
from analog_sbi.checks.comparison import compare, expected_coverage, markdown
from analog_sbi.checks.reference_distance import Reference
from analog_sbi.inference.estimator import EstimatorSettings
from analog_sbi.inference.posterior import Problem
from analog_sbi.inference.rounds import TrainingSettings

RANGE = 1000.0
NOISE = 0.05
TARGET = torch.tensor([0.5, 0.3])
# where it differs from the others; populations of few particles are wide
WIDEST = {"fmpe": 0.08, "smcabc": 0.13}


def task(rounds=(150, 150)):
    problem = Problem(
        estimator=EstimatorSettings(transforms=3, hidden=10, permutations="reverse"),
        low=torch.zeros(2),
        high=torch.full((2,), RANGE),
        parameters=("a", "b"),
        observable="first",
        features=("x", "y"),
        target=TARGET,
        seeds=(0,),
    )
    training = TrainingSettings(stop_after_epochs=10, max_num_epochs=200, learning_rate=2e-3)
    return Task(problem, rounds, 300, training, 1_000_000)


def emulations(budget):
    generator = np.random.default_rng(0)
    return Emulations(
        measure=lambda theta: theta / RANGE + NOISE * generator.standard_normal(theta.shape),
        select=lambda heights: heights,
        budget=budget,
    )


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in SEARCHES])
def test_posteriors_are_about_right_within_the_budget(name):
    asked = task()
    used = emulations(asked.budget)
    samples = run(name, used, asked, seed=5).samples / RANGE
    if name == "smcabc":  # populations need not fill it
        assert 0.8 * asked.budget < used.count <= asked.budget
    else:
        assert used.count == asked.budget
    assert samples.shape == (300, 2)
    assert ((samples >= 0) & (samples <= 1)).all()
    assert (samples.mean(dim=0) - TARGET).abs().max() < 0.09
    assert samples.std(dim=0).max() < WIDEST.get(name, 0.12)
    assert samples.std(dim=0).min() > NOISE / 3


@pytest.mark.parametrize("name", ["snpe_c", "tsnpe"])
def test_blind_networks_are_told(name):
    asked = task((60,))
    one = replace(asked.problem.estimator, transforms=1)
    asked = replace(asked, problem=replace(asked.problem, estimator=one))
    assert run(name, emulations(60), asked, seed=5).blind
    assert not run(name, emulations(60), task((60,)), seed=5).blind


@pytest.mark.parametrize("name", ["snpe_c", "mcabc", "npse", "genetic"])
def test_equal_seeds_give_equal_samples(name):
    asked = task((60,))
    first, again, other = (run(name, emulations(60), asked, seed).samples for seed in (5, 5, 6))
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_end_near_the_optimum(name):
    asked = task((500,))
    used = emulations(500)
    best = run(name, used, asked, seed=5).samples / RANGE
    assert used.count == 500
    assert (best.mean(dim=0) - TARGET).abs().max() < 0.06


@pytest.mark.parametrize(
    ("budget", "sizes"),
    [
        (9, [9]),  # too few for two populations
        (10, [5, 5]),
        (29, [14, 14]),
        (30, [10, 10, 10]),
        (39, [13, 13, 13]),
    ],
)
def test_populations_fill_the_budget_as_far_as_they_are_whole(budget, sizes):
    used = emulations(budget)
    best = run("genetic", used, task((budget,)), seed=5).samples
    assert [len(theta) for theta in used.theta] == sizes
    assert len(best) == min(10, budget)


def test_missing_emulations_do_not_stop_a_search():
    used = emulations(250)
    measure = used.measure

    def failing(theta):
        heights = measure(theta)
        heights[::3] = np.nan
        return heights

    used.measure = failing
    best = run("genetic", used, task((250,)), seed=5).samples / RANGE
    assert used.count == 250
    assert (best.mean(dim=0) - TARGET).abs().max() < 0.1


def test_differential_evolution_is_nearer_than_random_search():
    errors = []
    for name in SEARCHES:
        best = [run(name, emulations(150), task((150,)), seed).samples for seed in range(5)]
        errors.append((torch.cat(best) / RANGE - TARGET).square().sum(dim=1).mean())
    assert errors[1] < errors[0] / 2


def test_emulations_beyond_the_budget_are_refused():
    used = emulations(10)
    used(torch.rand(8, 2))
    with pytest.raises(BudgetError, match="at most 10 emulations, found 11"):
        used(torch.rand(3, 2))
    assert used.count == 8


def test_positions_count_samples_inside_the_prior_only():
    theta = torch.tensor([[400.0, 600.0], [100.0, 100.0]])
    outside = torch.tensor([[-1.0, 10.0], [5.0, RANGE + 1]])
    samples = torch.stack([torch.tensor([[300.0, 700.0], [-5.0, 5.0]]), outside])
    found = among(samples, theta, task().problem)
    assert found[0].tolist() == [0.75, 0.25]  # one sample of two is inside
    assert found[1].isnan().all()  # none of two
    assert expected_coverage(found.numpy()) == 0.5


@pytest.mark.parametrize("name", AMORTIZED)
def test_amortized_posteriors_cover_tests_over_the_prior(name):
    asked = task((400,))
    outcome = run(name, emulations(400), asked, seed=5)
    generator = np.random.default_rng(3)
    theta = RANGE * generator.random((40, 2))
    x = theta / RANGE + NOISE * generator.standard_normal((40, 2))
    theta, x = (torch.tensor(values, dtype=torch.float32) for values in (theta, x))
    samples = outcome.answer(x, 99)
    found = among(samples, theta, asked.problem)
    assert found.shape == (40, 2)
    assert expected_coverage(found.numpy()) > 0.75
    assert 0.35 < found.nanmean() < 0.65
    # samples given one measurement do not cover the parameters of another
    assert expected_coverage(among(samples, theta.flip(0), asked.problem).numpy()) < 0.5


def test_other_posteriors_have_no_positions():
    asked = task((60,))
    outcome = run("mcabc", emulations(60), asked, seed=5)
    assert positions(outcome, asked.problem, torch.rand(5, 2), torch.rand(5, 2)).shape == (0, 2)


def test_the_comparison_tells_a_right_from_a_wrong_posterior():
    generator = np.random.default_rng(1)
    known = generator.normal(0.5, 0.1, (1000, 2))
    reference = Reference(known, np.ones(2), ("a", "b"))
    distance = pd.DataFrame({"seed": [0, 1], "distance": [3.0, 9.0]})
    cost = pd.DataFrame({"seed": [0, 1], "emulations": 5, "emulating_s": 0.1, "thinking_s": 2.0})
    cost["blind"] = [False, True]
    samples = pd.concat(
        [
            pd.DataFrame(generator.normal(centre, 0.1, (200, 2)), columns=["a", "b"]).assign(seed=s)
            for s, centre in enumerate((0.5, 0.8))
        ]
    )
    positions = pd.DataFrame({"a": [0.5, 0.97], "b": [0.5, 0.4], "seed": 1})
    arguments = (samples, distance, cost, positions, reference, 3)
    table = compare("snle", 150, *arguments)
    assert table["c2st"][0] < 0.6
    assert table["c2st"][1] > 0.9
    assert abs(table["coverage"][0] - 0.9) < 0.05
    assert table["coverage"][1] < 0.2
    assert np.isnan(table["expected_coverage"][0])
    assert table["expected_coverage"][1] == 0.75
    text = markdown(table, "LSB")
    assert "| SNLE | 150 |" in text
    assert "| 1 of 2 | 2 |" in text
    searched = compare("genetic", 150, *arguments)
    assert searched["c2st"].isna().all()
    assert "nan" not in markdown(searched, "LSB")
    assert "| differential evolution | 150 |" in markdown(searched, "LSB")
