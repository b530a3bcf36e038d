"""Posteriors of networks: samples, densities, leakage, plain data; against sbi's."""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from analog_sbi import posterior
from analog_sbi.artifacts import write_plain
from analog_sbi.errors import ArtifactError, ProblemError
from analog_sbi.estimators.rounds import RoundData, TrainingSettings
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.training import train_round
from analog_sbi.posterior import LeakageError, Networks, PosteriorFormatError
from analog_sbi.posterior.particles import Particles
from analog_sbi.posterior.points import Points
from analog_sbi.posterior.rejection import doubling, rejection
from analog_sbi.prior import Box
from analog_sbi.problem import expect_same
from analog_sbi.space import Space
from tests.toys import toy_problem, untrained


def observe(theta, generator):
    """A smooth, noisy toy: observations (..., 4) of parameters (..., 2) in 0..1022."""
    mixing = np.linspace(0.2, 1.0, 8).reshape(2, 4)
    signal = 100 * np.tanh(theta / 1022 @ mixing) + 50 * theta[..., :1] / 1022
    return (signal + 1.5 * generator.standard_normal(signal.shape)).astype(np.float32)


@pytest.fixture(scope="module")
def three():
    """Networks of three seeds trained on the toy."""
    generator = np.random.default_rng(4)
    theta = (1022 * generator.random((3, 200, 2))).astype(np.float32)
    estimator = EstimatorSettings(transforms=3, hidden=10)
    trained = train_round(
        [RoundData(theta, observe(theta, generator))],
        None,
        estimator=estimator,
        settings=TrainingSettings(max_num_epochs=120),
        seeds=range(3),
        numbers=range(3),
    )
    target = torch.tensor(observe(np.array([[511.0, 511.0]]), np.random.default_rng(0))[0])
    problem = toy_problem(2, 4, high=1022.0)
    return Networks(problem, target, estimator, (0, 1, 2), 0, trained.state, trained.history)


def through_a_file(of):
    buffer = io.BytesIO()
    torch.save(of.plain(), buffer)
    buffer.seek(0)
    return posterior.from_plain(torch.load(buffer, weights_only=True))


def test_plain_data_gives_back_identical_densities_and_the_whole_problem(three):
    again = through_a_file(three)
    theta = 1022 * torch.rand(200, 2)
    assert torch.equal(posterior.log_prob(three, theta), posterior.log_prob(again, theta))
    assert again.problem == three.problem
    assert again.problem.key == three.problem.key
    assert torch.equal(again.target, three.target)
    assert list(again.history) == list(three.history)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"format": "analog-sbi posterior 1"}, "format: expected 'analog-sbi posterior 2', found"),
        ({"kind": "oracle"}, "kind: expected one of .*networks, .* found 'oracle'"),
        ({"seeds": [0, 1]}, "history: expected 2 seeds, found 3"),
        ({"target": torch.zeros(3)}, r"target: expected shape \(4,\), found \(3,\)"),
    ],
)
def test_damaged_plain_data_is_named(three, changed, message):
    with pytest.raises(PosteriorFormatError, match=message):
        posterior.from_plain(three.plain() | changed)


def test_missing_parts_of_plain_data_are_named(three, tmp_path):
    plain = three.plain()
    for key in ("problem", "target", "estimator", "state"):
        rest = {name: value for name, value in plain.items() if name != key}
        with pytest.raises(PosteriorFormatError, match=f"{key}: expected a value, found none"):
            posterior.from_plain(rest)
    name = next(iter(plain["state"]))
    state = {key: value for key, value in plain["state"].items() if key != name}
    with pytest.raises(PosteriorFormatError, match=r"state\..*: expected a value, found none"):
        posterior.from_plain(plain | {"state": state})
    write_plain(plain | {"state": state | {name: plain["state"][name][:2]}}, tmp_path / "p.pt")
    with pytest.raises(PosteriorFormatError, match=r"p\.pt: state\..*: expected 3 seeds, found 2"):
        posterior.read(tmp_path / "p.pt")
    with pytest.raises(ArtifactError, match="expected a posterior, found no file"):
        posterior.read(tmp_path / "none.pt")


def test_posteriors_of_different_problems_are_told_apart(three):
    other = replace(three.problem, observable="all")
    with pytest.raises(ProblemError, match=f"{three.problem.key}.*{other.key}"):
        expect_same(three.problem.key, other.key, "comparison")


