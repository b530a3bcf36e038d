"""Priors: torch's distributions within bounds, what states one, and what learns from one."""

import json

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from analog_sbi.errors import ModelError, ProblemError, SpaceError
from analog_sbi.estimators.training import log_prior
from analog_sbi.models.file import model
from analog_sbi.posterior.stock import standard, standard_prior, unstandard
from analog_sbi.prior import DISTRIBUTIONS, Box, Independent, over, prior_of
from analog_sbi.space import Space
from analog_sbi.study.experiments import Marginal
from analog_sbi.torch_prior import TorchPrior, as_sbi

FREE = Space(("a",), ("mV",), [-np.inf], [np.inf])
BOX = Space(("a", "b"), ("mV", "mS"), [0.0, 100.0], [1022.0, 900.0])
MIXED = over(BOX, {"a": {"normal": [500.0, 80.0]}})
ARGUMENTS = {
    "beta": (2.0, 3.0),
    "cauchy": (1.0, 2.0),
    "chi2": (3.0,),
    "exponential": (0.5,),
    "fisher_snedecor": (4.0, 5.0),
    "gamma": (2.0, 0.5),
    "gumbel": (1.0, 2.0),
    "half_cauchy": (2.0,),
    "half_normal": (2.0,),
    "inverse_gamma": (3.0, 2.0),
    "laplace": (1.0, 2.0),
    "log_normal": (-0.1, 0.5),
    "log_uniform": (0.1, 10.0),
    "normal": (1.0, 2.0),
    "pareto": (1.5, 2.0),
    "student_t": (4.0, 1.0, 2.0),
    "uniform": (-1.0, 3.0),
    "weibull": (2.0, 1.5),
}


def test_the_configuration_has_every_distribution():
    assert {*Marginal.model_fields} == {"bounds", *DISTRIBUTIONS} == {"bounds", *ARGUMENTS}


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name != "log_uniform"])
def test_a_distribution_is_torchs_of_the_same_name(name):
    own = over(FREE, {"a": {name: ARGUMENTS[name]}})
    kind = getattr(torch.distributions, "".join(part.title() for part in name.split("_")))
    theirs = kind(*(torch.tensor(value, dtype=torch.float64) for value in ARGUMENTS[name]))
    values = own.scale(np.linspace(0.01, 0.99, 25)[:, None])
    expected = theirs.log_prob(torch.tensor(values[:, 0])).numpy()
    np.testing.assert_allclose(own.log_prob(values), expected, rtol=1e-9)
    np.testing.assert_allclose(own.position(values)[:, 0], np.linspace(0.01, 0.99, 25), rtol=1e-6)


def test_log_uniform_is_uniform_in_the_logarithm():
    own = over(FREE, {"a": {"log_uniform": [0.1, 10.0]}})
    np.testing.assert_allclose(own.scale([[0.0], [0.5], [1.0]]), [[0.1], [1.0], [10.0]])
    assert (own.space.low, own.space.high) == (0.1, 10.0)


@pytest.mark.parametrize(
    "statement",
    [{"normal": [0.9, 0.5]}, {"log_normal": [0.0, 1.0]}, {"student_t": [3.0, 2.0, 1.0]}],
)
def test_a_distribution_is_cut_at_the_bounds_and_normalized_within(statement):
    own = over(Space(("a",), ("mV",), [0.5], [2.0]), {"a": statement})
    whole, _ = integrate.quad(lambda a: np.exp(own.log_prob([[a]]))[0], 0.5, 2.0)
    assert whole == pytest.approx(1, abs=1e-9)
    assert np.isneginf(own.log_prob([[0.499], [2.001]])).all()
    drawn = own.draw(4000, np.random.default_rng(0))
    assert stats.kstest(drawn[:, 0], lambda a: own.position(a[:, None])[:, 0]).pvalue > 0.01
    assert own.space.contains(drawn).all()


def test_a_prior_is_the_product_of_its_parameters():
    theta = np.array([[500.0, 300.0], [420.0, 899.0], [500.0, 901.0]])
    log_prob = MIXED.log_prob(theta)
    within = stats.norm(500, 80).cdf([0, 1022])
    expected = stats.norm(500, 80).logpdf([500.0, 420.0]) - np.log(np.diff(within)) - np.log(800)
    np.testing.assert_allclose(log_prob[:2], expected)
    assert np.isneginf(log_prob[2])
    each = MIXED.density(0, theta[:2, 0]) * MIXED.density(1, theta[:2, 1])
    np.testing.assert_allclose(np.exp(log_prob[:2]), each)


def test_bounds_alone_are_a_box_with_the_same_random_numbers():
    box = over(BOX, {"a": (100, 200), "b": {"uniform": [200, 300]}})
    assert box == Box(BOX.narrowed({"a": (100, 200), "b": (200, 300)}))
    drawn = box.draw(5, np.random.default_rng(1))
    unit = np.random.default_rng(1).random((5, 2))
    np.testing.assert_array_equal(drawn, box.space.low + box.space.width * unit)
    mixed = over(BOX, {"a": {"normal": [500, 80]}, "b": (200, 300)})
    same = mixed.draw(5, np.random.default_rng(1))
    np.testing.assert_allclose(same[:, 1], drawn[:, 1])
    assert not np.allclose(same[:, 0], drawn[:, 0])


@pytest.mark.parametrize("prior", [Box(BOX), MIXED, over(FREE, {"a": {"cauchy": [0, 1]}})])
def test_plain_data_make_the_same_prior(prior):
    again = prior_of(json.loads(json.dumps(prior.plain())))
    assert again == prior
    theta = prior.draw(10, np.random.default_rng(0))
    np.testing.assert_array_equal(again.log_prob(theta), prior.log_prob(theta))


