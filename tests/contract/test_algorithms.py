"""What holds of every algorithm: budget, random numbers, files, missing values, jobs or one job.

They run on a problem of known posterior: x is theta over its range, and noise. Parameters are on
the scale of the chip's codes, which an algorithm must not depend on.
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi import algorithms, posterior
from analog_sbi.algorithms import earlier, running
from analog_sbi.algorithms.task import Task
from analog_sbi.artifacts import Maker, write_table
from analog_sbi.errors import ConfigurationError
from analog_sbi.estimators.rounds import TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.measuring import Measurements
from analog_sbi.plans import planned
from analog_sbi.posterior import LeakageError, stock
from analog_sbi.posterior.particles import Particles
from analog_sbi.posterior.points import Points
from analog_sbi.posterior.stock import Stock, positions
from analog_sbi.tables.measurements import measurements_schema, parameters_schema
from tests.toys import of_each_seed, restricted, toy_problem

RANGE = 1000.0
NOISE = 0.05
TARGET = torch.tensor([0.5, 0.3])
SEEDS = (2, 5)
SEARCHES = [name for name in algorithms.names() if algorithms.facts(name).search]
POSTERIORS = [name for name in algorithms.names() if name not in SEARCHES]
AMORTIZED = [name for name in algorithms.names() if algorithms.facts(name).amortized]
# where it differs from the others; populations of few particles are wide
WIDEST = {"fmpe": 0.09, "npse": 0.2, "smcabc": 0.16, "mcabc": 0.16}


@pytest.fixture(scope="module", autouse=True)
def _short_walks():
    """Enough for two parameters, and many times faster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stock, "WALKERS", {"num_chains": 20, "warmup_steps": 20, "thin": 1})
        yield


@dataclass(frozen=True)
class Ran:
    rounds: list[running.Round]
    cost: running.Cost

    @property
    def posterior(self):
        return self.rounds[-1].posterior


def toy():
    return toy_problem(2, 2, high=RANGE)


def task(name, rounds=(100, 100), seeds=SEEDS, epochs=200, problem=toy):
    return Task(
        problem=problem(),
        target=TARGET,
        rounds=algorithms.budgets(name, rounds),
        seeds=seeds,
        estimator=EstimatorSettings(transforms=3, hidden=10, permutations="reverse"),
        training=TrainingSettings(stop_after_epochs=10, max_num_epochs=epochs, learning_rate=2e-3),
        max_missing=0.2,
        max_draws=1_000_000,
    )


def measure(theta, random, missing=0):
    x = theta / RANGE + NOISE * random.standard_normal(theta.shape)
    if missing:
        x[::missing] = np.nan
    table = pd.DataFrame(x, columns=["h_00", "h_10"])
    return Measurements(table, {"h_00": "LSB", "h_10": "LSB"}, int(np.isnan(x).any(axis=1).sum()))


def run(name, study_seed=7, missing=0, **changes):
    return run_task(name, task(name, **changes), study_seed, missing)


def run_task(name, asked, study_seed=7, missing=0):
    cost = running.Cost(np.zeros(len(asked.seeds), dtype=np.int64))
    streams = running.Streams(study_seed, "toy", "mine", asked.seeds)
    rounds = running.run(
        algorithms.load(name),
        asked,
        streams,
        of_each_seed(lambda theta, random: measure(theta, random, missing)),
        lambda number: nullcontext(),
        cost,
    )
    return Ran(list(rounds), cost)


@cache
def ran(name):
    return run(name)


@pytest.mark.parametrize("name", algorithms.names())
def test_the_budget_is_kept_exactly(name):
    budget = algorithms.budgets(name, (100, 100))
    assert ran(name).cost.measurements.tolist() == [200, 200]
    for part, expected in zip(ran(name).rounds, budget, strict=True):
        assert part.parameters.groupby("seed").size().to_dict() == dict.fromkeys(SEEDS, expected)
        assert len(part.measurements.table) == len(part.parameters)
        assert part.parameters[["p0", "p1"]].stack().between(0, RANGE).all()


