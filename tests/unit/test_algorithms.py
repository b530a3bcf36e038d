"""Running of algorithms: registry, budgets, loops inside out, searches, positions of tests."""

import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi import algorithms
from analog_sbi.algorithms import running
from analog_sbi.algorithms.loops import Loop
from analog_sbi.algorithms.task import Task, from_prior, integer, pose
from analog_sbi.errors import ArtifactError, MeasurementError
from analog_sbi.estimators.rounds import TrainingError, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.measuring import Measurements
from analog_sbi.plans import planned
from analog_sbi.posterior.base import LeakageError
from analog_sbi.posterior.points import Points
from analog_sbi.posterior.stock import positions
from analog_sbi.randomness import generator, integer_seed, seed_sequence
from tests.toys import of_each_seed, toy_problem

TARGET = np.array([0.5, 0.3])


def task(budget, seeds=(0,), max_missing=0.1):
    return Task(
        problem=toy_problem(2, 2, high=1.0),
        target=torch.tensor(TARGET, dtype=torch.float32),
        rounds=(budget,),
        seeds=seeds,
        estimator=EstimatorSettings(transforms=2, hidden=5),
        training=TrainingSettings(max_num_epochs=3),
        max_missing=max_missing,
        max_draws=1000,
    )


def run(algorithm, asked, missing=0, study_seed=1):
    sizes, cost = [], running.Cost(np.zeros(len(asked.seeds), dtype=np.int64))

    def measure(theta, random):
        sizes.append(len(theta))
        x = theta + 0.05 * random.standard_normal(theta.shape)
        if missing:
            x[::missing] = np.nan
        return Measurements(pd.DataFrame(x, columns=["h_00", "h_10"]), {}, 0)

    streams = running.Streams(study_seed, "toy", "mine", asked.seeds)
    measured = of_each_seed(measure)
    (last,) = running.run(algorithm, asked, streams, measured, lambda _: nullcontext(), cost)
    return last.posterior, sizes, cost


def best(name, budget, missing=0, study_seed=1):
    asked = task(budget, max_missing=0.5)
    points, sizes, _ = run(algorithms.load(name), asked, missing, study_seed)
    return points.sample(10, [0], 1)[0][0].numpy(), sizes


@pytest.mark.parametrize(
    ("budget", "sizes"),
    [
        (9, [9]),  # too few for two populations
        (10, [5, 5]),
        (29, [1, 14, 14]),  # what fills no generation is measured at random
        (30, [10, 10, 10]),
        (39, [13, 13, 13]),
    ],
)
def test_populations_spend_the_whole_budget(budget, sizes):
    points, measured = best("genetic", budget)
    assert measured == sizes
    assert len(points) == min(10, budget)


def test_missing_measurements_do_not_stop_a_search():
    points, sizes = best("genetic", 250, missing=3)
    assert sum(sizes) == 250
    assert abs(points.mean(axis=0) - TARGET).max() < 0.1


def test_differential_evolution_is_nearer_than_random_search():
    errors = [
        np.mean([(best(name, 150, study_seed=s)[0] - TARGET) ** 2 for s in range(5)])
        for name in ("random_search", "genetic")
    ]
    assert errors[1] < errors[0] / 2


class Greedy:
    """Proposes more than is left."""

    def start(self, asked):
        return asked

    def propose(self, state, left, seeds):
        return from_prior(state, left + 1, seeds)


class Modest(Greedy):
    """Proposes three and no more."""

    def __init__(self):
        self.proposed = 0

    def propose(self, state, left, seeds):
        self.proposed += 1
        return from_prior(state, 3 if self.proposed == 1 else 0, seeds)

    def learn(self, state, data, seeds, progress=None):
        return state

    def posterior(self, state):
        points = torch.zeros(len(state.seeds), 1, 2)
        return Points(state.problem, state.target, state.seeds, 0, ({},) * 2, points)