def test_plain_data_of_another_kind_are_refused():
    with pytest.raises(
        ProblemError, match="prior: expected box, independent or restricted, found 'ball'"
    ):
        prior_of({"kind": "ball"})


@pytest.mark.parametrize(
    ("space", "statements", "message"),
    [
        (BOX, {"c": [0, 1]}, "c: expected one of a, b"),
        (BOX, {"a": [-1, 500]}, "a: expected bounds within"),
        (BOX, {"a": [1, 2, 3]}, "a: expected bounds .lowest, highest."),
        (BOX, {"a": {"normal": [500]}}, r"a: expected normal: \[loc, scale\], found \[500.0\]"),
        (BOX, {"a": {"normal": [500, 0]}}, "a: expected scale of normal above 0, found 0"),
        (BOX, {"a": {"normal": ["x", 1]}}, "a: expected a list of numbers"),
        (BOX, {"a": {"normal": [np.inf, 1]}}, "a: expected finite numbers"),
        (BOX, {"a": {"norm": [500, 80]}}, "a: expected one of beta, .*, found 'norm'"),
        (BOX, {"a": {"normal": [0, 1], "gamma": [1, 1]}}, "a: expected one distribution, found 2"),
        (BOX, {"a": {}}, "a: expected one distribution, found 0"),
        (BOX, {"a": {"log_uniform": [10, 1]}}, "a: expected low < high of log_uniform"),
        (BOX, {"a": {"normal": [2000, 80]}}, "a: expected at least 0.1 % of normal within"),
        (FREE, {}, "a: expected finite numbers as bounds of a uniform prior"),
    ],
)
def test_what_states_no_prior_is_refused_in_one_line(space, statements, message):
    with pytest.raises(SpaceError, match=message) as caught:
        over(space, statements)
    assert "\n" not in str(caught.value)


def test_a_distribution_that_just_reaches_the_bounds_is_a_prior():
    assert isinstance(over(BOX, {"a": {"normal": [1022 + 3 * 80, 80]}}), Independent)


def test_training_forgives_what_single_precision_moves_beyond_a_bound():
    cut = over(FREE, {"a": {"normal": [0, 1], "bounds": [-0.3, 0.3]}})
    edge = torch.tensor([[[0.3], [-0.3]]])  # 0.3 in single precision lies above 0.3
    assert torch.isfinite(log_prior(cut, edge)).all()
    assert log_prior(Box(BOX), torch.zeros(1, 1, 2)) is None


@pytest.mark.parametrize(
    ("space", "statements"),
    [
        (FREE, {"a": {"normal": [3, 2]}}),
        (FREE, {"a": {"gamma": [2, 0.5]}}),
        (BOX, {"a": {"normal": [500, 80]}}),
        (
            Space(("a", "b"), ("mV", "mS"), [-np.inf, 0], [np.inf, np.inf]),
            {"a": {"cauchy": [0, 1]}, "b": {"log_normal": [0, 1]}},
        ),
    ],
)
def test_sbi_takes_a_prior(space, statements):
    from sbi.utils import mcmc_transform, process_prior

    prior = over(space, statements)
    theirs, count, _ = process_prior(as_sbi(prior))
    theta = theirs.sample((50,))
    assert count == len(space)
    assert theta.shape == (50, len(space))
    expected = prior.log_prob(theta.double().numpy())
    np.testing.assert_allclose(theirs.log_prob(theta).numpy(), expected, rtol=1e-5)
    images = mcmc_transform(theirs)(theta)
    assert torch.isfinite(images).all()
    torch.testing.assert_close(mcmc_transform(theirs).inv(images), theta, rtol=1e-3, atol=1e-3)


def test_standard_parameters_have_the_priors_density():
    theta = torch.tensor(MIXED.draw(20, np.random.default_rng(0)), dtype=torch.float32)
    values = standard(MIXED, theta)
    torch.testing.assert_close(unstandard(MIXED, values), theta)
    own = standard_prior(MIXED)
    assert isinstance(own, TorchPrior)
    change = own.log_prob(values).numpy() - MIXED.log_prob(theta.double().numpy())
    np.testing.assert_allclose(change, np.log(own.spread).sum(), rtol=1e-4)


MODEL = """
import numpy as np
from analog_sbi.models import Features, Signal
from analog_sbi.space import Space

space = Space(("a", "b"), ("mV", "mS"), [-np.inf, 0], [np.inf, 1])
signals = {"y": Signal((1,), "mV")}
observables = {"y": lambda signals: Features(("y",), ("mV",), ("y",), lambda s: s["y"])}
prior = PRIOR

def measure(inputs, generator):
    return {"y": inputs[:, :1]}
"""


def test_a_models_file_states_a_prior(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MODEL.replace("PRIOR", '{"a": {"normal": [0, 1]}}'))
    made = model(str(path))
    space = made.parameterization("identity", Space(("a", "b"), ("mV", "mS"), [-1, 0], [1, 1]))
    assert made.stated(space.space) == {"a": {"normal": [0, 1]}}
    with pytest.raises(ModelError, match="parameters: expected a linear scale"):
        made.stated(Space(("log10_a",), ("log10(mV)",), [0], [1]))


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ("[1]", "mine_.*py: expected prior of type dict, found list"),
        ('{"c": [0, 1]}', "prior expected among a, b, found 'c'"),
        ('{"a": {"normal": [1]}}', r"prior: a: expected normal: \[loc, scale\]"),
    ],
)
def test_a_prior_of_a_models_file_is_checked(prior, message, tmp_path):
    path = tmp_path / f"mine_{abs(hash(prior))}.py"
    path.write_text(MODEL.replace("PRIOR", prior))
    with pytest.raises(ModelError, match=message):
        model(str(path))