@pytest.mark.parametrize("name", POSTERIORS)
def test_posteriors_are_about_right(name):
    theta, _ = ran(name).posterior.sample(300, [1, 2], 1_000_000)
    samples = theta / RANGE
    assert samples.shape == (2, 300, 2)
    assert ((samples >= 0) & (samples <= 1)).all()
    assert (samples.mean(dim=1) - TARGET).abs().max() < 0.09
    assert samples.std(dim=1).max() < WIDEST.get(name, 0.12)
    assert samples.std(dim=1).min() > NOISE / 3


@pytest.mark.parametrize("name", POSTERIORS)
def test_a_restricted_prior_is_not_left(name):
    problem = restricted(toy)
    inferred = run(name, seeds=(2,), epochs=30, problem=lambda: problem)
    for part in inferred.rounds:
        theta = part.parameters[["p0", "p1"]].to_numpy()
        assert problem.prior.accepts(theta).mean() > 0.99  # but for rounding to single precision
    samples, _ = inferred.posterior.sample(300, [1], 1_000_000)
    assert problem.prior.accepts(samples[0].double().numpy()).mean() > 0.99
    # the target lies at the edge of the region
    outside = torch.tensor([[[0.4, 0.3], [0.6, 0.3]]]) * RANGE
    density = inferred.posterior.log_prob_at(outside)[0]
    assert torch.isneginf(density[0])
    assert not torch.isneginf(density[1])


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_end_near_the_optimum(name):
    points, _ = run(name, rounds=(500,)).posterior.sample(10, [1, 2], 1)
    assert points.shape == (2, 10, 2)
    assert (points.mean(dim=1) / RANGE - TARGET).abs().max() < 0.07


@pytest.mark.parametrize("name", algorithms.names())
def test_equal_seeds_give_equal_results(name):
    def of(study_seed):
        last = run(name, study_seed, rounds=(40,), seeds=(2,), epochs=3)
        return last.rounds[0].parameters, last.posterior.sample(20, [3], 1_000_000)[0]

    parameters, theta = of(7)
    again, same = of(7)
    pd.testing.assert_frame_equal(parameters, again)
    assert torch.equal(theta, same)
    assert not torch.equal(theta, of(8)[1])


@pytest.mark.parametrize("name", algorithms.names())
def test_a_seed_measures_the_same_however_many_there_are(name):
    """Bit for bit, in the first round; later ones depend on networks that are trained together."""
    few, more = (
        run(name, rounds=(40,), seeds=seeds, epochs=3).rounds[0] for seeds in ((2, 5), (2, 3, 5))
    )
    for number in (2, 5):
        for part in ("parameters", "features"):
            own, same = (
                (table if part == "parameters" else of.measurements.table)[
                    of.parameters["seed"] == number
                ].reset_index(drop=True)
                for of, table in ((few, few.parameters), (more, more.parameters))
            )
            pd.testing.assert_frame_equal(own, same, check_exact=True)


@pytest.mark.parametrize("name", algorithms.names())
def test_seeds_that_an_earlier_run_made_are_those_of_all_together(name, tmp_path):
    """Of files and of a new seed, as of one run; without a new seed, as they stand in files."""
    seeds, names = (2, 3, 5), ("p0", "p1")
    first = run(name, rounds=(40,), seeds=seeds, epochs=3).rounds
    files = [tmp_path / file for file in ("theta.parquet", "x.parquet", "posterior.pt")]
    maker, key = Maker("run_1_round", "settings", "key"), first[0].parameters[["seed"]]
    columns = tuple(first[0].measurements.table)
    write_table(first[0].parameters, files[0], parameters_schema(names, "seed"), maker)
    x = pd.concat([key, first[0].measurements.table], axis=1)
    schema = measurements_schema((), columns, "seed")
    write_table(x, files[1], schema, maker, first[0].measurements.units)
    posterior.write(first[0].posterior, files[2], maker)
    whole = earlier.earlier(0, *files, seeds)
    parts = [earlier.earlier(0, *files, some) for some in ({5, 2}, {3})]
    assert list(earlier.continued([], iter(parts))) == parts
    assert list(earlier.continued([whole], ())) == [whole]
    (again,) = earlier.continued(parts[:1], iter(parts[1:]))
    pd.testing.assert_frame_equal(again.parameters, whole.parameters)
    pd.testing.assert_frame_equal(again.measurements.table, whole.measurements.table)
    assert again.measurements.missing == 0
    assert again.measurements.units == first[0].measurements.units
    assert_equal(again.posterior.plain(), first[0].posterior.plain())