def test_samples_and_densities_are_those_of_sbi(three):
    theta, acceptance = posterior.sample(three, 3000, [1, 2, 3], 10**6)
    assert ((acceptance > 0) & (acceptance <= 1)).all()
    assert posterior.within(three.problem.space, theta).all()
    place = 1022 * torch.rand(100, 2)
    density = posterior.log_prob(three, place)
    for index in range(3):
        theirs = three.as_sbi(index)
        with torch.random.fork_rng():
            torch.manual_seed(index)
            drawn = theirs.sample((3000,), show_progress_bars=False)
            expected = theirs.log_prob(place, norm_posterior=False)
        torch.testing.assert_close(density[index], expected, rtol=1e-4, atol=1e-3)
        for column in range(2):
            assert ks_2samp(theta[index, :, column], drawn[:, column]).pvalue > 1e-3


def test_samples_of_a_seed_do_not_depend_on_the_others(three):
    together, _ = posterior.sample(three, 500, [1, 2, 3], 10**6)
    alone, _ = posterior.sample(three.select([1]), 500, [2], 10**6)
    torch.testing.assert_close(alone[0], together[1])


def test_sampling_is_bounded_and_reports_leakage(three):
    far = Space(("p0", "p1"), ("code",) * 2, np.full(2, 5000.0), np.full(2, 5001.0))
    lost = replace(three, problem=replace(three.problem, prior=Box(far)))
    with pytest.raises(LeakageError, match=r"seed 0: expected 10 .* within 20000 draws, found 0"):
        posterior.sample(lost, 10, [1, 2, 3], 20_000)


def test_no_samples_are_no_work(three):
    theta, acceptance = posterior.sample(three, 0, [1, 2, 3], 10)
    assert theta.shape == (3, 0, 2)
    assert acceptance.isnan().all()


def test_another_target_moves_the_samples(three):
    low = torch.tensor(observe(np.array([[150.0, 200.0]]), np.random.default_rng(0))[0])
    near, _ = posterior.sample(posterior.given(three, low), 300, [1, 2, 3], 10**6)
    there, _ = posterior.sample(three, 300, [1, 2, 3], 10**6)
    assert near.mean() < there.mean()


def test_rejection_keeps_draws_in_their_order_and_counts_all():
    drawn = [[], []]
    generator = torch.Generator().manual_seed(1)

    def draw(rows):
        theta = torch.rand(len(rows), 1, generator=generator)
        for row, value in zip(rows.tolist(), theta[:, 0].tolist(), strict=True):
            drawn[row].append(value)
        return theta

    def accepts(theta, rows):  # the second one accepts less
        return theta[:, 0] < torch.where(rows == 0, 0.9, 0.2)

    samples, rate = rejection(draw, accepts, ["a", "b"], 50, 1, 10_000, doubling(50))
    for row, most in enumerate((0.9, 0.2)):
        kept = [value for value in drawn[row] if value < most]
        assert samples[row, :, 0].tolist() == pytest.approx(kept[:50])
        assert float(rate[row]) == pytest.approx(len(kept) / len(drawn[row]))
    assert len(drawn[0]) < len(drawn[1])


def particles(seeds=2):
    generator = torch.Generator().manual_seed(3)
    return Particles(
        toy_problem(2, 3),
        torch.zeros(3),
        tuple(range(seeds)),
        0,
        tuple({} for _ in range(seeds)),
        tuple(60 + 15 * torch.randn(30 + s, 2, generator=generator) for s in range(seeds)),
        tuple(torch.rand(30 + s, generator=generator) for s in range(seeds)),
    )


