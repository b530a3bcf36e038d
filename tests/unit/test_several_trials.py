"""Posteriors given several trials one by one, where likelihoods multiply; refused elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi import study as typed
from analog_sbi.artifacts import Maker, write_table
from analog_sbi.diagnostics.certificate import coverage_unknown
from analog_sbi.errors import ArtifactError, ConfigurationError
from analog_sbi.features import complete_trials
from analog_sbi.paper.trials import widths
from analog_sbi.posterior.base import PosteriorFormatError
from analog_sbi.posterior.networks import Networks
from analog_sbi.posterior.repeated import given_trials
from analog_sbi.posterior.stock import Stock
from analog_sbi.study import posing
from analog_sbi.tables.measurements import measurements_schema
from tests.setups import configuration
from tests.unit.made_up import problem

SPREAD = np.array([20.0, 50.0])


@dataclass
class Normal:
    """Log likelihood of trials (n, 4) with normal noise, of which two features tell parameters.

    It answers as sbi's potential functions do.
    """

    x: torch.Tensor | None = None
    iid: bool = False

    def set_x(self, x, x_is_iid):
        self.x, self.iid = x, x_is_iid

    def __call__(self, theta, track_gradients):
        assert self.iid
        away = (self.x[None, :, :2] - theta[:, None]) / torch.tensor(SPREAD)
        return -(away**2).sum(dim=(1, 2)) / 2


@dataclass
class Answering:
    potential_fn: Normal


class Exact(Stock):
    """SNLE of as many seeds, whose likelihood is exact."""

    @property
    def posteriors(self):
        return [Answering(Normal()) for _ in self.seeds]


def exact(method="likelihood"):
    posed, seeds = problem("first_2d", "bss2_sim"), (0, 1)
    return Exact(posed, torch.zeros(4), seeds, 0, ({}, {}), method, {}, ({}, {}))


@pytest.mark.parametrize("number", [1, 10, 100])
def test_the_width_falls_with_the_root_of_the_number_of_trials(number):
    random = np.random.default_rng(number)
    x = np.zeros((number, 4))
    x[:, :2] = [400.0, 600.0] + SPREAD * random.standard_normal((number, 2))
    theta, density, worth = given_trials(exact(), x, 2000, seeds=(1, 2))
    assert theta.shape == (2, 2000, 2)
    assert density.shape == (2, 2000)
    assert (worth > 500).all()
    width = SPREAD / np.sqrt(number)
    np.testing.assert_allclose(theta.std(dim=1) / width, 1, atol=0.1)
    np.testing.assert_allclose((theta.mean(dim=1) - x[:, :2].mean(axis=0)) / width, 0, atol=0.15)


def test_what_has_no_likelihood_is_refused():
    with pytest.raises(PosteriorFormatError, match="expected likelihood or ratio, found 'score'"):
        given_trials(exact("score"), np.zeros((2, 4)), 10, seeds=(1, 2))
    networks = object.__new__(Networks)
    with pytest.raises(PosteriorFormatError, match="likelihoods or ratios, found networks"):
        given_trials(networks, np.zeros((2, 4)), 10, seeds=(1,))


MINE = {
    "parameters": "global",
    "observable": "first",
    "rounds": [50],
    "seeds": 1,
    "target": "centre",
}


def posed(algorithm, trials):
    study = typed.load(
        configuration(experiments={"mine": MINE | {"algorithm": algorithm, "trials": trials}})
    )
    posing.check(study)
    return study


@pytest.mark.parametrize("algorithm", ["snle", "snre"])
def test_algorithms_with_likelihoods_are_given_as_many_trials_as_there_are(algorithm):
    assert posed(algorithm, 100).experiments["mine"].trials == 100
    with pytest.raises(ConfigurationError, match=r"trials: expected at most 100, .* found 101"):
        posed(algorithm, 101)


@pytest.mark.parametrize("algorithm", ["snpe_c", "tsnpe", "fmpe", "mcabc", "genetic"])
def test_other_algorithms_are_refused_by_name(algorithm):
    with pytest.raises(ConfigurationError, match=rf"trials: .*{algorithm}.*snle, snre") as told:
        posed(algorithm, 10)
    assert "\n" not in str(told.value)


def test_incomplete_trials_are_left_out(tmp_path):
    own = problem("first_2d", "bss2_sim")
    table = pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=list(own.features))
    table.iloc[1, 2] = np.nan
    path = tmp_path / "trials.parquet"
    write_table(table, path, measurements_schema((), own.features), Maker("a test", ""))
    np.testing.assert_array_equal(complete_trials(path, own, 2), table.to_numpy()[[0, 2]])
    with pytest.raises(ArtifactError, match="expected 3 trials with all features, found 2"):
        complete_trials(path, own, 3)


def test_widths_are_medians_over_seeds():
    rows = [
        (number, seed, 5.0 + seed + side * (seed + 1) / number)
        for number in (1, 10)
        for seed in (0, 1, 2)
        for side in (-1, 1)
    ]
    samples = pd.DataFrame(rows, columns=["trials", "seed", "a"])
    numbers, spread, off = widths(samples, ("a",), np.array([5.0]))
    np.testing.assert_array_equal(numbers, [1, 10])
    np.testing.assert_allclose(spread[:, 0], np.sqrt(2) * np.array([2, 0.2]))
    np.testing.assert_allclose(off[:, 0], np.array([0.5, 5]) / np.sqrt(2))


def test_a_certificate_says_that_coverage_was_not_tested():
    assert coverage_unknown().grade == "care"
    assert "not tested" in coverage_unknown().answer