def assert_equal(one, other):
    """Plain data, tensors among it, bit for bit."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_equal(one[key], other[key])
    elif isinstance(one, list):
        for pair in zip(one, other, strict=True):
            assert_equal(*pair)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("name", algorithms.names())
def test_global_generators_are_left_alone(name):
    torch.manual_seed(3)
    np.random.seed(3)
    expected = torch.rand(1), np.random.random()
    torch.manual_seed(3)
    np.random.seed(3)
    run(name, rounds=(40,), seeds=(2,), epochs=3).posterior.sample(5, [1], 1_000_000)
    assert (torch.rand(1), np.random.random()) == expected


@pytest.mark.parametrize("name", algorithms.names())
def test_a_file_gives_back_equal_densities_and_samples(name, tmp_path):
    before = ran(name).posterior
    posterior.write(before, tmp_path / "posterior.pt")
    again = posterior.read(tmp_path / "posterior.pt")
    assert again.problem == before.problem
    assert again.seeds == SEEDS
    theta = RANGE * torch.rand(20, 2)
    density = posterior.log_prob(before, theta)
    assert torch.equal(density.isnan(), torch.full((2, 20), isinstance(before, Points)))
    torch.testing.assert_close(
        posterior.log_prob(again, theta), density, rtol=0, atol=0, equal_nan=True
    )
    samples = [of.sample(30, [4, 5], 1_000_000)[0] for of in (before, again)]
    assert torch.equal(*samples)


@pytest.mark.parametrize("name", POSTERIORS)
def test_densities_are_higher_where_samples_are(name):
    theta, _ = ran(name).posterior.sample(9, [1, 2], 1_000_000)
    here = ran(name).posterior.log_prob_at(theta).median(dim=1).values
    away = posterior.log_prob(ran(name).posterior, RANGE * torch.tensor([[0.95, 0.9]]))[:, 0]
    outside = posterior.log_prob(ran(name).posterior, torch.tensor([[-1.0, 500.0]]))
    assert (here > away).all()
    assert torch.isneginf(outside).all()


@pytest.mark.parametrize("name", ["snle", "snre"])
def test_densities_of_surrogates_integrate_to_one_and_are_kept(name, tmp_path):
    of = ran(name).posterior
    cells = torch.tensor(of.problem.space.cells(200), dtype=torch.float32)
    mass = posterior.log_prob(of, cells).exp().sum(dim=1) * RANGE**2 / len(cells)
    torch.testing.assert_close(mass, torch.ones(2), rtol=0.05, atol=0.0)
    assert of.log_evidence is not None
    assert posterior.from_plain(of.plain()).log_evidence == of.log_evidence
    assert of.given(of.target).log_evidence is None


@pytest.mark.parametrize("name", POSTERIORS)
def test_sbi_gets_its_own_object_where_it_has_one(name):
    of = ran(name).posterior
    if isinstance(of, Particles):
        with pytest.raises(posterior.PosteriorFormatError, match="that sbi has"):
            of.as_sbi(0)
        return
    theirs = of.as_sbi(1)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        drawn = theirs.sample((5,), show_progress_bars=False)
    assert drawn.shape == (5, 2)


@pytest.mark.parametrize("name", algorithms.names())
def test_missing_measurements_are_left_out(name):
    last = run(name, missing=15, rounds=(50,), seeds=(2,), epochs=3)
    assert last.rounds[0].measurements.missing >= 4
    theta, _ = last.posterior.sample(10, [1], 1_000_000)
    assert torch.isfinite(theta).all()


@pytest.mark.parametrize(
    "name", [name for name in algorithms.names() if algorithms.facts(name).resumable]
)
def test_rounds_in_jobs_of_their_own_give_the_same_numbers(name, tmp_path):
    asked, algorithm = task(name), algorithms.load(name)
    streams = running.Streams(7, "toy", "mine", SEEDS)
    data, networks = [], None
    for number, budget in enumerate(asked.rounds):
        if networks is None:
            plan = {"kind": "prior", "count": budget, "seeds": SEEDS}
            parameters = planned(plan, asked.problem.space, None, 7, np.random.default_rng())
        else:
            proposed = running.propose(
                algorithm, asked.problem, networks, budget, streams, number, asked.max_draws
            )
            parameters = running.as_table(proposed, asked.problem.parameters, SEEDS)
        theta = [parameters.loc[parameters["seed"] == s, ["p0", "p1"]].to_numpy() for s in SEEDS]
        measured = of_each_seed(measure)(theta, streams.measuring(number)).table
        expected = ran(name).rounds[number]
        pd.testing.assert_frame_equal(parameters, expected.parameters)
        pd.testing.assert_frame_equal(measured, expected.measurements.table)
        data.append(running.as_dataset(parameters, measured, asked.problem))
        saved = running.train(algorithm, asked, data, networks, streams, lambda *_: None)
        posterior.write(saved, tmp_path / "posterior.pt")
        networks = posterior.read_networks(tmp_path / "posterior.pt")
        for key, tensor in expected.posterior.state.items():
            assert torch.equal(networks.state[key], tensor), key
        assert networks.history == expected.posterior.history


@pytest.mark.parametrize("name", AMORTIZED)
def test_amortized_posteriors_cover_tests_over_the_prior(name):
    of = run(name, rounds=(400,), seeds=(2,)).posterior
    assert isinstance(of, Stock)
    assert of.amortized
    generator = np.random.default_rng(3)
    theta = RANGE * generator.random((40, 2))
    x = theta / RANGE + NOISE * generator.standard_normal((40, 2))
    theta, x = (torch.tensor(values, dtype=torch.float32) for values in (theta, x))
    samples = of.answer(x, 99, [1])[0]
    place = positions(samples, theta, of.problem.space)
    assert place.shape == (40, 2)
    assert coverage(place) > 0.75
    assert 0.35 < place.nanmean() < 0.65
    # samples given one measurement do not cover the parameters of another
    assert coverage(positions(samples, theta.flip(0), of.problem.space)) < 0.5


def coverage(place):
    """Share of parameters within the central 90 % of the samples."""
    return float(((place > 0.05) & (place < 0.95)).double().mean())


@pytest.mark.parametrize("name", ["snpe_c", "tsnpe"])
def test_blind_networks_are_told(name):
    asked = task(name, rounds=(40,), seeds=(2,), epochs=3)
    for transforms in (1, 3):
        estimator = replace(asked.estimator, transforms=transforms)
        found = run_task(name, replace(asked, estimator=estimator))
        assert found.posterior.history[0]["blind"] == (transforms == 1)


def test_a_region_too_small_to_be_drawn_from_is_told_as_such(monkeypatch):
    monkeypatch.setattr("analog_sbi.algorithms.snpe.SUPPORT_SAMPLES", 100)
    asked = replace(task("tsnpe", rounds=(40, 2000), seeds=(2,), epochs=3), max_draws=1000)
    told = "expected 2000 draws of the prior where .* within 1000 draws, found .*snpe_c"
    with pytest.raises(LeakageError, match=told):
        run_task("tsnpe", asked)


def test_algorithms_that_run_as_a_whole_are_refused_in_jobs():
    asked = task("snle")
    streams = running.Streams(7, "toy", "mine", SEEDS)
    with pytest.raises(ConfigurationError, match="expected one_job for Likelihood, found jobs"):
        running.propose(algorithms.load("snle"), asked.problem, None, 10, streams, 0, 10)


def test_unknown_algorithms_are_named():
    with pytest.raises(ConfigurationError, match=r"expected one of mcabc, .* found 'oracle'"):
        algorithms.load("oracle")