def test_particles_are_smoothed_within_the_bounds():
    of = particles()
    theta, acceptance = of.sample(4000, [1, 2], 10**6)
    assert posterior.within(of.problem.space, theta).all()
    assert ((acceptance > 0.8) & (acceptance < 1)).all()
    for index in range(2):
        mean = (of.weights[index][:, None] * of.particles[index]).sum(dim=0)
        mean = mean / of.weights[index].sum()
        torch.testing.assert_close(theta[index].mean(dim=0), mean, rtol=0, atol=2.0)
    cells = torch.tensor(of.problem.space.cells(100), dtype=torch.float32)
    mass = posterior.log_prob(of, cells).exp().sum(dim=1)
    torch.testing.assert_close(mass.float(), acceptance, rtol=0.02, atol=0)
    again = through_a_file(of)
    assert torch.equal(posterior.log_prob(of, cells), posterior.log_prob(again, cells))
    assert torch.equal(again.sample(10, [1, 2], 100)[0], of.sample(10, [1, 2], 100)[0])
    with pytest.raises(PosteriorFormatError, match="expected an amortized posterior"):
        posterior.given(of, torch.zeros(3))
    with pytest.raises(PosteriorFormatError, match="that sbi has"):
        of.as_sbi(0)


def test_points_of_a_search_are_found_again_and_have_no_density():
    points = 100 * torch.rand(2, 10, 2)
    of = Points(toy_problem(2, 3), torch.zeros(3), (0, 1), 0, ({}, {}), points)
    again = through_a_file(of)
    assert torch.equal(posterior.sample(again, 4, [1, 2], 1)[0], points[:, :4])
    assert posterior.sample(again, 99, [1, 2], 1)[0].shape == (2, 10, 2)
    assert posterior.log_prob(again, points[0]).isnan().all()


def test_only_networks_are_read_as_networks(tmp_path):
    posterior.write(particles(), tmp_path / "p.pt")
    with pytest.raises(PosteriorFormatError, match="expected networks, found particles"):
        posterior.read_networks(tmp_path / "p.pt")
    networks = untrained([(30.0, 70.0)], EstimatorSettings(transforms=1, hidden=5))
    posterior.write(networks, tmp_path / "n.pt")
    assert posterior.read_networks(tmp_path / "n.pt").seeds == (0,)


def test_later_rounds_and_sampling_do_not_import_sbi():
    script = """
import sys
import analog_sbi.algorithms.snpe, analog_sbi.algorithms.running, analog_sbi.posterior.answers
print([name for name in ("sbi", "nflows", "scipy.stats", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_posterior_is_told_in_a_line_without_its_weights(three):
    text = repr(three)
    assert text.startswith("Networks of 3 seeds after round 0: ")
    assert len(text) < 200
    assert repr(posterior.ensembles(three, 3)).startswith("Mixture of 1 seed after round 0: ")
    assert "tensor" not in repr(particles())


@pytest.mark.parametrize("index", [-1, 3, True, 0.5, "0", None])
def test_a_seed_that_there_is_not_is_named(three, index):
    with pytest.raises(PosteriorFormatError, match=f"index: expected 0 to 2, found {index!r}"):
        three.as_sbi(index)
    with pytest.raises(PosteriorFormatError, match="index: expected 0 to 0"):
        posterior.ensembles(three, 3).as_sbi(index)


def test_calls_that_do_not_fit_the_posterior_are_told_in_a_line(three):
    for seeds in ([], [0], [0, 1, 2, 3]):
        with pytest.raises(PosteriorFormatError, match="seeds: expected a number for each of 3"):
            posterior.sample(three, 5, seeds, 1000)
    size = len(three.problem.parameters)
    for shape in ((size,), (4, size + 1)):
        with pytest.raises(PosteriorFormatError, match=f"theta: expected rows of {size} param"):
            posterior.log_prob(three, torch.zeros(shape))
    with pytest.raises(posterior.EnsembleError, match="size: expected at least 1, found 0"):
        posterior.ensembles(three, 0)
    with pytest.raises(PosteriorFormatError, match="target: expected shape"):
        posterior.given(three, three.target[:-1])
    missing = three.target.clone()
    missing[1] = torch.nan
    name = three.problem.features[1]
    with pytest.raises(PosteriorFormatError, match=f"target: expected a number of {name}, found n"):
        posterior.given(three, missing)


def test_another_observation_is_warned_of_where_it_is_not_known(three, recwarn):
    posterior.given(three, three.target * 1.01)
    posterior.given(replace(three, round=2), three.target)
    assert not recwarn.list
    with pytest.warns(UserWarning, match="take the posterior of round 0"):
        posterior.given(replace(three, round=2), three.target * 1.01)
    far = three.target.clone()
    far[0] = 1e6
    with pytest.warns(UserWarning, match="= 1e\\+06 is .* standard deviations"):
        posterior.given(three, far)