def test_more_than_the_budget_is_refused():
    with pytest.raises(running.BudgetError, match=r"round 0: expected at most 10 .* found 11"):
        run(Greedy(), task(10))


def test_an_algorithm_may_leave_budget_over():
    _, sizes, cost = run(Modest(), task(10, seeds=(4, 6)))
    assert sizes == [3, 3]
    assert cost.measurements.tolist() == [3, 3]


def test_random_numbers_are_those_of_their_purpose():
    streams = running.Streams(7, "bss2_sim", "mine", (0, 3))
    assert [integer(seed) for seed in streams.training(2)] == [
        integer_seed(7, "train_round", 2, s) for s in (0, 3)
    ]
    assert [integer(seed) for seed in streams.proposals(2)] == [
        integer_seed(7, "bss2_sim", "mine", 1, "propose", s) for s in (0, 3)
    ]
    assert [random.random(3).tolist() for random in streams.measuring(2)] == [
        generator(7, "bss2_sim", "mine", "2", "measure_round", s).random(3).tolist() for s in (0, 3)
    ]


def test_the_first_round_is_the_plan_of_the_prior():
    asked = task(5, seeds=(0, 3))
    streams = running.Streams(7, "bss2_sim", "mine", asked.seeds)
    table = running.as_table(
        algorithms.load("snpe_c").propose(
            algorithms.load("snpe_c").start(asked), 5, streams.proposals(0)
        ),
        asked.problem.parameters,
        asked.seeds,
    )
    plan = {"kind": "prior", "count": 5, "seeds": [0, 3]}
    expected = planned(plan, asked.problem.space, None, 7, np.random.default_rng())
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize("name", ["snpe_c", "snle", "fmpe"])
def test_too_many_missing_measurements_stop_an_algorithm(name):
    with pytest.raises(MeasurementError, match="seed 3: expected at most 10 % missing"):
        run(algorithms.load(name), task(40, seeds=(3,)), missing=4)


def test_loops_are_stepped_and_do_not_disturb_each_other():
    def function(ask):
        drawn = []
        for _ in range(3):
            drawn.append([float(torch.rand(1)), np.random.random()])
            ask(np.array([drawn[-1]]))
        return drawn

    def stepped(loops):
        """Each in turn, until all have ended."""
        x = np.zeros((1, 1))
        while [loop for loop in loops if loop.step(x) is not None]:
            pass
        return [loop.result for loop in loops]

    torch.manual_seed(5)
    before = torch.get_rng_state()
    alone = [stepped([Loop(function, seed)])[0] for seed in (1, 2)]
    assert stepped([Loop(function, 1), Loop(function, 2)]) == alone
    assert torch.equal(torch.get_rng_state(), before)
    assert alone[0] != alone[1]


def test_answers_reach_the_loop_and_errors_leave_it():
    def function(ask):
        if float(ask(np.array([1.0, 2.0]))[0, 0]) > 0:
            raise ValueError("too large")
        return "done"

    loop = Loop(function, seed=1)
    assert loop.step().tolist() == [[1.0, 2.0]]
    assert loop.step(np.array([[-1.0]])) is None
    assert loop.result == "done"
    loop = Loop(function, seed=1)
    loop.step()
    with pytest.raises(ValueError, match="too large"):
        loop.step(np.array([[1.0]]))


def test_positions_count_samples_inside_the_prior_only():
    space = toy_problem(2, 2, high=1000.0).space
    theta = torch.tensor([[400.0, 600.0], [100.0, 100.0]])
    outside = torch.tensor([[-1.0, 10.0], [5.0, 1001.0]])
    samples = torch.stack([torch.tensor([[300.0, 700.0], [-5.0, 5.0]]), outside])
    place = positions(samples, theta, space)
    assert place[0].tolist() == [0.75, 0.25]  # one sample of two is inside
    assert place[1].isnan().all()  # none of two


