"""Restricted priors: the region that sbi learns, densities and draws inside, and who may ask."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from sbi.utils import RestrictionEstimator
from scipy import stats

from analog_sbi import posterior, restricting
from analog_sbi.algorithms.snpe import draws
from analog_sbi.artifacts import Maker, write_plain
from analog_sbi.errors import ArtifactError, MeasurementError, ModelError, ProblemError
from analog_sbi.estimators.settings import EstimatorSettings
from analog_sbi.estimators.training import density_of_prior, log_prior
from analog_sbi.models import Validity, load
from analog_sbi.plans import planned
from analog_sbi.plans import restricted as with_region
from analog_sbi.posterior import LeakageError
from analog_sbi.posterior.answers import ask
from analog_sbi.prior import over, prior_of
from analog_sbi.problem import Problem, problem_of, read_region, write_region
from analog_sbi.restricted import Restricted
from analog_sbi.restricting import learn
from analog_sbi.space import Space
from analog_sbi.torch_prior import as_sbi
from tests.toys import MEASURED, restricted, toy_problem, untrained, upper

FREE = Space(("p0", "p1"), ("mV", "code"), [-np.inf, 0.0], [np.inf, 100.0])
MAKER = Maker("restrict_prior", "0")


def box():
    return toy_problem(2, 3)


def unbounded():
    return replace(box(), prior=over(FREE, {"p0": {"normal": [50.0, 20.0]}}))


def random(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(params=[box, unbounded])
def known(request):
    """A problem of a restricted prior, of one with bounds and of one without."""
    return restricted(request.param)


# --- the region


def test_most_runs_inside_are_valid_and_few_valid_ones_outside(known):
    prior, history = known.prior, known.prior.known.history
    theta = prior.draw(4000, random())
    assert prior.contains(theta).all()
    assert upper(known_whole(known), theta).mean() > 0.9
    whole = prior.base.draw(4000, random(1))
    assert prior.contains(whole)[upper(known_whole(known), whole)].mean() > 0.95
    assert prior.known.share == pytest.approx(0.5, abs=0.06)
    assert history["valid"] == pytest.approx(0.5, abs=0.05)
    assert history["valid_inside"] > 0.85
    assert history["missed"] < 0.1


def known_whole(problem):
    return replace(problem, prior=problem.prior.base)


def test_the_region_is_the_one_that_sbi_accepts(monkeypatch):
    made = []

    class Kept(RestrictionEstimator):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            made.append(self)

    monkeypatch.setattr("sbi.utils.RestrictionEstimator", Kept)
    problem, theta = box(), box().prior.draw(600, random())
    prior = Restricted(problem.prior, {"missed": 0.02})
    region = learn(prior, theta, upper(problem, theta), 5)
    near = np.column_stack([random().uniform(40, 60, 3000), random(1).uniform(0, 100, 3000)])
    theirs = made[0].restrict_prior(allowed_false_negatives=0.02)._accept_reject_fn
    accepted = theirs(torch.tensor(near, dtype=torch.float32)).numpy()
    assert 0.2 < accepted.mean() < 0.8
    assert (region.contains(near) != accepted).mean() < 1e-3


def test_equal_seeds_learn_equal_regions():
    prior, theta = restricted(box).prior, box().prior.draw(MEASURED, random(3))
    torch.manual_seed(2)
    assert learn(prior, theta, upper(box(), theta), 3) == prior.known
    assert learn(prior, theta, upper(box(), theta), 4) != prior.known


@pytest.mark.parametrize(("valid", "kind"), [(49, "valid"), (251, "invalid")])
def test_too_few_runs_of_a_kind_are_refused(valid, kind):
    prior, theta = Restricted(box().prior, {"missed": 0.01}), box().prior.draw(300, random())
    with pytest.raises(MeasurementError, match=f"at least 50 {kind} runs of 300 .* found 49$"):
        learn(prior, theta, np.arange(300) < valid, 0)


def test_enough_runs_of_a_kind_are_learned_from(monkeypatch):
    monkeypatch.setattr(restricting, "OF_SHARE", 1000)
    theta = box().prior.draw(300, random())
    prior = Restricted(box().prior, {"missed": 0.01})
    assert 0 < learn(prior, theta, np.arange(300) < 50, 0).share <= 1


def test_a_threshold_needs_a_valid_run_that_was_not_trained_on(monkeypatch):
    monkeypatch.setattr(restricting, "LEAST", 1)
    theta = box().prior.draw(60, random())
    with pytest.raises(MeasurementError, match=r"valid runs among the 6 .* found none"):
        learn(Restricted(box().prior, {"missed": 0.01}), theta, np.arange(60) < 1, 0)


# --- the prior


def test_the_density_is_the_priors_over_its_share_inside_and_none_outside(known):
    prior = known.prior
    theta = prior.base.draw(20_000, random())
    inside, log_prob = prior.contains(theta), prior.log_prob(theta)
    assert np.isneginf(log_prob[~inside]).all()
    expected = prior.base.log_prob(theta[inside]) - np.log(prior.known.share)
    np.testing.assert_allclose(log_prob[inside], expected)
    whole = np.exp(log_prob - prior.base.log_prob(theta)).mean()
    assert whole == pytest.approx(1, abs=0.03)
    beyond = np.array([[90.0, 100.001]])
    assert prior.contains(beyond - [0, 0.002]).all()
    assert not prior.contains(beyond).any()


def test_draws_are_those_of_the_prior_inside(known):
    prior = known.prior
    theta, whole = prior.draw(2000, random(1)), prior.base.draw(8000, random(2))
    for own, theirs in zip(theta.T, whole[prior.contains(whole)].T, strict=True):
        assert stats.ks_2samp(own, theirs).pvalue > 1e-3
    assert prior.draw(0, random()).shape == (0, 2)


def test_quantiles_and_densities_are_those_of_each_parameter(known):
    prior = known.prior
    theta = prior.draw(4000, random())
    for part in prior.position(theta).T:
        assert stats.kstest(part, "uniform").pvalue > 1e-3
    places = np.linspace(0.05, 0.95, 7)[:, None] * np.ones(2)
    np.testing.assert_allclose(prior.position(prior.scale(places)), places, atol=1e-3)
    low, high = prior.window
    assert np.isfinite([low, high]).all()
    for index in range(2):
        fine = np.linspace(low[index], high[index], 200)
        density = prior.density(index, fine)
        assert np.trapezoid(density, fine) == pytest.approx(1, abs=0.08)
    assert prior.density(0, np.array([20.0]))[0] < 0.1 * prior.density(0, np.array([60.0]))[0]


def test_plain_data_are_the_same_prior(known):
    content = json.loads(json.dumps(known.plain()))
    again = Problem.from_plain(content)
    theta = known.prior.draw(50, random())
    assert again == known
    np.testing.assert_array_equal(again.prior.log_prob(theta), known.prior.log_prob(theta))
    assert "region" in content["prior"]


def test_nothing_is_drawn_before_the_region_is_known(known):
    prior = replace(known.prior, region=None)
    again = prior_of(prior.plain())
    assert again == prior
    for call in (lambda: again.draw(3, random()), lambda: again.log_prob(np.zeros((1, 2)))):
        with pytest.raises(ProblemError, match="expected the region of a restricted prior, found"):
            call()


def test_the_key_is_that_of_the_settings_and_no_other_priors(known):
    unknown = replace(known, prior=replace(known.prior, region=None))
    other = {**known.prior.settings, "measurements": 1001}
    assert unknown.key == known.key == unknown.within(known.prior.known).key
    assert replace(known, prior=replace(known.prior, settings=other)).key != known.key
    assert known_whole(known).key != known.key
    with pytest.raises(ProblemError, match="expected a restricted one"):
        known_whole(known).within(known.prior.known)


def test_a_file_of_a_region_is_of_its_problem(tmp_path, known):
    path = tmp_path / "region.pt"
    write_region(known.prior.known, known.key, path, MAKER)
    unknown = replace(known, prior=replace(known.prior, region=None))
    assert problem_of(unknown.plain(), path) == known
    assert problem_of(unknown.plain()) == unknown
    with pytest.raises(ProblemError, match="expected the problem another, found the problem"):
        read_region(path, "another")
    write_plain({"format": "something"}, path)
    with pytest.raises(ArtifactError, match=r"region.pt: format: expected 'analog-sbi region 1'"):
        read_region(path, known.key)


def test_plans_draw_inside(known):
    plan = {"kind": "draw", "count": 100, "prior": replace(known.prior, region=None).plain()}
    table = planned(with_region(plan, known.prior.known), known.space, None, 0, random())
    assert known.prior.contains(table.to_numpy()).all()


# --- who draws from it


def test_torch_draws_the_same_prior_and_leaves_the_support_to_its_density(known):
    theirs = as_sbi(known.prior)
    torch.manual_seed(3)
    theta = theirs.sample((500,))
    assert known.prior.accepts(theta.double().numpy()).mean() > 0.999
    everywhere = torch.tensor(known.prior.base.draw(500, random()), dtype=torch.float32)
    expected = known.prior.log_prob(everywhere.double().numpy())
    np.testing.assert_allclose(theirs.log_prob(everywhere).numpy(), expected, rtol=1e-5)
    with pytest.raises(NotImplementedError):
        theirs.support  # noqa: B018
    generator = torch.Generator().manual_seed(1)
    assert known.prior.accepts(draws(known.prior, 500, generator).double().numpy()).mean() > 0.999


def test_the_density_of_draws_in_training_is_finite_whatever_rounding_does(known):
    theta = torch.tensor(known.prior.draw(4000, random()), dtype=torch.float32).reshape(2, 2000, 2)
    density = density_of_prior(known.prior, theta)
    assert torch.isfinite(density).all()
    expected = known.prior.log_prob(known.prior.draw(4000, random())).reshape(2, 2000)
    np.testing.assert_allclose(density, expected, rtol=1e-4)
    constant = log_prior(known.prior, theta) is None
    assert constant == (known.prior.base == box().prior)


@pytest.mark.parametrize("bounded", [True, False])
def test_networks_answer_inside_and_their_densities_integrate_to_one(bounded):
    problem = restricted(box)
    estimator = EstimatorSettings(transforms=3, hidden=10, permutations="reverse")
    # at the edge of the region, so that about half of the mass is outside; or there as logits
    places, spread = ([(-0.1, 0.0), (0.1, 0.0)], 0.5) if bounded else ([(48.0, 50.0)] * 2, 6.0)
    networks = replace(
        untrained(places, estimator, spread=spread),
        problem=problem,
        estimator=replace(estimator, bounded=bounded),
    )
    samples, acceptance = networks.sample(400, [1, 2], 1_000_000)
    assert problem.prior.accepts(samples.reshape(-1, 2).double().numpy()).all()
    assert (acceptance < 0.9).all()
    mixture = posterior.ensembles(networks, 2)
    grid = torch.tensor(problem.space.cells(200), dtype=torch.float32)
    density = posterior.log_prob(mixture, grid)[0].exp()
    assert float(density.sum()) * 0.25 == pytest.approx(1, abs=0.05)
    assert not density[~problem.prior.contains(grid.double().numpy())].any()
    theirs = networks.as_sbi(0).sample((200,), show_progress_bars=False)
    assert problem.prior.accepts(theirs.double().numpy()).all()


@pytest.mark.parametrize(("bounded", "told"), [(True, "missed"), (False, "bounded: true")])
def test_networks_beside_the_region_are_told_what_helps(bounded, told):
    estimator = EstimatorSettings(transforms=3, hidden=10, permutations="reverse", bounded=bounded)
    # in the lower half, far from the region; as logits where networks are bounded
    places, spread = ([(-30.0, 0.0)], 0.5) if bounded else ([(10.0, 50.0)], 1.0)
    networks = replace(
        untrained(places, replace(estimator, bounded=False), spread=spread),
        problem=restricted(box),
        estimator=estimator,
    )
    with pytest.raises(LeakageError, match=told):
        networks.sample(20, [1], 1000)
    with pytest.raises(LeakageError, match=told):
        ask(networks, networks.target[None], 20, [1], 1000)


# --- which runs are valid


def test_a_neuron_responds_that_spikes_in_the_step_and_hardly_without_current():
    valid = load("adex").valid
    count, outside = np.array([0, 1, 1, 30, np.nan]), np.array([0, 2, 3, 0, 0])
    found = valid({"spike_count": count, "spikes_outside": outside, "latency": count})
    assert found.tolist() == [False, True, False, True, False]


def test_a_rule_gives_a_truth_value_of_each_run():
    rule = Validity(("a",), lambda values: values["a"], "are")
    with pytest.raises(ModelError, match="expected 3 truth values, found float64"):
        rule({"a": np.zeros(3)})
