"""Diagnostics on posteriors that are exact, too narrow, too wide, shifted, and the prior."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from analog_sbi.diagnostics import coverage
from analog_sbi.diagnostics.coverage import (
    CURVES,
    AtTarget,
    PriorTests,
    Settings,
    diagnose,
    diagnose_members,
    prior_tests,
    summary_schema,
)
from analog_sbi.diagnostics.uniformity import band, cumulative, expected

NAMES = ("a", "b")
SETTINGS = Settings(samples=199, levels=20, trials=4)
NOISE = 0.5
CURVE_NAMES = (("coverage", ""), ("sbc", "a"), ("sbc", "b"), ("tarp", ""))
LEVELS = np.arange(1, 20) / 20


@dataclass(frozen=True)
class Gaussian:
    """Posterior of theta ~ N(0, 1) and x ~ N(theta, NOISE^2), made wider and shifted.

    With ``gain`` 0 and ``width`` of the prior it is the prior, whatever the observation.
    """

    width: float = 1.0
    shift: float = 0.0
    gain: float = 1.0

    seed: int = 200

    def normal(self, x):
        precision = 1 + 1 / NOISE**2
        sd = precision**-0.5
        mean = self.gain * x / NOISE**2 / precision
        return torch.distributions.Normal(mean + self.shift * sd, self.width * sd)

    def sample_batched(self, sample_shape, x, show_progress_bars):
        with torch.random.fork_rng():
            torch.manual_seed(100)
            return self.normal(x).sample(sample_shape)

    def log_prob(self, theta, x):
        return self.normal(x).log_prob(theta).sum(dim=-1)


PRIOR = Gaussian(width=(1 + 1 / NOISE**2) ** 0.5, gain=0.0)


def drawn(count, seed):
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(count, 2, generator=generator)
    return PriorTests(theta, theta + NOISE * torch.randn(count, 2, generator=generator))


@pytest.fixture(scope="module")
def tests():
    return drawn(1000, 101)


@pytest.fixture(scope="module")
def found(tests):
    """Diagnoses of the posteriors by name."""
    target = torch.tensor([0.8, -0.5])
    posteriors = {
        "exact": Gaussian(),
        "narrow": Gaussian(width=0.6),
        "wide": Gaussian(width=1.6),
        "shifted": Gaussian(shift=0.5),
        "prior": PRIOR,
    }
    diagnoses = {}
    for name, posterior in posteriors.items():
        with torch.random.fork_rng():
            torch.manual_seed(300)  # other noise than the samples given the tests have
            at_target = AtTarget(posterior.normal(target).sample((1000,)), target)
        diagnoses[name] = diagnose(posterior, tests, at_target, NAMES, SETTINGS, seed=400)
    return diagnoses


def sides(diagnosis, method, parameter=""):
    """At how many levels a curve is below and above its band."""
    curves = diagnosis.curves
    rows = curves[(curves["method"] == method) & (curves["parameter"] == parameter)]
    below = int((rows["value"] < rows["low"]).sum())
    return below, int((rows["value"] > rows["high"]).sum())


def test_an_exact_posterior_passes(found):
    exact = found["exact"]
    for method, parameter in CURVE_NAMES:
        assert sum(sides(exact, method, parameter)) <= 2
    assert abs(exact.numbers["coverage_error"]) < 0.02
    assert abs(exact.numbers["tarp_error"]) < 0.02
    assert min(exact.numbers[f"ks_{name}"] for name in NAMES) > 0.05
    assert exact.numbers["lc2st_p"] > 0


def test_an_exact_posterior_keeps_to_the_band_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(coverage, "_local", lambda *_: {})
    inside = dict.fromkeys(CURVE_NAMES, 0)
    for number in range(40):
        tests_ = drawn(200, 1000 + number)
        target = AtTarget(torch.zeros(2, 2), torch.zeros(2))
        posterior = Gaussian(seed=2000 + number)
        exact = diagnose(posterior, tests_, target, NAMES, SETTINGS, seed=3000 + number)
        for name in CURVE_NAMES:
            inside[name] += sides(exact, *name) == (0, 0)
    assert min(inside.values()) >= 33  # of 40, where 38 are expected


def test_an_over_confident_posterior_covers_too_little(found):
    narrow = found["narrow"]
    below, above = sides(narrow, "coverage")
    assert below > 15
    assert above == 0
    assert narrow.numbers["coverage_error"] < -0.1
    assert narrow.numbers["tarp_error"] < -0.02
    assert sides(narrow, "tarp")[0] > 0
    # too many ranks at both ends: above the diagonal on the left, below it on the right
    assert min(sides(narrow, "sbc", "a")) > 3
    assert max(narrow.numbers[f"ks_{name}"] for name in NAMES) < 1e-3
    assert narrow.numbers["lc2st_p"] == 0


def test_an_under_confident_posterior_covers_too_much(found):
    wide = found["wide"]
    below, above = sides(wide, "coverage")
    assert below == 0
    assert above > 15
    assert wide.numbers["coverage_error"] > 0.1
    assert wide.numbers["tarp_error"] > 0.02
    assert sides(wide, "tarp")[1] > 0
    assert max(wide.numbers[f"ks_{name}"] for name in NAMES) < 1e-3
    assert wide.numbers["lc2st_p"] == 0


def test_ranks_tell_the_direction_of_a_shift(found):
    # the posterior is too far up: its samples are above the truth, whose ranks are low
    assert sides(found["shifted"], "sbc", "a")[0] == 0
    assert sides(found["shifted"], "sbc", "a")[1] > 15
    assert found["shifted"].numbers["ks_b"] < 1e-6


def test_the_prior_is_calibrated_and_only_the_local_test_tells(found):
    prior = found["prior"]
    for method, parameter in CURVE_NAMES:
        assert sum(sides(prior, method, parameter)) <= 2
    assert prior.numbers["lc2st_p"] == 0


def test_diagnoses_are_the_same_each_time_and_leave_the_generator(tests):
    part = PriorTests(tests.theta[:100], tests.x[:100])
    target = AtTarget(torch.zeros(50, 2), torch.zeros(2))
    settings = Settings(samples=119, levels=10, trials=1)
    state = torch.random.get_rng_state()
    first = diagnose(Gaussian(), part, target, NAMES, settings, seed=5)
    torch.manual_seed(100)
    again = diagnose(Gaussian(), part, target, NAMES, settings, seed=5)
    torch.random.set_rng_state(state)
    assert first.numbers == again.numbers
    pd.testing.assert_frame_equal(first.curves, again.curves)
    row = first.numbers | {"acceptance": 1.0, "member": 0, "tests": 100, "samples": 119}
    row |= {"kind": "seed", "blind": False}
    summary_schema(NAMES).validate(pd.DataFrame([row]))
    CURVES.validate(first.curves.assign(kind="seed", member=0))


@dataclass(frozen=True)
class Answering(Gaussian):
    """The same with what networks tell beside their samples."""

    x: torch.Tensor = field(default_factory=lambda: torch.zeros(1, 2))
    blind: tuple[bool, ...] = (False,)

    @property
    def samples(self):
        return self.sample_batched((119,), self.x, False)

    @property
    def log_mass(self):
        return torch.tensor([[0.5] * len(self.x)]).log()

    @property
    def posterior(self):
        return SimpleNamespace(history=[{"blind": blind} for blind in self.blind])


def test_members_are_told_apart(tests):
    part = PriorTests(tests.theta[:100], tests.x[:100])
    keys = {("seed", 3): (True,), ("ensemble", 0): (False, True), ("ensemble", 1): (False,)}
    answers = {key: Answering(x=part.x, blind=blind) for key, blind in keys.items()}
    at_target = {key: Answering() for key in keys}
    settings = Settings(samples=119, levels=10, trials=1)
    table, summary = diagnose_members(answers, at_target, part, NAMES, settings, 1)
    summary_schema(NAMES).validate(summary[list(summary_schema(NAMES).columns)])
    CURVES.validate(table[list(CURVES.columns)])
    assert summary["kind"].tolist() == ["seed", "ensemble", "ensemble"]
    assert summary["member"].tolist() == [3, 0, 1]
    assert summary["blind"].tolist() == [True, True, False]
    assert summary["acceptance"].tolist() == pytest.approx([0.5] * 3)


def test_tests_without_a_measurement_are_left_out(caplog):
    table = pd.DataFrame({"a": [1.0, 2.0, 3.0], "x": [1.0, np.nan, 2.0], "y": [np.nan, 1.0, 1.0]})
    known = prior_tests(table, SimpleNamespace(parameters=("a",), features=("x",)))
    assert known.theta.flatten().tolist() == [1.0, 3.0]
    assert known.x.flatten().tolist() == [1.0, 2.0]
    assert "1 of 3 tests" in caplog.text


def test_positions_of_uniform_ranks_meet_every_level():
    np.testing.assert_allclose(expected(499, LEVELS), LEVELS, atol=1e-12)
    np.testing.assert_allclose(
        cumulative(np.array([0, 9, 9, 4]), 9, np.array([0.1, 0.5])), [0.25, 0.5]
    )


@pytest.mark.parametrize("tests_", [100, 1000])
def test_the_band_holds_at_all_levels_together(tests_):
    low, high = band(tests_, 499, LEVELS, 0.95)
    ranks = np.random.default_rng(1).integers(0, 500, (4000, tests_))
    counts = np.stack([cumulative(row, 499, LEVELS) for row in ranks])
    inside = (counts >= low) & (counts <= high)
    assert inside.all(axis=1).mean() == pytest.approx(0.95, abs=0.012)
    assert inside.mean(axis=0).min() > 0.97  # wider than a band for one level


def test_levels_of_tarp_are_those_of_ranks_strictly_below():
    # of the ranks 0 to 4 among 4 samples, 0 and 1 are below 0.5 * 4
    level = coverage._below(np.array([0.5]), 4)
    np.testing.assert_allclose(expected(4, level), 0.4)