def test_facts_are_had_without_torch():
    script = """
import sys
from analog_sbi import algorithms
facts = [algorithms.facts(name) for name in algorithms.names()]
print(len(facts), any(fact.amortized for fact in facts), "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == [str(len(algorithms.names())), "True", "False"], done.stderr


def test_algorithms_without_rounds_spend_their_budget_at_once():
    assert algorithms.budgets("mcabc", [50, 25, 25]) == (100,)
    assert algorithms.budgets("snle", [50, 25, 25]) == (50, 25, 25)


@pytest.mark.parametrize("name", algorithms.names())
def test_every_registered_algorithm_is_one(name):
    algorithm = algorithms.load(name)
    for method in ("start", "propose", "learn", "posterior"):
        assert callable(getattr(algorithm, method))
    assert isinstance(algorithm, algorithms.Resumable) == algorithms.facts(name).resumable


def test_seeds_are_those_of_the_study():
    assert integer(seed_sequence(3, "a", 1)) == integer_seed(3, "a", 1)


# --- missing measurements, targets and parts of rounds


TRAINED = ("snpe_c", "snle", "fmpe")


@pytest.mark.parametrize("name", [*algorithms.names()])
def test_too_many_missing_measurements_stop_every_algorithm(name):
    """Each other measurement is missing: more than a tenth."""
    with pytest.raises(MeasurementError, match=r"seed 0: expected at most 10 % missing"):
        run(algorithms.load(name), task(60), missing=2)


@pytest.mark.parametrize("name", ["random_search", "mcabc", "smcabc", "snle"])
@pytest.mark.parametrize("max_missing", [0.24, 0.25])
def test_as_many_missing_measurements_as_allowed_do_not(name, max_missing):
    """A quarter is missing, and at least a quarter may be."""
    asked = task(20, max_missing=max_missing)
    if max_missing < 0.25:
        with pytest.raises(MeasurementError):
            run(algorithms.load(name), asked, missing=4)
    else:
        posterior, _, cost = run(algorithms.load(name), asked, missing=4)
        assert cost.measurements.tolist() == [20]
        if name == "mcabc":
            assert torch.isfinite(posterior.particles[0]).all()


@pytest.mark.parametrize("name", TRAINED)
def test_parts_of_a_round_that_are_too_small(name):
    asked = replace(task(20), training=TrainingSettings(validation_fraction=0.95))
    with pytest.raises(TrainingError, match=r"at least 2 of 20 simulations .* found 1 and 19"):
        run(algorithms.load(name), asked)
    least = TrainingSettings(validation_fraction=0.895, max_num_epochs=1)
    run(algorithms.load(name), replace(asked, training=least))


@pytest.mark.parametrize(
    ("target", "found"),
    [([0.5], r"\(1,\)"), ([[0.5, 0.3]], r"\(1, 2\)"), (0.5, r"\(\)"), ([0.5, np.nan], "nan")],
)
def test_targets_of_another_shape_are_refused(target, found):
    settings = {"rounds": (20,), "seeds": 1, "estimator": {"transforms": 2, "hidden": 5}}
    inference = {"max_missing": 0.1, "max_draws": 1000}
    with pytest.raises(ArtifactError, match=rf"target: expected numbers of shape \(2,\).*{found}"):
        pose(toy_problem(2, 2), target, **settings, inference=inference, trainer="batched")
    pose(toy_problem(2, 2), TARGET, **settings, inference=inference, trainer="batched")


def spread(samples, target):
    """Rejection with what regression adjusts far outside of the prior for a strange target."""
    asked = replace(task(samples), target=torch.tensor([target, target]))
    return run(algorithms.load("mcabc"), asked)[0]


def test_sampling_ends_and_says_what_it_reached():
    assert spread(60, 0.5).sample(10, [1], 1000)[0].shape == (1, 10, 2)
    with pytest.raises(LeakageError, match=r"expected 10 posterior samples .* 1000 draws, found 0"):
        spread(60, 9.0).sample(10, [1], 1000)
